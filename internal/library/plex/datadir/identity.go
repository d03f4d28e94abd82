package datadir

import (
	"bytes"
	"crypto/sha1" // Plex's choice
	"encoding/hex"
	"encoding/xml"
	"os"
	"strings"
)

// largest is how long Plex's settings may be, in bytes; they have 10 KB.
const largest = 1 << 20

// identity returns the machine identifier of the server whose data folder dir is, or "" when it cannot be known: the
// settings are for Plex's own user to read (mode 0600), and outside of Linux they are not in the folder.
func (m Machine) identity(dir string) string {
	if text, err := m.ReadFile(m.join(dir, "Preferences.xml"), largest); err == nil {
		if id := fromPreferences(text); id != "" {
			return id
		}
	}
	switch m.GOOS {
	case "windows":
		return m.fromRegistry(dir)
	case "darwin":
		// ~/Library/Application Support/Plex Media Server has its settings in ~/Library/Preferences.
		path := m.join(m.parent(m.parent(dir)), "Preferences", "com.plexapp.plexmediaserver.plist")
		if data, err := m.ReadFile(path, largest); err == nil {
			words := plistStrings(data)
			return processed(words["ProcessedMachineIdentifier"], words["MachineIdentifier"])
		}
	}
	return ""
}

// fromRegistry takes the identity of the user whose data folder it is, and of no other.
func (m Machine) fromRegistry(dir string) string {
	if m.Registry == nil {
		return ""
	}
	here, err := m.Stat(dir)
	if err != nil {
		return ""
	}
	for _, r := range m.Registry() {
		if other := r.dir(m); other != "" {
			if there, err := m.Stat(other); err == nil && os.SameFile(here, there) {
				return processed(r.Identity, r.Machine)
			}
		}
	}
	return ""
}

// fromPreferences looks at two attributes of the settings: <Preferences MachineIdentifier="" .../>.
func fromPreferences(text []byte) string {
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != "Preferences" {
			return ""
		}
		var id, machine string
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "ProcessedMachineIdentifier":
				id = a.Value
			case "MachineIdentifier":
				machine = a.Value
			}
		}
		return processed(id, machine)
	}
}

// processed returns the identity, or makes it from the UUID that Plex makes it from; "" without either.
func processed(id, machine string) string {
	id = strings.ToLower(id)
	if raw, err := hex.DecodeString(id); err == nil && len(raw) == sha1.Size {
		return id
	}
	if machine == "" {
		return ""
	}
	// The rule is that of plexinc's own container.
	s := sha1.Sum([]byte(machine + "- Plex Media Server"))
	return hex.EncodeToString(s[:])
}
