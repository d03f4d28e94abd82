package recipe

import "strings"

// filter is one filter of a chain, typed until the last moment: a chain is never glued from pieces of text.
type filter struct {
	name string
	args []string // "w=320", or a positional value
}

// String writes the filter as FFmpeg reads it, with the characters escaped that mean something to a chain.
func (f filter) String() string {
	if len(f.args) == 0 {
		return f.name
	}
	args := make([]string, len(f.args))
	for i, a := range f.args {
		args[i] = escape.Replace(a)
	}
	return f.name + "=" + strings.Join(args, ":")
}

// escape is for commas within an expression such as lt(a,b); our values hold none of the other separators.
var escape = strings.NewReplacer(`,`, `\,`)

// chain is filters in the order in which a frame meets them.
type chain []filter

func (c chain) String() string {
	parts := make([]string, len(c))
	for i, f := range c {
		parts[i] = f.String()
	}
	return strings.Join(parts, ",")
}
