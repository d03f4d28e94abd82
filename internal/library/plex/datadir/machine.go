package datadir

import (
	"io/fs"
	"strings"
)

// Machine is what is asked of the machine; [Host] is the one that we run on, and tests make their own.
type Machine struct {
	GOOS string // "linux", "freebsd", "darwin", "windows"
	Home string // this user's home folder; empty when there is none
	Env  func(name string) (value string, ok bool)
	Stat func(path string) (fs.FileInfo, error)
	// ReadDir lists a folder by name. It may leave out what is beyond a few thousand entries.
	ReadDir func(path string) ([]fs.DirEntry, error)
	// ReadFile reads a file, and refuses one that is longer than limit bytes.
	ReadFile func(path string, limit int64) ([]byte, error)
	// Registry returns what the Windows registry has of Plex, this user's first, and is nil elsewhere.
	Registry func() []Registry
}

// Registry is what a user's part of the Windows registry says of Plex.
type Registry struct {
	Moved    string // LocalAppDataPath: the parent of the data folder, when it was moved there
	AppData  string // the user's own local application data, where it is otherwise
	Machine  string // MachineIdentifier
	Identity string // ProcessedMachineIdentifier
}

// dir is the data folder that the registry speaks of; empty when it names none.
func (r Registry) dir(m Machine) string {
	for _, parent := range []string{r.Moved, r.AppData} {
		if parent != "" {
			return m.join(parent, name)
		}
	}
	return ""
}

func (m Machine) separator() string {
	if m.GOOS == "windows" {
		return `\`
	}
	return "/"
}

func (m Machine) join(first string, more ...string) string {
	return strings.Join(append([]string{strings.TrimRight(first, m.separator())}, more...), m.separator())
}

// parent is the folder above, or "" for the topmost.
func (m Machine) parent(path string) string {
	path = strings.TrimRight(path, m.separator())
	return path[:max(0, strings.LastIndex(path, m.separator()))]
}

func (m Machine) env(name string) string {
	if m.Env == nil {
		return ""
	}
	value, _ := m.Env(name)
	return value
}
