package daemon

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// folder makes n videos in a folder that belongs to no server.
func (w *world) folder(n int) (selection preview.Selection, sidecars []string) {
	for i := range n {
		w.video("film "+film(i), "Folder", film(i))
		sidecars = append(sidecars, w.path("Folder", film(i)[:len(film(i))-4]+"-320-10.bif"))
	}
	return preview.Selection{Folders: []string{w.path("Folder")}}, sidecars
}

// TestAPlainFolder needs no server and no sign-in. Previews lie beside their videos.
func TestAPlainFolder(t *testing.T) {
	inBubble(t, fakeplex.Options{}, func(w *world) {
		selection, sidecars := w.folder(3)
		r := w.open()
		j := r.scan(selection)
		w.ended(j, preview.JobDone, "", done(3))
		for i, path := range sidecars {
			if !(&pen{}).Look(w.Context(), path).Sound || r.tasks(j)[film(i)].Out != path {
				w.Errorf("%s is not there; the task is %+v", path, r.tasks(j)[film(i)])
			}
		}
		w.ended(r.scan(selection), preview.JobDone, "", already(3))
		if asked := w.fake.Requests(); len(asked) > 0 {
			w.Errorf("Plex was asked: %+v", asked)
		}

		// One sidecar goes, one video changes.
		if err := os.Remove(sidecars[0]); err != nil {
			w.Fatal(err)
		}
		w.video("a better copy of the film", "Folder", film(1))
		w.ended(r.scan(selection), preview.JobDone, "", preview.Counts{Videos: 3, Already: 1, Published: 2, Shown: 2})
		for i, want := range []int{2, 2, 1} {
			if n := w.pen.times(film(i)); n != want {
				w.Errorf("%s was rendered %d times, want %d", film(i), n, want)
			}
		}
	})
}

// TestAPlainFolderAfterTheQueueWasLost: what lies there is taken as it is.
func TestAPlainFolderAfterTheQueueWasLost(t *testing.T) {
	inBubble(t, fakeplex.Options{}, func(w *world) {
		selection, _ := w.folder(2)
		r := w.open()
		r.scan(selection)
		r.stop()
		if err := os.RemoveAll(w.dirs.Data); err != nil {
			w.Fatal(err)
		}
		w.ended(w.open().scan(selection), preview.JobDone, "", already(2))
	})
}

func TestAPlainFolderThatIsEmptyOrGone(t *testing.T) {
	inBubble(t, fakeplex.Options{}, func(w *world) {
		r := w.open()
		if err := os.Mkdir(w.path("empty"), 0o755); err != nil {
			w.Fatal(err)
		}
		w.ended(r.scan(preview.Selection{Folders: []string{w.path("empty")}}), preview.JobFailed, preview.MountEmpty, preview.Counts{})
		w.ended(r.scan(preview.Selection{Folders: []string{w.path("gone")}}), preview.JobFailed, preview.MountMissing, preview.Counts{})
	})
}

// TestAForeignFileInThePlaceOfASidecar is left alone.
func TestAForeignFileInThePlaceOfASidecar(t *testing.T) {
	inBubble(t, fakeplex.Options{}, func(w *world) {
		selection, sidecars := w.folder(2)
		w.video("my notes", "Folder", filepath.Base(sidecars[0]))
		r := w.open()
		j := r.scan(selection)
		w.ended(j, preview.JobDoneWithFailed, "", preview.Counts{Videos: 2, Published: 1, Shown: 1, Failed: 1})
		if task := r.tasks(j)[film(0)]; task.Reason != preview.TargetForeign {
			w.Errorf("the task is %+v", task)
		}
		if text, err := os.ReadFile(sidecars[0]); err != nil || string(text) != "my notes" {
			w.Errorf("it holds %q now (%v)", text, err)
		}
		time.Sleep(time.Hour)
		if rest := w.attention(); len(rest) > 0 {
			w.Errorf("what is wrong with the place is no fault of the video: %+v", rest)
		}
	})
}
