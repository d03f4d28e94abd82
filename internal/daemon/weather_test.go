package daemon

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// TestMaintenanceAtTheStart: Plex says that it migrates its database, and a minute later it is done.
func TestMaintenanceAtTheStart(t *testing.T) {
	for name, when := range map[string]time.Duration{"before the daemon": 0, "before the scan": time.Second} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.films(2)
				began := time.Now()
				var r *running
				if when == 0 {
					w.fake.Break(fakeplex.Fault{Status: 503, For: time.Minute})
					r = w.open()
				} else {
					r = w.open()
					w.fake.Break(fakeplex.Fault{Status: 503, For: time.Minute})
				}
				w.ended(r.scan(everything), preview.JobDone, "", done(2))
				if took := time.Since(began); took < time.Minute || took > 2*time.Minute {
					w.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestMaintenanceThatDoesNotEnd ends the job with the reason, and the next scan finds everything.
func TestMaintenanceThatDoesNotEnd(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		mend := w.fake.Break(fakeplex.Fault{Status: 503})
		r := w.open()
		w.ended(r.scan(everything), preview.JobFailed, preview.PlexBusy, preview.Counts{})
		mend()
		time.Sleep(again)
		w.ended(r.scan(everything), preview.JobDone, "", done(2))
	})
}

// TestMaintenanceInTheMiddle keeps what is rendered, and shows it when the server is back.
func TestMaintenanceInTheMiddle(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(3)
		w.fake.Break(fakeplex.Fault{On: "PUT /library/metadata/*/analyze", Status: 503, For: 3 * time.Minute})
		r := w.open()
		j := r.scan(everything)
		if c := j.Counts; c.Later == 0 || c.Failed > 0 || w.pen.all() != 3 {
			w.Errorf("the job is %+v", j)
		}
		time.Sleep(20 * time.Minute)
		w.ended(r.wait(j), preview.JobDone, "", done(3))
		w.wantShown(film(0), film(1), film(2))
		if n := w.pen.all(); n != 3 {
			w.Errorf("%d renders of 3 videos", n)
		}
	})
}

func TestDroppedConnections(t *testing.T) {
	for name, bad := range map[string]fakeplex.Fault{
		"before the answer":        {Drop: true, After: 3, Times: 2},
		"in the middle of a list":  {On: "/library/sections/*/all", Cut: 200, Times: 2},
		"while it is analyzed":     {On: "PUT /library/metadata/*/analyze", Drop: true, Times: 1},
		"an error without a type":  {On: "/library/sections/*/all", Status: 500, Times: 2},
		"a page of something else": {On: "/library/sections/*/all", Body: "<html>Welcome to the hotel</html>", Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.films(3)
				w.fake.Break(bad)
				r := w.open()
				j := r.scan(everything)
				if j.State == preview.JobFailed && j.Reason == preview.PlexNotPlex {
					j = r.scan(everything) // a hotel's network wants to be signed in to: nothing repeats itself
				}
				time.Sleep(time.Hour)
				w.ended(r.wait(j), preview.JobDone, "", done(3))
				w.noLeaks()
			})
		})
	}
}

// TestTheServerGoesAway while its list is read: what was listed is worked on, and the job says what happened.
func TestTheServerGoesAway(t *testing.T) {
	bubble(t, func(w *world) {
		const videos = 1003 // a second page
		library := w.library("Films", "movie", w.path("Films"))
		for i := range videos {
			name := fmt.Sprintf("Film %04d.mkv", i)
			path := ""
			if i < 2 {
				path = w.video(name, "Films", name)
			}
			w.item(library, fakeplex.Item{Title: name, Versions: []fakeplex.Version{{Parts: []fakeplex.Part{{
				Path: path, As: w.path("Films", name), Shown: i >= 2,
			}}}}})
		}
		mend := w.fake.Break(fakeplex.Fault{On: "/library/sections/*/all", After: 1, Drop: true})
		r := w.open()
		j := r.scan(preview.Selection{All: true, Order: preview.ByName})
		if c := j.Counts; j.State != preview.JobDoneWithFailed || j.Reason != preview.PlexAway || c.Shown != 2 || c.Already != 998 {
			w.Errorf("the job is %+v", j)
		}
		mend()
		w.ended(r.scan(everything), preview.JobDone, "", already(videos))
	})
}

// TestHalfPages: a server, or what stands before it, that answers with less than was asked for.
func TestHalfPages(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(7)
		w.fake.Break(fakeplex.Fault{On: "/library/sections/*/all", Short: 2})
		w.ended(w.open().scan(everything), preview.JobDone, "", done(7))
	})
}

// TestATotalThatLies: what was listed is done, and the job says that there may be more.
func TestATotalThatLies(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(3)
		mend := w.fake.Break(fakeplex.Fault{On: "/library/sections/*/all", Total: 5})
		r := w.open()
		w.ended(r.scan(everything), preview.JobDoneWithFailed, preview.PlexIncomplete, done(3))
		w.wantShown(film(0), film(1), film(2))
		mend()
		w.ended(r.scan(everything), preview.JobDone, "", already(3))

		w.fake.Break(fakeplex.Fault{On: "/library/sections/*/all", Total: -2}) // fewer than there are
		w.video("one more", "Films", "Heat.mkv")
		w.fake.Scan("1")
		j := r.scan(everything)
		if c := j.Counts; j.State != preview.JobDone || c.Already != 3 || c.Shown != 1 {
			w.Errorf("the job is %+v", j)
		}
	})
}

// TestPlexWillNotShowIt: the preview stays in place, and Plex is asked again for a good hour, now and then.
func TestPlexWillNotShowIt(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		mend := w.fake.Break(fakeplex.Fault{On: "PUT /library/metadata/*/analyze", Body: "{}"}) // it says yes, and does nothing
		r := w.open()
		j := r.scan(everything)
		w.ended(j, preview.JobRunning, "", preview.Counts{Videos: 1, Later: 1})
		if task := r.tasks(j)[film(0)]; task.State != preview.TaskPublishing || task.Reason != preview.PlexNotShown {
			w.Errorf("the task is %+v", task)
		}
		if left := w.previews(w.path("Plex Media Server")); len(left) != 1 || left[0] != w.bundle(w.path("Films", film(0))) {
			w.Errorf("previews are %v", left)
		}
		time.Sleep(3 * time.Hour)
		j = r.wait(j)
		w.ended(j, preview.JobDone, "", preview.Counts{Videos: 1, Published: 1})
		if n := w.fake.Count("PUT /library/metadata/*/analyze"); n > 20 {
			w.Errorf("Plex was asked to analyze %d times", n)
		}
		mend()
		w.ended(r.scan(everything), preview.JobDone, "", done(1))
		if w.pen.all() != 1 {
			w.Errorf("%d renders of one video", w.pen.all())
		}
	})
}

// TestPlexIsAskedLittle: a scan with nothing to do costs a page for a thousand videos, and nothing for each.
func TestPlexIsAskedLittle(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(9)
		r := w.open()
		w.ended(r.scan(everything), preview.JobDone, "", done(9))
		w.fake.ForgetRequests()
		w.ended(r.scan(everything), preview.JobDone, "", already(9))
		if asked := w.fake.Requests(); len(asked) > 6 {
			w.Errorf("a scan with nothing to do asked %d times", len(asked))
		}
		if n := w.fake.Count(filepath.Join("/library/metadata", "*")); n > 0 {
			w.Errorf("items were asked for %d times", n)
		}
	})
}

// TestALibraryThatPlexCannotList does not keep the others from being scanned.
func TestALibraryThatPlexCannotList(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		w.video("an episode", "Shows", "Dark", "Dark - S01E01.mkv")
		shows := w.library("Shows", "show", w.path("Shows"))
		mend := w.fake.Break(fakeplex.Fault{On: "/library/sections/" + shows + "/all", Status: 500})
		r := w.open()
		w.ended(r.scan(everything), preview.JobDoneWithFailed, preview.PlexFailed, done(2))
		mend()
		if c := r.scan(everything).Counts; c.Already != 2 || c.Shown != 1 {
			w.Errorf("then: %+v", c)
		}
	})
}
