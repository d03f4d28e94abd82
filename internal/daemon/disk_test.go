package daemon

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/library/publish/publishtest"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// refusedBefore fails unless a scan ends with the reason before anything is rendered or written.
func (w *world) refusedBefore(reason preview.Reason) {
	w.Helper()
	w.ended(w.scanOnce(), preview.JobFailed, reason, preview.Counts{})
	if lie := w.previews(w.dir); w.pen.all() > 0 || len(lie) > 0 {
		w.Errorf("%d renders, files %v", w.pen.all(), lie)
	}
	w.wantShown()
}

// TestTheDataFolderOfAnotherServer is not written to.
func TestTheDataFolderOfAnotherServer(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		theirs := w.path("theirs", "Plex Media Server")
		w.serve("http://cellar.test:32400", fakeplex.Options{Name: "Cellar", DataDir: theirs})
		w.configure(func(c *config.Config) { c.Servers[0].DataDir = theirs })
		w.refusedBefore(preview.PlexDataForeign)
		w.configure(func(c *config.Config) { c.Servers[0].DataDir = w.path("Plex Media Server") })
		w.ended(w.scanOnce(), preview.JobDone, "", done(2))
	})
}

func TestADataFolderThatIsNone(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		w.configure(func(c *config.Config) { c.Servers[0].DataDir = w.path("Films") })
		w.refusedBefore(preview.PlexDataMissing)
	})
}

func TestAReadOnlyDataFolder(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		publishtest.ReadOnly(w.T, w.path("Plex Media Server", "Media", "localhost"))
		w.refusedBefore(preview.TargetReadOnly)
	})
}

// TestAFullDisk is said before it is full to the last byte: Plex's own database is on it.
func TestAFullDisk(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		w.free = 1 << 20
		w.refusedBefore(preview.DiskFull)
		w.free = 1 << 40
		w.ended(w.scanOnce(), preview.JobDone, "", done(2))
	})
}

// TestADiskThatFillsUp ends the job. What is in place stays, drafts do not.
func TestADiskThatFillsUp(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(4)
		w.pen.instead(func(_ context.Context, _ engine.Render, n int) error {
			if n > 2 {
				return preview.Because(preview.DiskFull, "write draft: no space left on device")
			}
			return nil
		})
		r := w.open()
		j := r.scan(everything)
		if j.State != preview.JobFailed || j.Reason != preview.DiskFull || j.Counts.Failed > 0 {
			w.Errorf("the job is %+v", j)
		}
		time.Sleep(time.Second)
		for _, path := range w.previews(w.path("Plex Media Server")) {
			if filepath.Base(path) != "index-sd.bif" {
				w.Errorf("left behind: %s", path)
			}
		}
		w.pen.instead(nil)
		if j := r.scan(everything); j.State != preview.JobDone || j.Counts.Already+j.Counts.Shown != 4 {
			w.Errorf("with room again the job is %+v", j)
		}
		w.wantShown(film(0), film(1), film(2), film(3))
	})
}

func TestSpacesAndUmlauts(t *testing.T) {
	const folder = "Größe & Co – 100% #1"
	names := []string{"Der Bär über Köln (1998).mkv", "Amélie; la vie = belle (2001).mkv", "東京物語 (1953).mkv", "-v.mkv", "a'b\"c (2000).mkv"}
	if runtime.GOOS == "windows" {
		names = names[:4]
	}
	bubble(t, func(w *world) {
		data := w.path(folder, "Plex Media Server")
		if err := os.MkdirAll(filepath.Dir(data), 0o755); err != nil {
			w.Fatal(err)
		}
		if err := os.Rename(w.path("Plex Media Server"), data); err != nil {
			w.Fatal(err)
		}
		if err := os.Symlink(data, w.path("Plex Media Server")); err != nil {
			w.Skipf("links cannot be made here: %v", err)
		}
		w.configure(func(c *config.Config) { c.Servers[0].DataDir = data })
		for _, name := range names {
			w.video(name, folder, "Filme", name)
		}
		w.library("Größe & Co", "movie", w.path(folder, "Filme"))
		r := w.open()
		w.ended(r.scan(preview.Selection{Libraries: []string{"größe & co"}}), preview.JobDone, "", done(len(names)))
		w.wantShown(names...)
		w.ended(r.scan(everything), preview.JobDone, "", already(len(names)))
	})
}

// TestAFileThatIsNotThere is no failure: it comes up again later, and is done when it is back.
func TestAFileThatIsNotThere(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		path, away := w.path("Films", film(0)), w.path("away.mkv")
		if err := os.Rename(path, away); err != nil {
			w.Fatal(err)
		}
		r := w.open()
		j := r.scan(everything)
		w.ended(j, preview.JobRunning, "", preview.Counts{Videos: 2, Published: 1, Shown: 1, Later: 1})
		if task := r.tasks(j)[film(0)]; task.State != preview.TaskLater || task.Reason != preview.VideoMissing {
			w.Errorf("the task is %+v", task)
		}
		if err := os.Rename(away, path); err != nil {
			w.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		w.ended(r.wait(j), preview.JobDone, "", done(2))
		if n := r.struck(path); n != 0 {
			w.Errorf("it was struck %d times", n)
		}
	})
}

// TestAFileThatStaysAway is given up after some hours, and is no strike.
func TestAFileThatStaysAway(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		path := w.path("Films", film(0))
		if err := os.Remove(path); err != nil {
			w.Fatal(err)
		}
		r := w.open()
		j := r.scan(everything)
		time.Sleep(3 * time.Hour)
		w.ended(r.wait(j), preview.JobDoneWithFailed, "", preview.Counts{Videos: 2, Published: 1, Shown: 1, Failed: 1})
		if task := r.tasks(j)[film(0)]; task.State != preview.TaskFailed || task.Reason != preview.VideoMissing {
			w.Errorf("the task is %+v", task)
		}
		if n := r.struck(path); n != 0 {
			w.Errorf("it was struck %d times", n)
		}
	})
}

// TestAMountThatIsEmpty stops the job with one clear sentence and no strikes: at the start, and in the middle.
func TestAMountThatIsEmpty(t *testing.T) {
	unmount := func(w *world) {
		if err := os.Rename(w.path("Films"), w.path("unmounted")); err != nil {
			w.Fatal(err)
		}
		if err := os.Mkdir(w.path("Films"), 0o755); err != nil {
			w.Fatal(err)
		}
	}
	mount := func(w *world) {
		if err := os.Remove(w.path("Films")); err != nil {
			w.Fatal(err)
		}
		if err := os.Rename(w.path("unmounted"), w.path("Films")); err != nil {
			w.Fatal(err)
		}
	}
	t.Run("at the start", func(t *testing.T) {
		bubble(t, func(w *world) {
			w.films(3)
			unmount(w)
			w.refusedBefore(preview.MountEmpty)
			mount(w)
			w.ended(w.scanOnce(), preview.JobDone, "", done(3))
		})
	})
	t.Run("in the middle", func(t *testing.T) {
		bubble(t, func(w *world) {
			w.films(6)
			w.pen.instead(func(_ context.Context, r engine.Render, n int) error {
				switch {
				case n == 3:
					unmount(w)
					fallthrough
				case n > 3:
					return preview.Because(preview.VideoMissing, "open %s: no such file", r.Video)
				}
				return nil
			})
			r := w.open()
			j := r.scan(everything)
			if j.State != preview.JobFailed || j.Reason != preview.MountEmpty || j.Counts.Failed > 0 || !strings.Contains(j.Detail, w.path("Films")) {
				w.Errorf("the job is %+v", j)
			}
			time.Sleep(time.Second)
			mount(w)
			w.pen.instead(nil)
			if j := r.scan(everything); j.State != preview.JobDone || j.Counts.Already+j.Counts.Shown != 6 {
				w.Errorf("mounted again the job is %+v", j)
			}
			for i := range 6 {
				if n := r.struck(w.path("Films", film(i))); n != 0 {
					w.Errorf("%s was struck %d times", film(i), n)
				}
			}
		})
	})
	t.Run("not there at all", func(t *testing.T) {
		bubble(t, func(w *world) {
			w.films(1)
			if err := os.Rename(w.path("Films"), w.path("unmounted")); err != nil {
				w.Fatal(err)
			}
			w.refusedBefore(preview.MountMissing)
		})
	})
}

// TestPathsAsTheServerNamesThem: Plex runs on Windows, or in another container, and names its folders in its own way.
func TestPathsAsTheServerNamesThem(t *testing.T) {
	for name, theirs := range map[string]struct{ folder, film string }{
		"a drive":     {`D:\Films`, `D:\Films\Collection\Film A (2001).mkv`},
		"a share":     {`\\nas\media\Films`, `\\nas\media\Films\Collection\Film A (2001).mkv`},
		"a container": {"/data/films", "/data/films/Collection/Film A (2001).mkv"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				for i := range 2 {
					w.video(film(i), "Films", "Collection", film(i))
				}
				l := fakeplex.Library{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: w.path("Films"), As: theirs.folder}}}
				if _, err := w.fake.AddLibrary(l); err != nil {
					w.Fatal(err)
				}
				w.refusedBefore(preview.PathUnmapped)

				w.env["SCRUBJAY_PATH_MAP"] = theirs.folder + "=" + w.path("Films")
				r := w.open()
				w.ended(r.scan(preview.Selection{Paths: []string{theirs.film}}), preview.JobDone, "", done(1))
				w.ended(r.scan(preview.Selection{Paths: []string{w.path("Films", "Collection")}}), preview.JobDone, "",
					preview.Counts{Videos: 2, Already: 1, Published: 1, Shown: 1})
				w.wantShown(film(0), film(1))
			})
		})
	}
}
