package datadir_test

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestOpenTakesTheFoldersAboveAndBelow(t *testing.T) {
	b := machine(t, "linux")
	b.plex("/srv/plex/config/Library/Application Support/Plex Media Server")
	b.plex("/hotio")
	b.plex("/binhex/Plex Media Server")
	b.plex("/volume2/PlexMediaServer/AppData/Plex Media Server")
	b.plex("/share/CACHEDEV1_DATA/.qpkg/PlexMediaServer/Library/Plex Media Server")
	b.put("/new/Plex Media Server/Plug-in Support/Databases/com.plexapp.plugins.library.db", "")

	const deep = "/srv/plex/config/Library/Application Support/Plex Media Server"
	for path, want := range map[string]string{
		deep:                       deep,
		deep + "/":                 deep,
		deep + "/Media":            deep,
		deep + "/Media/localhost/": deep,
		"/srv/plex/config/Library": deep,
		"/srv/plex/config":         deep,
		"/srv/plex":                deep,
		"/hotio":                   "/hotio",
		"/binhex":                  "/binhex/Plex Media Server",
		"/volume2":                 "/volume2/PlexMediaServer/AppData/Plex Media Server",
		"/share/CACHEDEV1_DATA":    "/share/CACHEDEV1_DATA/.qpkg/PlexMediaServer/Library/Plex Media Server",
		"/new":                     "/new/Plex Media Server", // it has no Media yet
		"/srv/plex/config/Library/Application Support": deep,
	} {
		got, err := b.Open(path)
		if err != nil || got.Path != strings.TrimRight(want, "/") {
			t.Errorf("%s: got %q, %v", path, got.Path, err)
		}
	}
	for _, path := range []string{"", " ", "/", "/nowhere", "/srv", "/volume2/PlexMediaServer/Media", "Media", "/Media/localhost"} {
		if got, err := b.Open(path); preview.ReasonOf(err) != preview.PlexDataMissing {
			t.Errorf("%q: got %q, %v", path, got.Path, err)
		}
	}
}

func TestOpenOnARealDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Größe und Leerzeichen", "Plex Media Server")
	if err := os.MkdirAll(filepath.Join(dir, "Media", "localhost"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := datadir.Open(filepath.Dir(dir)); err != nil || got.Path != dir || got.Identity != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Preferences.xml"), []byte(preferences(`MachineIdentifier="`+uuid+`"`)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := datadir.Open(dir); err != nil || len(got.Identity) != 40 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOpenSaysWhenItMayNotLook(t *testing.T) {
	b := machine(t, "linux")
	b.put("/srv/plex/", "")
	stat := b.Stat
	b.Stat = func(path string) (os.FileInfo, error) {
		if strings.HasPrefix(path, "/srv/plex/") {
			return nil, &os.PathError{Op: "stat", Path: path, Err: os.ErrPermission}
		}
		return stat(path)
	}
	if got, err := b.Open("/srv/plex"); preview.ReasonOf(err) != preview.PlexDataDenied {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestIdentity(t *testing.T) {
	made := fmt.Sprintf("%x", sha1.Sum([]byte(uuid+"- Plex Media Server")))
	for _, c := range []struct{ name, preferences, want string }{
		{"said", preferences(`MachineIdentifier="` + uuid + `" ProcessedMachineIdentifier="` + identity + `"`), identity},
		{"in capitals", preferences(`ProcessedMachineIdentifier="` + strings.ToUpper(identity) + `"`), identity},
		{"made from the UUID", preferences(`MachineIdentifier="` + uuid + `"`), made},
		{"empty", preferences(`MachineIdentifier="` + uuid + `" ProcessedMachineIdentifier=""`), made},
		{"not there", preferences(``), ""},
		{"another file", `<Settings MachineIdentifier="` + uuid + `"/>`, ""},
		{"cut off", `<?xml version="1.0"?><Preferences MachineId`, ""},
		{"nothing", "", ""},
		{"no text", "\x00\xff\xfe", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := machine(t, "linux")
			b.plex("/plex")
			b.put("/plex/Preferences.xml", c.preferences)
			got, err := b.Open("/plex")
			if err != nil || got.Identity != c.want {
				t.Errorf("got %+v, %v, want %q", got, err, c.want)
			}
		})
	}
}

// The token in the same file stays where it is: it is in nothing that is returned.
func TestTheTokenIsNotTaken(t *testing.T) {
	b := machine(t, "linux")
	b.plex("/plex")
	b.put("/plex/Preferences.xml", preferences(`ProcessedMachineIdentifier="`+identity+`"`))
	got, err := b.Open("/plex")
	if text := fmt.Sprintf("%+v %v", got, err); strings.Contains(text, "never-read-this-token") {
		t.Error(text)
	}
}

func TestCheck(t *testing.T) {
	known := datadir.Dir{Path: "/plex", Identity: identity}
	if err := known.Check(identity); err != nil {
		t.Error(err)
	}
	for _, other := range []string{"", strings.Repeat("0", 40)} {
		if err := known.Check(other); preview.ReasonOf(err) != preview.PlexDataForeign {
			t.Errorf("%q: got %v", other, err)
		}
	}
	if err := (datadir.Dir{Path: "/plex"}).Check(identity); err != nil {
		t.Errorf("a folder of which nothing is known is refused: %v", err)
	}
}
