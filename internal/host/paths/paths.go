// Package paths says where Scrubjay keeps its own files on this machine, and whether it may. The first of these that
// applies decides:
//
//  1. SCRUBJAY_CONFIG_DIR names one folder for everything, as a container has it under /config.
//  2. A folder named scrubjay-data beside the program makes it portable: everything is kept in there, so the two can
//     move together, on a stick for example.
//  3. The XDG base directories on Linux and what Windows and macOS have in their stead; XDG_CONFIG_HOME and its sisters
//     override them everywhere.
//
// Asking creates nothing: whoever writes makes the folder. The package knows neither what the files hold nor
// where videos and previews are.
package paths

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
)

// Dirs are Scrubjay's own folders. They need not exist.
type Dirs struct {
	Config string // settings that a person may edit
	Data   string // what must not get lost
	State  string // logs and history: dear, but not needed
	Cache  string // what can be made again
	// Together says that all of them are in one folder that a person chose, in a container or beside a portable program:
	// what belongs to them must not be kept elsewhere on the machine.
	Together bool
}

// ConfigDir is the environment variable that names one folder for everything.
const ConfigDir = "SCRUBJAY_CONFIG_DIR"

// portable is the folder beside the program that holds everything when it exists.
const portable = "scrubjay-data"

// Find returns the folders for the user that runs this process, by the environment as it is now.
func Find() Dirs { return find(os.Executable) }

func find(executable func() (string, error)) Dirs {
	if dir := strings.TrimSpace(os.Getenv(ConfigDir)); dir != "" {
		if abs, err := filepath.Abs(dir); err == nil { // there is no working folder: then it is used as it stands
			dir = abs
		}
		return below(dir)
	}
	if dir, ok := besideProgram(executable); ok {
		return below(dir)
	}
	xdg.Reload()
	return Dirs{
		Config: filepath.Join(xdg.ConfigHome, app),
		Data:   filepath.Join(xdg.DataHome, app),
		State:  filepath.Join(xdg.StateHome, app),
		Cache:  filepath.Join(xdg.CacheHome, app),
	}
}

// below returns the folders of an installation that is all in one.
func below(dir string) Dirs {
	return Dirs{
		Config:   dir,
		Data:     filepath.Join(dir, "data"),
		State:    filepath.Join(dir, "state"),
		Cache:    filepath.Join(dir, "cache"),
		Together: true,
	}
}

// besideProgram returns the folder that makes the program portable; ok is false when there is none.
func besideProgram(executable func() (string, error)) (dir string, ok bool) {
	program, err := executable()
	if err != nil {
		return "", false
	}
	// A link on the PATH leads to the program, and the folder is beside that.
	if target, err := filepath.EvalSymlinks(program); err == nil {
		program = target
	}
	dir = filepath.Join(filepath.Dir(program), portable)
	stat, err := os.Stat(dir)
	return dir, err == nil && stat.IsDir()
}

// app is the folder's name in each of the places.
const app = "scrubjay"
