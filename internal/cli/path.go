package cli

import (
	"errors"

	"github.com/alecthomas/kong"
)

// path is an argument that names a file. kong sends strings through JSON, which replaces bytes that are no UTF-8;
// such names are legal on Unix, so this one is taken as it is.
type path string

// Decode implements kong.MapperValue.
func (p *path) Decode(ctx *kong.DecodeContext) error {
	s, ok := ctx.Scan.Pop().Value.(string)
	if !ok || s == "" {
		return errors.New("a path is missing")
	}
	*p = path(s)
	return nil
}
