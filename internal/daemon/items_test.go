package daemon

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// TestItemsThatHaveNothingToShow are left out without a word: they are no failures.
func TestItemsThatHaveNothingToShow(t *testing.T) {
	for name, versions := range map[string][]fakeplex.Version{
		"without media":         nil,
		"without parts":         {{}},
		"a part without a file": {{Parts: []fakeplex.Part{{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				library := w.films(1)
				w.item(library, fakeplex.Item{Title: "Nothing", Versions: versions})
				w.ended(w.open().scan(everything), preview.JobDone, "", done(1))
			})
		})
	}
}

// TestTwoFilesWithTheSameBytes share a bundle: one preview, and both are shown.
func TestTwoFilesWithTheSameBytes(t *testing.T) {
	bubble(t, func(w *world) {
		first, second := w.video("the same film", "Films", "Heat (1995).mkv"), w.video("the same film", "More", "Heat (1996).mkv")
		w.library("Films", "movie", w.path("Films"), w.path("More"))
		r := w.open()
		w.ended(r.scan(everything), preview.JobDone, "", done(2))
		w.wantShown(filepath.Base(first), filepath.Base(second))
		if n, lie := w.pen.all(), w.previews(w.path("Plex Media Server")); n != 1 || len(lie) != 1 {
			w.Errorf("%d renders, previews at %v", n, lie)
		}
		w.ended(r.scan(everything), preview.JobDone, "", already(2))
	})
}

// TestAHashThatPlexHasNotYet: our own is right, and Plex learns it when it analyzes.
func TestAHashThatPlexHasNotYet(t *testing.T) {
	bubble(t, func(w *world) {
		library := w.library("Films", "movie", w.path("Films"))
		path := w.video("a film", "Films", "Heat (1995).mkv")
		w.item(library, fakeplex.Item{Title: "Heat", Versions: []fakeplex.Version{{Parts: []fakeplex.Part{{Path: path, Unhashed: true}}}}})
		w.ended(w.open().scan(everything), preview.JobDone, "", done(1))
		w.wantShown("Heat (1995).mkv")
	})
}

// TestAFileReplacedBeforeItIsRendered gets the preview of what it is now, in the bundle of what it is now.
func TestAFileReplacedBeforeItIsRendered(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		path := w.path("Films", film(0))
		old := w.bundle(path)
		w.video("a better copy of the film", "Films", film(0)) // Plex has not noticed
		w.ended(w.open().scan(everything), preview.JobDone, "", done(1))
		w.wantShown(film(0))
		if _, err := os.Stat(old); err == nil {
			w.Error("there is a preview of the file that is gone")
		}
	})
}

// TestAFileReplacedWhileItIsRendered: what came out is of the old file, and is dropped. The new one has its turn.
func TestAFileReplacedWhileItIsRendered(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		path := w.path("Films", film(0))
		old := w.bundle(path)
		w.pen.instead(func(_ context.Context, _ engine.Render, n int) error {
			if n == 1 {
				w.video("a better copy of the film", "Films", film(0))
			}
			return nil
		})
		r := w.open()
		j := r.scan(everything)
		w.ended(j, preview.JobRunning, "", preview.Counts{Videos: 1, Later: 1})
		if task := r.tasks(j)[film(0)]; task.State != preview.TaskLater || task.Reason != preview.VideoChanged {
			w.Errorf("the task is %+v", task)
		}
		if lie := w.previews(w.path("Plex Media Server")); len(lie) > 0 {
			w.Errorf("left behind: %v", lie)
		}
		time.Sleep(2 * time.Minute)
		w.ended(r.wait(j), preview.JobDone, "", done(1))
		w.wantShown(film(0))
		if _, err := os.Stat(old); err == nil {
			w.Error("there is a preview of the file that is gone")
		}
		if n := r.struck(path); n != 0 {
			w.Errorf("it was struck %d times", n)
		}
	})
}

// TestAFileThatIsReplacedLater gets a new preview with the next scan, once Plex has noticed.
func TestAFileThatIsReplacedLater(t *testing.T) {
	bubble(t, func(w *world) {
		library := w.films(2)
		r := w.open()
		r.scan(everything)
		w.video("a better copy of the film", "Films", film(0))
		w.fake.Scan(library)
		w.ended(r.scan(everything), preview.JobDone, "", preview.Counts{Videos: 2, Already: 1, Published: 1, Shown: 1})
		w.wantShown(film(0), film(1))
	})
}

// TestTwoEpisodesInOneFile: one preview, and both episodes have it.
func TestTwoEpisodesInOneFile(t *testing.T) {
	bubble(t, func(w *world) {
		name := "Dark - S01E01-E02.mkv"
		w.video("two episodes", "Shows", "Dark", name)
		w.library("Shows", "show", w.path("Shows"))
		r := w.open()
		w.ended(r.scan(everything), preview.JobDone, "", done(1))
		w.wantShown(name, name)
		if w.pen.all() != 1 {
			w.Errorf("%d renders", w.pen.all())
		}
		w.ended(r.scan(everything), preview.JobDone, "", already(1))
	})
}

// TestVersionsAndStacks: every file is a video of its own, but not those that Plex made itself.
func TestVersionsAndStacks(t *testing.T) {
	bubble(t, func(w *world) {
		wanted := []string{
			"Heat (1995) - 1080p.mkv", "Heat (1995) - 4K.mkv", "Dogville (2003) - pt1.mkv", "Dogville (2003) - pt2.mkv",
		}
		for _, name := range wanted {
			w.video(name, "Films", name)
		}
		w.video("for a phone", "Films", "Plex Versions", "Optimized for Mobile", "Heat (1995) - 1080p.mp4")
		w.library("Films", "movie", w.path("Films"))
		w.ended(w.open().scan(everything), preview.JobDone, "", done(4))
		w.wantShown(wanted...)
	})
}

// TestLibrariesOfOtherMedia are not asked for their parts.
func TestLibrariesOfOtherMedia(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		w.library("Music", "artist", w.path("Music"))
		w.library("Photos", "photo", w.path("Photos"))
		w.ended(w.open().scan(everything), preview.JobDone, "", done(1))
		if n := w.fake.Count("/library/sections/2/all") + w.fake.Count("/library/sections/3/all"); n > 0 {
			w.Errorf("they were listed %d times", n)
		}
	})
}

// TestAFileThatPlexDoesNotKnowYet is named by who downloaded it. Plex is told to look, and shows it then.
func TestAFileThatPlexDoesNotKnowYet(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		path := w.video("downloaded just now", "Films", "Heat (1995).mkv")
		r := w.open()
		w.ended(r.scan(preview.Selection{Paths: []string{path}}), preview.JobDone, "", done(1))
		w.wantShown("Heat (1995).mkv")
		if n := w.fake.Count("/library/sections/*/refresh"); n != 1 {
			w.Errorf("Plex was told to look %d times", n)
		}
	})
}

// TestTwoServersThatNumberAlike have libraries, items and parts with the same keys.
func TestTwoServersThatNumberAlike(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		const address = "http://cellar.test:32400"
		data := w.path("other", "Plex Media Server")
		other := w.serve(address, fakeplex.Options{Name: "Cellar", DataDir: data})
		w.set(other, "Cellar", address, other.ServerToken())
		w.configure(func(c *config.Config) { c.Servers[1].DataDir = data })
		path := w.video("of the other one", "Shows", "Heat (1995).mkv")
		if _, err := other.AddLibrary(fakeplex.Library{Title: "Cinema", Type: "movie", Folders: []fakeplex.Folder{{Path: w.path("Shows")}}}); err != nil {
			w.Fatal(err)
		}
		r := w.open()
		scan := func(s preview.Selection) (counts preview.Counts) {
			jobs, err := r.Scan(w.Context(), s, false)
			if err != nil {
				w.Fatal(err)
			}
			for _, j := range jobs {
				c := r.wait(j).Counts
				counts.Videos += c.Videos
				counts.Already += c.Already
				counts.Shown += c.Shown
			}
			return counts
		}
		// A library that only one has, and a path.
		if c := scan(preview.Selection{Libraries: []string{"cinema"}}); c != (preview.Counts{Videos: 1, Shown: 1}) {
			w.Errorf("one library: %+v", c)
		}
		if c := scan(preview.Selection{Paths: []string{path}}); c != (preview.Counts{Videos: 1, Already: 1}) {
			w.Errorf("one path: %+v", c)
		}
		if c := scan(everything); c != (preview.Counts{Videos: 3, Already: 1, Shown: 2}) {
			w.Errorf("everything: %+v", c)
		}
		if c := scan(everything); c != (preview.Counts{Videos: 3, Already: 3}) {
			w.Errorf("everything again: %+v", c)
		}
		w.wantShown(film(0), film(1))
		if n, m := len(w.previews(w.path("Plex Media Server"))), len(w.previews(data)); n != 2 || m != 1 {
			w.Errorf("%d previews with one server, %d with the other", n, m)
		}
		_, err := r.Scan(w.Context(), preview.Selection{Libraries: []string{"Home movies"}}, false)
		w.because(err, preview.PlexNoLibrary)
		_, err = r.Scan(w.Context(), preview.Selection{Paths: []string{w.path("elsewhere")}}, false)
		w.because(err, preview.PathOutside)

		// One is away: the other is none the worse.
		w.net.set(pmsAddress, nil)
		if c := scan(preview.Selection{Libraries: []string{"Cinema"}}); c != (preview.Counts{Videos: 1, Already: 1}) {
			w.Errorf("the other is away: %+v", c)
		}
		w.noLeaks(other)
	})
}
