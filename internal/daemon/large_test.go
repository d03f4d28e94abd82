package daemon

import (
	"net/http"
	"runtime"
	"slices"
	"testing"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// large adds a library of n films that are in no folder, though the folder is there; the first have a preview. Lists of
// it have pages of 1,000.
func (w *world) large(n, shown int) {
	w.Helper()
	key, err := w.fake.AddLibrary(fakeplex.Library{Title: "Large", Type: "movie", Synthetic: n, Shown: shown})
	if err != nil {
		w.Fatal(err)
	}
	w.video("something else", "large", "something else.txt")
	w.configure(func(c *config.Config) {
		c.Servers[0].Maps = []config.Map{{Remote: "/synthetic/" + key, Local: w.path("large")}}
	})
}

// asked fails unless a library of n films was listed page by page, and Plex was asked next to nothing else.
func (w *world) asked(n int) {
	w.Helper()
	const others = 6 // who it is, what libraries it has, a look behind the last page
	if got, most := w.fake.Count(""), n/1000+others; got > most {
		w.Errorf("Plex was asked %d times for %d films, want %d at most", got, n, most)
	}
	if got := w.fake.Count("/library/metadata/"); got > 0 {
		w.Errorf("Plex was asked %d times for single films", got)
	}
	w.fake.ForgetRequests()
}

func TestALargeLibraryIsAskedForByThePage(t *testing.T) {
	t.Run("all settled", func(t *testing.T) {
		bubble(t, func(w *world) {
			const n = 5000
			w.large(n, n)
			r := w.open()
			for range 2 {
				w.ended(r.scan(everything), preview.JobDone, "", already(n))
				w.asked(n)
			}
			if c := w.coverage()["Large"]; c.Videos != n || c.Shown != n || c.Err != nil {
				w.Errorf("the libraries are %+v", c)
			}
			w.asked(n)
			if plan, videos := w.planned(r); plan != n || videos != 0 {
				w.Errorf("the plan has %d films that need nothing, and %d that do", plan, videos)
			}
			w.asked(n)
		})
	})
	t.Run("nothing is there", func(t *testing.T) {
		bubble(t, func(w *world) {
			const n = 500
			w.large(n, 0)
			r := w.open()
			later := preview.Counts{Videos: n, Later: n}
			for range 2 {
				w.ended(r.scan(everything), preview.JobRunning, "", later)
				w.asked(n)
			}
			if plan, videos := w.planned(r); plan != 0 || videos != n {
				w.Errorf("the plan has %d films that need nothing, and %d that do", plan, videos)
			}
			w.asked(n)
		})
	})
}

// planned says what a dry run would: films that need nothing, and those that need work.
func (w *world) planned(r *running) (already, work int) {
	w.Helper()
	for p, err := range r.Plan(w.Context(), everything, false) {
		if err != nil {
			w.Fatal(err)
		}
		already += p.Already
		work += len(p.Work)
	}
	return already, work
}

// TestAStartReadsNoMoreOfALongQueue: it reads the head of the queue, however long the rest is.
func TestAStartReadsNoMoreOfALongQueue(t *testing.T) {
	start := func(n int) int64 {
		w := still(t)
		w.large(n, 0)
		r := w.open()
		if err := r.Pause(w.Context()); err != nil {
			t.Fatal(err)
		}
		j := r.begin(everything, false)
		for u := range r.Watch(w.Context()) {
			if u.Snapshot != nil && u.Snapshot.Jobs[0].State == preview.JobRunning || slices.ContainsFunc(u.Events, func(e event.Event) bool {
				changed, ok := e.(event.JobChanged)
				return ok && changed.Job.State == preview.JobRunning
			}) {
				break // all of it is in the queue
			}
		}
		r.stop()
		var waiting int
		took := allocated(func() {
			r := w.open()
			defer r.stop()
			// The answer comes when the queue is open.
			if _, err := r.Wait(w.Context(), j.ID+1); err == nil {
				t.Error("there is a job that nobody made")
			}
			waiting = r.Snapshot().Jobs[0].Counts.Waiting
		})
		if waiting != n {
			t.Errorf("%d tasks wait after a start, want %d", waiting, n)
		}
		return took
	}
	short, long := start(100), start(1500)
	if long > 2*short {
		t.Errorf("a start takes %d bytes with 100 tasks in the queue, and %d with 1,500", short, long)
	}
}

// TestALargerLibraryTakesNoMoreForEachVideo: what a scan allocates grows with the library, not with its square. The
// stand-in is measured along with it.
func TestALargerLibraryTakesNoMoreForEachVideo(t *testing.T) {
	each := func(n int) int64 {
		w := still(t)
		w.large(n, n)
		r := w.open()
		defer r.stop()
		return allocated(func() { w.ended(r.scan(everything), preview.JobDone, "", already(n)) }) / int64(n)
	}
	if small, large := each(1000), each(4000); large > small*5/4 {
		t.Errorf("a scan allocates %d bytes for each of 1,000 videos, and %d for each of 4,000", small, large)
	}
}

// still is a world with a clock that runs, alone in the process, so that memory can be measured.
func still(t *testing.T) *world {
	t.Helper()
	w := &world{
		T: t, dir: t.TempDir(), env: map[string]string{"SCRUBJAY_PLEX_TV_URL": tvAddress}, name: "Attic",
		net: &network{hosts: map[string]http.Handler{}}, pen: &pen{drawn: map[string]int{}}, free: 1 << 40,
	}
	w.dirs = w.home()
	w.stand = standIns{carrier: w.net, renderer: w.pen, free: func(string) (int64, error) { return w.free, nil }}
	w.fake = w.serve(pmsAddress, fakeplex.Options{DataDir: w.path("Plex Media Server")})
	w.net.set(tvAddress, w.fake.TV())
	w.signIn()
	return w
}

// allocated returns how many bytes were allocated while do ran.
func allocated(do func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}
