package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// understandsEscapes reports whether the console f obeys ANSI escape sequences, after asking it to. Consoles before
// Windows 10 refuse.
func understandsEscapes(f *os.File) bool {
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
