package cli

import (
	"os"
	"os/exec"
	"slices"
	"strings"
)

// browse opens an address in the browser of this desktop, if there is one. It does not wait for it: some systems have
// the program run as long as the browser does, and the browser is the person's own.
func browse(url string) {
	program, args := browser(url)
	path, err := exec.LookPath(program)
	if err != nil {
		return
	}
	cmd := exec.Command(path, args...) //nolint:noctx // it must outlive us
	cmd.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "SCRUBJAY_") // our settings are none of its business, and one is a token
	})
	_ = cmd.Start() // the person has the address to open by hand
}
