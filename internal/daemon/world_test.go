package daemon

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/host/secrets"
	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The addresses of the network that a world has.
const (
	tvAddress  = "http://tv.test"
	pmsAddress = "http://pms.test:32400"
)

// world is a machine with Scrubjay's folders and videos on it, plex.tv and a Plex server. All of it is real but the
// network and FFmpeg: requests go to the stand-in without sockets, and the renderer draws at once. So the clock of
// synctest rules, and a minute of maintenance takes no time.
type world struct {
	*testing.T
	dir  string // of everything
	dirs paths.Dirs
	env  map[string]string
	fake *fakeplex.Fake
	net  *network
	pen  *pen
	free int64  // bytes on the disk
	name string // of the server in the settings

	stand standIns
}

// bubble runs a test in a world of its own, with a server that is signed in to.
func bubble(t *testing.T, test func(w *world)) {
	t.Helper()
	inBubble(t, fakeplex.Options{}, func(w *world) {
		w.signIn()
		test(w)
	})
}

// inBubble runs a test in a world where nobody has signed in.
func inBubble(t *testing.T, o fakeplex.Options, test func(w *world)) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			T: t, dir: dir, env: map[string]string{"SCRUBJAY_PLEX_TV_URL": tvAddress}, name: "Attic",
			net: &network{hosts: map[string]http.Handler{}}, pen: &pen{drawn: map[string]int{}}, free: 1 << 40,
		}
		w.dirs = w.home()
		w.stand = standIns{carrier: w.net, renderer: w.pen, free: func(string) (int64, error) { return w.free, nil }}
		if o.DataDir == "" {
			o.DataDir = w.path("Plex Media Server")
		}
		w.fake = w.serve(pmsAddress, o)
		w.net.set(tvAddress, w.fake.TV())
		test(w)
	})
}

// serve plays a server at an address.
func (w *world) serve(address string, o fakeplex.Options) *fakeplex.Fake {
	w.Helper()
	fake, err := fakeplex.New(o)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { fake.Close() })
	fake.At(address)
	w.net.set(address, fake.PMS())
	return fake
}

func (w *world) path(names ...string) string {
	return filepath.Join(append([]string{w.dir}, names...)...)
}

// home are Scrubjay's own folders.
func (w *world) home() paths.Dirs {
	home := w.path("scrubjay")
	return paths.Dirs{
		Config: home, Data: filepath.Join(home, "data"), State: filepath.Join(home, "state"), Cache: filepath.Join(home, "cache"),
		Together: true,
	}
}

func (w *world) options() Options {
	return Options{
		Dirs: w.dirs, Cores: 2, Verbose: true, Getenv: func(name string) string { return w.env[name] },
		stand: w.stand,
	}
}

// signIn puts the server into the settings, and its token where secrets are kept.
func (w *world) signIn() { w.Helper(); w.set(w.fake, w.name, pmsAddress, w.fake.ServerToken()) }

func (w *world) set(fake *fakeplex.Fake, name, address, token string) {
	w.Helper()
	s, err := OpenSettings(w.options())
	if err != nil {
		w.Fatal(err)
	}
	defer s.Close()
	if err := s.Secrets.Set(w.Context(), secrets.Server(fake.Identity()), secret.New(token)); err != nil {
		w.Fatal(err)
	}
	w.modify(s, func(c *config.Config) {
		i := slices.IndexFunc(c.Servers, func(s config.Server) bool { return s.ID == fake.Identity() })
		if i < 0 {
			c.Servers = append(c.Servers, config.Server{Name: name, ID: fake.Identity(), URL: address, DataDir: w.path("Plex Media Server")})
		}
	})
}

func (w *world) modify(s *Settings, change func(*config.Config)) {
	w.Helper()
	if err := s.Config.Modify(change); err != nil {
		w.Fatal(err)
	}
}

// configure changes the settings.
func (w *world) configure(change func(*config.Config)) {
	w.Helper()
	s, err := OpenSettings(w.options())
	if err != nil {
		w.Fatal(err)
	}
	defer s.Close()
	w.modify(s, change)
}

// video writes something that is a video to everybody but FFmpeg, and returns its path. The text decides its hash.
func (w *world) video(text string, names ...string) string {
	w.Helper()
	path := w.path(names...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
	return path
}

// films makes n films in the folder Films and a library of them. It returns the library's key.
func (w *world) films(n int) (library string) {
	w.Helper()
	for i := range n {
		w.video("film "+film(i), "Films", film(i))
	}
	return w.library("Films", "movie", w.path("Films"))
}

func film(i int) string { return "Film " + string(rune('A'+i)) + " (2001).mkv" }

func (w *world) library(title, typ string, folders ...string) string {
	w.Helper()
	l := fakeplex.Library{Title: title, Type: typ}
	for _, f := range folders {
		l.Folders = append(l.Folders, fakeplex.Folder{Path: f})
	}
	key, err := w.fake.AddLibrary(l)
	if err != nil {
		w.Fatal(err)
	}
	return key
}

// item adds a film by hand.
func (w *world) item(library string, it fakeplex.Item) string {
	w.Helper()
	key, err := w.fake.Add(library, it)
	if err != nil {
		w.Fatal(err)
	}
	return key
}

// bundle is where the preview of a file belongs, as the file is now.
func (w *world) bundle(video string) string {
	w.Helper()
	hash, _, err := bundle.HashFile(w.Context(), video)
	if err != nil {
		w.Fatal(err)
	}
	path, err := bundle.Path(hash)
	if err != nil {
		w.Fatal(err)
	}
	return w.path("Plex Media Server", filepath.FromSlash(path))
}

// previews are the files below a folder that are, or may become, previews.
func (w *world) previews(dir string) (found []string) {
	w.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (strings.Contains(d.Name(), ".bif") || strings.Contains(d.Name(), ".part")) {
			found = append(found, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.Fatal(err)
	}
	return found
}

// shown are the base names of the files whose preview Plex shows.
func (w *world) shown() (names []string) {
	for _, f := range w.fake.Files() {
		if f.Shown {
			names = append(names, filepath.Base(f.Path))
		}
	}
	slices.Sort(names)
	return names
}

// wantShown fails unless Plex shows previews of exactly these files, and each of them lies where it belongs and is sound.
func (w *world) wantShown(names ...string) {
	w.Helper()
	slices.Sort(names)
	if got := w.shown(); !slices.Equal(got, names) {
		w.Errorf("Plex shows %q, want %q", got, names)
	}
	for _, f := range w.fake.Files() {
		if f.Shown && !(&pen{}).Look(w.Context(), w.bundle(f.Path)).Sound {
			w.Errorf("%s is shown, and no sound preview lies in its bundle", f.Path)
		}
	}
}

// noLeaks fails when a token went where others can read it, or lies somewhere else than where secrets are kept.
func (w *world) noLeaks(fakes ...*fakeplex.Fake) {
	w.Helper()
	for _, fake := range append(fakes, w.fake) {
		for _, leak := range fake.Leaks() {
			w.Error(leak)
		}
		err := filepath.WalkDir(w.dirs.Config, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Base(path) == "secrets.json" {
				return err
			}
			text, err := os.ReadFile(path)
			for _, token := range []string{fake.AccountToken(), fake.ServerToken(), fake.SharedToken()} {
				if bytes.Contains(text, []byte(token)) {
					w.Errorf("%s holds a token", path)
				}
			}
			return err
		})
		if err != nil {
			w.Error(err)
		}
	}
}
