package datadir_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
)

// plist builds a binary property list of a dictionary with strings and, first of all, a number, which Plex's has too.
func plist(pairs ...string) []byte {
	out := []byte("bplist00")
	var offsets []int
	object := func(b ...byte) {
		offsets = append(offsets, len(out))
		out = append(out, b...)
	}
	str := func(s string) {
		kind, units := byte(0x50), []byte(s)
		if strings.ContainsFunc(s, func(r rune) bool { return r > 127 }) {
			kind, units = 0x60, nil
			for _, u := range utf16.Encode([]rune(s)) {
				units = binary.BigEndian.AppendUint16(units, u)
			}
		}
		n := len(units)
		if kind == 0x60 {
			n /= 2
		}
		if n < 15 {
			object(append([]byte{kind | byte(n)}, units...)...)
			return
		}
		object(append([]byte{kind | 0xF, 0x10, byte(n)}, units...)...)
	}
	n := len(pairs)/2 + 1
	str("LogNumFiles")
	for i := 0; i < len(pairs); i += 2 {
		str(pairs[i])
	}
	object(0x10, 5)
	for i := 1; i < len(pairs); i += 2 {
		str(pairs[i])
	}
	dict := []byte{0xD0 | byte(n)}
	for i := range 2 * n {
		dict = append(dict, byte(i))
	}
	object(dict...)

	table := len(out)
	for _, o := range offsets {
		out = binary.BigEndian.AppendUint16(out, uint16(o))
	}
	out = append(out, 0, 0, 0, 0, 0, 0, 2, 1)
	out = binary.BigEndian.AppendUint64(out, uint64(len(offsets)))
	out = binary.BigEndian.AppendUint64(out, uint64(len(offsets)-1))
	return binary.BigEndian.AppendUint64(out, uint64(table))
}

// mac is a Mac whose Plex has the given settings.
func mac(t *testing.T, settings []byte) datadir.Dir {
	b := machine(t, "darwin")
	b.plex("/Users/ann/Library/Application Support/Plex Media Server")
	b.put("/Users/ann/Library/Preferences/com.plexapp.plexmediaserver.plist", string(settings))
	d, err := b.Open("/Users/ann")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestIdentityOnMacOS(t *testing.T) {
	for name, settings := range map[string][]byte{
		"alone":            plist("ProcessedMachineIdentifier", identity),
		"beside others":    plist("FriendlyName", "Büro", "PlexOnlineToken", "no", "ProcessedMachineIdentifier", identity, "MachineIdentifier", uuid),
		"UTF-16 name next": plist("Ordner für Größeres", "Österreich ist ein Land", "ProcessedMachineIdentifier", identity),
	} {
		if got := mac(t, settings).Identity; got != identity {
			t.Errorf("%s: got %q", name, got)
		}
	}
	whole := plist("ProcessedMachineIdentifier", identity)
	for n := range len(whole) {
		if got := mac(t, whole[:n]).Identity; got != "" {
			t.Errorf("cut off at %d: got %q", n, got)
		}
	}
}

func FuzzPlist(f *testing.F) {
	f.Add(plist("ProcessedMachineIdentifier", identity))
	f.Add(plist("Ordner für Größeres", "Österreich", "MachineIdentifier", uuid))
	f.Fuzz(func(t *testing.T, data []byte) {
		datadir.PlistStrings(data)
	})
}

func FuzzPreferences(f *testing.F) {
	f.Add([]byte(preferences(`MachineIdentifier="` + uuid + `"`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if id := datadir.FromPreferences(data); id != "" && len(id) != 40 {
			t.Errorf("got %q", id)
		}
	})
}
