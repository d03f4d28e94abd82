//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/testkit/library"
)

// asProgram is the environment variable that makes the test binary play scrubjayd.
const asProgram = "SCRUBJAY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// world is a Plex that is played, with videos on the disk, and a scrubjayd for it. All of it is below one folder. What
// scrubjayd starts is a script that writes down which video ffprobe is asked about, which happens once for each attempt
// to render, and that can be told to wait.
type world struct {
	testing.TB
	dir    string // of everything
	plex   string // Plex's data folder, below dir
	fake   *fakeplex.Fake
	tv     string // address of plex.tv
	pms    string // and of the server
	videos int
	env    []string // of scrubjayd, added to what the test has
}

// newWorld makes a world in which nobody has signed in.
func newWorld(t testing.TB, s library.Spec, o fakeplex.Options) *world {
	t.Helper()
	clip.Need(t)
	w := &world{TB: t, dir: t.TempDir()}
	w.plex = filepath.Join(w.dir, "Plex Media Server")
	media := filepath.Join(w.dir, "media")
	w.videos = len(library.Make(t, media, s))
	o.DataDir, o.AutoApprove = w.plex, 1
	fake, err := fakeplex.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fake.Close() })
	w.fake = fake
	for _, l := range []fakeplex.Library{
		{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: filepath.Join(media, library.Movies)}}},
		{Title: "Shows", Type: "show", Folders: []fakeplex.Folder{{Path: filepath.Join(media, library.Shows)}}},
	} {
		if _, err := os.Stat(l.Folders[0].Path); err != nil {
			continue
		}
		if _, err := fake.AddLibrary(l); err != nil {
			t.Fatal(err)
		}
	}
	if w.tv, w.pms, err = fake.Start(); err != nil {
		t.Fatal(err)
	}
	if n := len(fake.Files()); n != w.videos {
		t.Fatalf("Plex has %d of %d videos", n, w.videos)
	}
	w.install()
	tmp := filepath.Join(w.dir, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	w.env = []string{
		asProgram + "=1", "TMPDIR=" + tmp, marker + "=" + w.dir,
		"SCRUBJAY_CONFIG_DIR=" + filepath.Join(w.dir, "settings"), "SCRUBJAY_PLEX_TV_URL=" + w.tv, "SCRUBJAY_PLEX_DATA_DIR=" + w.plex,
		"SCRUBJAY_FFMPEG=" + filepath.Join(w.dir, "tools"), "SCRUBJAY_CPU_SLOTS=2", "SCRUBJAY_GPU_SLOTS=0",
	}
	return w
}

// marker is the environment variable by which processes of a world are known: scrubjayd, and all that it starts.
const marker = "SCRUBJAY_TEST_WORLD"

// script plays ffprobe. It writes down what it is asked about, waits while there is a file named "wait", and is deaf to
// signals meanwhile; for a video that a file named "poison" names it does what is in that file.
const script = `#!/bin/sh
for last; do :; done
case $last in file:*)
	echo "$SCRUBJAY_TEST_LIFE ${last#file:}" >>'DIR/asked'
	if [ -e 'DIR/wait' ]; then
		trap '' INT TERM HUP
		echo waits >>'DIR/waits'
		while [ -e 'DIR/wait' ]; do sleep 0.02; done
		trap - INT TERM HUP
	fi
	if [ -e 'DIR/poison' ]; then . 'DIR/poison'; fi
esac
exec 'PROGRAM' "$@"
`

// install puts FFmpeg and the script for ffprobe into the folder for tools.
func (w *world) install() {
	w.Helper()
	tools := filepath.Join(w.dir, "tools")
	if err := os.Mkdir(tools, 0o755); err != nil {
		w.Fatal(err)
	}
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		program, err := exec.LookPath(name)
		if err != nil {
			w.Fatal(err)
		}
		if name == "ffmpeg" {
			err = os.Symlink(program, filepath.Join(tools, name))
		} else {
			text := strings.NewReplacer("DIR", tools, "PROGRAM", program).Replace(script)
			err = os.WriteFile(filepath.Join(tools, name), []byte(text), 0o755) //nolint:gosec // it is a program
		}
		if err != nil {
			w.Fatal(err)
		}
	}
}

// tool is the path of a file that the script looks at or writes.
func (w *world) tool(name string) string { return filepath.Join(w.dir, "tools", name) }

// hold has ffprobe wait from now on, until the function that it returns is called.
func (w *world) hold() (release func()) {
	w.Helper()
	w.write(w.tool("wait"), "")
	os.Remove(w.tool("waits"))
	release = func() { os.Remove(w.tool("wait")) }
	w.Cleanup(release)
	return release
}

// held waits until an ffprobe waits.
func (w *world) held() {
	w.Helper()
	w.until("an ffprobe waits", func() bool { return exists(w.tool("waits")) })
}

func (w *world) write(path, text string) {
	w.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// asked returns what ffprobe was asked about: for each life of scrubjayd the videos, in the order in which they came.
func (w *world) asked() map[string][]string {
	w.Helper()
	text, err := os.ReadFile(w.tool("asked"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		life, video, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		all[life] = append(all[life], video)
	}
	return all
}

// signIn signs in and sets up the server.
func (w *world) signIn() {
	w.Helper()
	w.run(0, "login", "--no-browser")
}

// lines reads JSON objects, one in each line.
func lines[T any](t testing.TB, text string) (all []T) {
	t.Helper()
	for line := range strings.Lines(text) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("read %q: %v", line, err)
		}
		all = append(all, v)
	}
	return all
}

// until waits until something is so.
func (w *world) until(what string, so func() bool) {
	w.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("waited in vain until %s", what)
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// previews returns where the server expects the previews of its videos: by the video's path, the preview's.
func (w *world) previews() map[string]string {
	w.Helper()
	all := map[string]string{}
	for _, f := range w.fake.Files() {
		rel, err := bundle.Path(f.Hash)
		if err != nil {
			w.Fatal(err)
		}
		all[f.Path] = filepath.Join(w.plex, filepath.FromSlash(rel))
	}
	return all
}

// shown returns the paths of the videos whose previews the server shows.
func (w *world) shown() map[string]bool {
	all := map[string]bool{}
	for _, f := range w.fake.Files() {
		if f.Shown {
			all[f.Path] = true
		}
	}
	return all
}

// whole checks that every video is shown, that scrubjayd says so, and that nothing is where previews are but one for each
// video.
func (w *world) whole() {
	w.Helper()
	if n := len(w.shown()); n != w.videos {
		w.Errorf("Plex shows %d of %d", n, w.videos)
	}
	type library struct{ Videos, Shown, Missing int }
	var sum library
	for _, l := range lines[library](w, w.run(0, "libraries", "--json").stdout) {
		sum.Videos, sum.Shown, sum.Missing = sum.Videos+l.Videos, sum.Shown+l.Shown, sum.Missing+l.Missing
	}
	if sum != (library{w.videos, w.videos, 0}) {
		w.Errorf("scrubjayd counts %+v, want all of %d shown", sum, w.videos)
	}
	wanted := map[string]bool{}
	for _, path := range w.previews() {
		wanted[path] = true
	}
	for path := range w.files(filepath.Join(w.plex, "Media")) {
		if !wanted[path] {
			w.Errorf("%s was left behind", path)
		}
		delete(wanted, path)
	}
	if len(wanted) > 0 {
		w.Errorf("%d previews are not there: %v", len(wanted), wanted)
	}
	for path := range w.files(filepath.Join(w.dir, "tmp")) {
		w.Errorf("%s was left behind", path)
	}
	w.childless()
}

// files yields all that is below a folder and no folder.
func (w *world) files(folder string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !yield(path) {
				return fs.SkipAll
			}
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
	}
}

// childless checks that no process of this world is left.
func (w *world) childless() {
	w.Helper()
	if left := processes(w.dir); len(left) > 0 {
		var b strings.Builder
		for _, p := range left {
			fmt.Fprintf(&b, "\n%d: %s", p.id, strings.ReplaceAll(p.command, "\x00", " "))
		}
		w.Errorf("these still run:%s", b.String())
	}
}
