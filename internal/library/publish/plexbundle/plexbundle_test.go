package plexbundle

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/library/publish/publishtest"
	"github.com/scrubjay/scrubjay/internal/preview"
)

var (
	_ engine.Publisher = (*Publisher)(nil)
	_ Server           = (*plex.Server)(nil)
)

const (
	ours   = "0123456789abcdef0123456789abcdef01234567"
	theirs = "76543210fedcba9876543210fedcba9876543210"
)

func TestPublisher(t *testing.T) {
	publishtest.Run(t, func(t *testing.T) publishtest.Fixture {
		data := dataFolder(t, ours)
		localhost := filepath.Join(data, "Media", "localhost")
		return publishtest.Fixture{
			New:    func() publishtest.Publisher { return New(Options{DataDir: data, Server: &server{}}) },
			Writes: localhost,
			Videos: t.TempDir(),
			Target: func(t *testing.T, v preview.Video) string {
				hash, _, err := bundle.HashFile(t.Context(), v.Path)
				if err != nil {
					t.Fatal(err)
				}
				return filepath.Join(localhost, hash[:1], hash[1:]+".bundle", "Contents", "Indexes", "index-sd.bif")
			},
		}
	})
}

// dataFolder makes the data folder of a server, on a path as people have them. It belongs to nobody known when identity
// is empty.
func dataFolder(t *testing.T, identity string) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "Größe & Co", "Application Support", "Plex Media Server")
	mkdir(t, filepath.Join(data, "Media", "localhost"))
	mkdir(t, filepath.Join(data, "Plug-in Support", "Databases"))
	write(t, filepath.Join(data, "Plug-in Support", "Databases", "com.plexapp.plugins.library.db"), "a database")
	if identity != "" {
		write(t, filepath.Join(data, "Preferences.xml"), `<?xml version="1.0"?><Preferences ProcessedMachineIdentifier="`+identity+`"/>`)
	}
	return data
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func film(t *testing.T, name, text string) preview.Video {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	write(t, path, text)
	return preview.Video{Path: path, Remote: path}
}

func because(t *testing.T, err error, want preview.Reason) {
	t.Helper()
	if got := preview.ReasonOf(err); err == nil || got != want {
		t.Errorf("the error is %q (%v), want %q", got, err, want)
	}
}

func TestReadyFindsTheFolderFromAbove(t *testing.T) {
	data := dataFolder(t, ours)
	for _, named := range []string{data, filepath.Dir(data), filepath.Join(data, "Media", "localhost")} {
		if err := New(Options{DataDir: named, Server: &server{}}).Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", named, err)
		}
	}
}

func TestWrongDataFolders(t *testing.T) {
	for name, tt := range map[string]struct {
		folder func(t *testing.T) string
		want   preview.Reason
	}{
		"none named": {func(*testing.T) string { return "" }, preview.PlexDataMissing},
		"missing":    {func(t *testing.T) string { return filepath.Join(t.TempDir(), "Plex Media Server") }, preview.PlexDataMissing},
		"any folder": {func(t *testing.T) string { return t.TempDir() }, preview.PlexDataMissing},
		"of another": {func(t *testing.T) string { return dataFolder(t, theirs) }, preview.PlexDataForeign},
	} {
		t.Run(name, func(t *testing.T) {
			data := tt.folder(t)
			p := New(Options{DataDir: data, Server: &server{}})
			because(t, p.Ready(t.Context()), tt.want)
			_, err := p.Open(t.Context(), film(t, "Heat.mkv", "a film")) // whether or not somebody asked Ready before
			because(t, err, tt.want)
			if left, _ := os.ReadDir(filepath.Join(data, "Media", "localhost")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestTheFolderBecomesAnothers: a data folder is restored from a backup, or a disk is swapped.
func TestTheFolderBecomesAnothers(t *testing.T) {
	data := dataFolder(t, ours)
	p := New(Options{DataDir: data, Server: &server{}})
	if err := p.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(data, "Preferences.xml"), `<Preferences ProcessedMachineIdentifier="`+theirs+`"/>`)
	because(t, p.Ready(t.Context()), preview.PlexDataForeign)
	_, err := p.Open(t.Context(), film(t, "Heat.mkv", "a film"))
	because(t, err, preview.PlexDataForeign)
}

// TestTheFolderGoes: its disk is unmounted in the middle.
func TestTheFolderGoes(t *testing.T) {
	data := dataFolder(t, ours)
	p := New(Options{DataDir: data, Server: &server{}})
	if err := p.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := p.Open(t.Context(), film(t, "Heat.mkv", "a film"))
		because(t, err, preview.PlexDataMissing)
	}
	because(t, p.Ready(t.Context()), preview.PlexDataMissing)
}

func TestReadyWhereNothingCanBeWritten(t *testing.T) {
	data := dataFolder(t, ours)
	localhost := filepath.Join(data, "Media", "localhost")
	publishtest.ReadOnly(t, localhost)
	err := New(Options{DataDir: data, Server: &server{}}).Ready(t.Context())
	because(t, err, preview.TargetReadOnly)
	if runtime.GOOS != "windows" && !strings.Contains(err.Error(), localhost+" is of user ") {
		t.Errorf("the details do not say whose the folder is: %v", err)
	}
}

func TestReadyNeedsRoom(t *testing.T) {
	data := dataFolder(t, ours)
	for name, tt := range map[string]struct {
		free int64
		err  error
		want preview.Reason
	}{
		"plenty":            {1 << 40, nil, ""},
		"too little":        {100 << 20, nil, preview.DiskFull},
		"nobody can say it": {0, errors.New("not on this share"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(Options{DataDir: data, Server: &server{}, Free: func(string) (int64, error) { return tt.free, tt.err }})
			err := p.Ready(t.Context())
			if tt.want == "" && err != nil || tt.want != "" && preview.ReasonOf(err) != tt.want {
				t.Errorf("the error is %v, want %q", err, tt.want)
			}
		})
	}
}

// TestANewServerHasNoBundlesYet, only its database.
func TestANewServerHasNoBundlesYet(t *testing.T) {
	data := dataFolder(t, ours)
	if err := os.RemoveAll(filepath.Join(data, "Media")); err != nil {
		t.Fatal(err)
	}
	if err := New(Options{DataDir: data, Server: &server{}}).Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestMediaOnAnotherDisk: people move Media and leave a link. That is theirs to say; links below are not followed out.
func TestMediaOnAnotherDisk(t *testing.T) {
	data, disk := dataFolder(t, ours), t.TempDir()
	media := filepath.Join(data, "Media")
	if err := os.RemoveAll(media); err != nil {
		t.Fatal(err)
	}
	mkdir(t, filepath.Join(disk, "localhost"))
	if err := os.Symlink(disk, media); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	p := New(Options{DataDir: data, Server: &server{}})
	if err := p.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	place, err := p.Open(t.Context(), film(t, "Heat.mkv", "a film"))
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	draft, err := place.Draft()
	if err != nil {
		t.Fatal(err)
	}
	write(t, draft, "a preview")
	if _, err := place.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(place.Path()); err != nil || string(text) != "a preview" {
		t.Errorf("it holds %q, %v", text, err)
	}
}

// TestCopiesShareTheirPlace: files with the same bytes have one bundle, whatever they are called.
func TestCopiesShareTheirPlace(t *testing.T) {
	data := dataFolder(t, ours)
	first, second := film(t, "Heat.mkv", "the same film"), film(t, "Heat, a copy.mkv", "the same film")
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{DataDir: data, Server: &server{}})
		place, err := p.Open(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		enough := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() {
			_, err := p.Open(ctx, second)
			done <- err
		}()
		synctest.Wait()
		cancel(enough)
		if err := <-done; !errors.Is(err, enough) {
			t.Errorf("the copy was opened beside its original: %v", err)
		}
		place.Close()
		other, err := p.Open(t.Context(), second)
		if err != nil {
			t.Fatal(err)
		}
		if other.Path() != place.Path() {
			t.Errorf("the copy has its preview at %s, the original at %s", other.Path(), place.Path())
		}
		other.Close()
	})
}

// TestAWriteThatHidesItself keeps size and time, as some taggers do; only the system's own number gives it away.
func TestAWriteThatHidesItself(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not say when a file was really touched")
	}
	v := film(t, "Heat.mkv", strings.Repeat("a", 200<<10))
	place, err := New(Options{DataDir: dataFolder(t, ours), Server: &server{}}).Open(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	draft, err := place.Draft()
	if err != nil {
		t.Fatal(err)
	}
	write(t, draft, "a preview")
	if err := os.WriteFile(v.Path, bytes.Repeat([]byte("b"), 200<<10), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(v.Path, place.Version().ModTime, place.Version().ModTime); err != nil {
		t.Fatal(err)
	}
	_, err = place.Commit(t.Context())
	because(t, err, preview.VideoChanged)
}
