package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// screenOf reports the size of the terminal behind w. A terminal that cannot move its cursor does not count.
func screenOf(w io.Writer) (width, height int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) || !understandsEscapes(f) {
		return 0, 0, false
	}
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24, true // serial lines and some CI systems do not say
	}
	return width, height, true
}

// typed reports whether a person types what r has.
func typed(r io.Reader) bool {
	f, isFile := r.(*os.File)
	return isFile && term.IsTerminal(int(f.Fd()))
}

// paint colours text, or leaves it alone. Colours never say anything that the words do not.
type paint struct{ on bool }

// paintFor returns colours for a terminal, unless the person does not want any (https://no-color.org).
func (e Env) paintFor(w io.Writer) paint {
	_, _, ok := e.Screen(w)
	return paint{on: ok && e.Getenv("NO_COLOR") == ""}
}

// The colours are those of the terminal's own palette, so that they can be read on its ground, light or dark.
func (p paint) good(s string) string  { return p.dress("32", s) } // green
func (p paint) bad(s string) string   { return p.dress("31", s) } // red
func (p paint) held(s string) string  { return p.dress("33", s) } // amber
func (p paint) work(s string) string  { return p.dress("34", s) } // jay blue
func (p paint) quiet(s string) string { return p.dress("2", s) }  // dim
func (p paint) loud(s string) string  { return p.dress("1", s) }  // bold

func (p paint) dress(code, s string) string {
	if !p.on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
