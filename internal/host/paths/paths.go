// Package paths says where Scrubjay keeps its own files on this machine, and whether it may. The places follow
// the XDG base directories on Linux and what Windows and macOS have in their stead; XDG_CONFIG_HOME and its
// sisters override them everywhere.
//
// Asking creates nothing: whoever writes makes the folder. The package knows neither what the files hold nor
// where videos and previews are.
package paths

import (
	"path/filepath"

	"github.com/adrg/xdg"
)

// Dirs are Scrubjay's own folders. They need not exist.
type Dirs struct {
	Config string // settings that a person may edit
	Data   string // what must not get lost
	State  string // logs and history: dear, but not needed
	Cache  string // what can be made again
}

// Find returns the folders for the user that runs this process, by the environment as it is now.
func Find() Dirs {
	xdg.Reload()
	return Dirs{
		Config: filepath.Join(xdg.ConfigHome, app),
		Data:   filepath.Join(xdg.DataHome, app),
		State:  filepath.Join(xdg.StateHome, app),
		Cache:  filepath.Join(xdg.CacheHome, app),
	}
}

// app is the folder's name in each of the places.
const app = "scrubjay"
