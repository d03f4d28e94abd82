package cli

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// path is an argument that names a file. kong sends strings through JSON, which replaces bytes that are no UTF-8;
// such names are legal on Unix, so this one is taken as it is.
type path string

// Decode implements kong.MapperValue.
func (p *path) Decode(ctx *kong.DecodeContext) error {
	token, err := ctx.Scan.PopValue("path")
	if err != nil {
		return err
	}
	s, ok := token.Value.(string)
	if !ok || s == "" {
		return fmt.Errorf("a path must not be empty")
	}
	*p = path(s)
	return nil
}
