// Package datadir finds the folder in which a Plex Media Server keeps its data, and tells whose it is.
//
// The folder is called "Plex Media Server" nearly everywhere, and is known by what is in it: Media/localhost, where
// previews go, or Plex's own database. Where it is depends on the system and on the way Plex was installed; [Machine]
// knows those places. Whose folder it is says the server's identity in its settings, so that nothing is ever written
// into the folder of another server.
//
// The package only looks. It writes nothing, asks no server, reads nothing of the database but its name, and of Plex's
// settings nothing but the identity: the tokens beside it are not ours to take.
package datadir

import (
	"cmp"
	"errors"
	"io/fs"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Dir is the data folder of a server.
type Dir struct {
	Path string
	// Identity is the machine identifier of the server, 40 hexadecimal digits. It is empty when it is not known: Plex's
	// settings can usually be read by Plex's own user alone.
	Identity string
}

// Check reports whether the folder may be that of the server with the given machine identifier: it returns a fault with
// [preview.PlexDataForeign] when it is known to be another's.
func (d Dir) Check(machineID string) error {
	if d.Identity == "" || strings.EqualFold(d.Identity, machineID) {
		return nil
	}
	return preview.Because(preview.PlexDataForeign, "check plex data folder %s: it is that of the server %s, not of %s",
		d.Path, d.Identity, cmp.Or(machineID, "one without a name"))
}

// Open returns the data folder at path, on this machine. See [Machine.Open].
func Open(path string) (Dir, error) { return Host().Open(path) }

// Open returns the data folder at path. It also takes one of the folders above it, as people name them: a container's
// config, "Library", "Application Support", and Media below it. Faults are PlexDataMissing and PlexDataDenied.
func (m Machine) Open(path string) (Dir, error) {
	found, err := m.descend(path)
	if err != nil {
		return Dir{}, err
	}
	return Dir{Path: found, Identity: m.identity(found)}, nil
}

// name is what Plex calls its data folder.
const name = "Plex Media Server"

// layouts are the ways from a folder that is named or mounted down to the data folder, the likeliest first.
var layouts = [][]string{
	{},
	{name},
	{"Library", "Application Support", name}, // containers, Linux, DSM 6
	{"Application Support", name},
	{"Library", name},                    // QNAP leaves "Application Support" out
	{"AppData", name},                    // DSM 7
	{"PlexMediaServer", "AppData", name}, // DSM 7, the volume
	{"config"},                           // hotio
	{"config", name},                     // binhex
	{"config", "Library", "Application Support", name}, // plexinc, linuxserver: the folder of the compose file
	{"common", "Library", "Application Support", name}, // snap
	{"AppData", "Local", name},                         // a home on Windows
	{"Plex", "Library", "Application Support", name},   // Asustor and DSM 6, the volume
	{".plex", "Library", "Application Support", name},  // ReadyNAS
	{".qpkg", "PlexMediaServer", "Library", name},      // QNAP, the volume
}

// descend returns the data folder at path or near it.
func (m Machine) descend(path string) (string, error) {
	if strings.TrimSpace(path) == "" {
		return "", preview.Because(preview.PlexDataMissing, "open plex data folder: none is named")
	}
	denied := error(nil)
	for _, way := range layouts {
		dir := m.join(path, way...)
		err := m.marked(dir)
		if err == nil {
			return dir, nil
		}
		if errors.Is(err, fs.ErrPermission) && denied == nil {
			denied = err
		}
	}
	for _, below := range []string{m.join("", "Media"), m.join("", "Media", "localhost")} {
		if dir, ok := strings.CutSuffix(strings.TrimRight(path, m.separator()), below); ok && m.marked(dir) == nil {
			return dir, nil
		}
	}
	if denied != nil {
		return "", preview.Because(preview.PlexDataDenied, "open plex data folder: %w", denied)
	}
	return "", preview.Because(preview.PlexDataMissing, "open plex data folder: neither Media/localhost nor a database in %s", path)
}

// marked returns nil when dir is a data folder by what is in it. A new server has its database before it has Media.
func (m Machine) marked(dir string) error {
	info, err := m.Stat(m.join(dir, "Media", "localhost"))
	if err == nil && info.IsDir() {
		return nil
	}
	info, dberr := m.Stat(m.join(dir, "Plug-in Support", "Databases", "com.plexapp.plugins.library.db"))
	switch {
	case dberr == nil && info.Mode().IsRegular():
		return nil
	case errors.Is(err, fs.ErrPermission):
		return err
	case errors.Is(dberr, fs.ErrPermission):
		return dberr
	}
	return fs.ErrNotExist
}
