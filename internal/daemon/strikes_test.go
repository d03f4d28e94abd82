package daemon

import (
	"context"
	"testing"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// damaged has every render of a video end as with one that is damaged.
func (w *world) damaged(video string) {
	w.pen.instead(func(_ context.Context, r engine.Render, _ int) error {
		if r.Video == video {
			return preview.Because(preview.VideoDamaged, "read %s: no clusters", r.Video)
		}
		return nil
	})
}

// attention is what "scrubjayd attention" lists.
func (w *world) attention() []preview.Strike {
	w.Helper()
	h, err := OpenHistory(w.Context(), w.options())
	if err != nil {
		w.Fatal(err)
	}
	defer h.Close()
	rest, err := h.Attention(w.Context(), 100)
	if err != nil {
		w.Fatal(err)
	}
	return rest
}

// TestThreeStrikes: a video that failed in three scans rests, and is not rendered any more.
func TestThreeStrikes(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		bad := w.path("Films", film(1))
		w.damaged(bad)
		r := w.open()
		for scan := range 5 {
			want := preview.Counts{Videos: 2, Already: 1, Failed: 1}
			if scan == 0 {
				want = preview.Counts{Videos: 2, Published: 1, Shown: 1, Failed: 1}
			}
			j := r.scan(everything)
			w.ended(j, preview.JobDoneWithFailed, "", want)
			state := preview.TaskFailed
			if scan >= 2 {
				state = preview.TaskResting
			}
			if task := r.tasks(j)[film(1)]; task.State != state || task.Reason != preview.VideoDamaged {
				w.Errorf("after scan %d the task is %+v", scan+1, task)
			}
		}
		if n := w.pen.times(film(1)); n != preview.Strikes {
			w.Errorf("it was rendered %d times", n)
		}
		if rest := w.attention(); len(rest) != 1 || rest[0].Path != bad || rest[0].Reason != preview.VideoDamaged || rest[0].Count != preview.Strikes {
			w.Errorf("what needs attention is %+v", rest)
		}
		if lie := w.previews(w.path("Plex Media Server")); len(lie) != 1 {
			w.Errorf("previews are %v", lie)
		}
	})
}

// rests makes three scans of a library with one damaged video, and returns its path.
func (w *world) rests(r *running) string {
	bad := w.path("Films", film(0))
	w.damaged(bad)
	for range preview.Strikes {
		r.scan(everything)
	}
	w.pen.instead(nil)
	if n := r.struck(bad); n != preview.Strikes {
		w.Errorf("it was struck %d times", n)
	}
	return bad
}

// TestRetryFreesWhatRests: its job goes on, and ends as if nothing had been.
func TestRetryFreesWhatRests(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		r := w.open()
		bad := w.rests(r)
		n, err := r.Retry(w.Context(), 0, true)
		if err != nil || n != 1 {
			w.Errorf("%d are tried again, %v", n, err)
		}
		r.all()
		w.wantShown(film(0), film(1))
		if rest := w.attention(); len(rest) > 0 || r.struck(bad) > 0 {
			w.Errorf("what needs attention is %+v", rest)
		}
		w.ended(r.scan(everything), preview.JobDone, "", already(2))
	})
}

// TestANewVersionOfTheFileFreesIt, without anybody's doing.
func TestANewVersionOfTheFileFreesIt(t *testing.T) {
	bubble(t, func(w *world) {
		library := w.films(2)
		r := w.open()
		w.rests(r)
		w.video("a copy that is whole", "Films", film(0))
		w.fake.Scan(library)
		w.ended(r.scan(everything), preview.JobDone, "", preview.Counts{Videos: 2, Already: 1, Published: 1, Shown: 1})
		if rest := w.attention(); len(rest) > 0 {
			w.Errorf("what needs attention is %+v", rest)
		}
	})
}

// TestRegenerate makes previews anew that are there, and says that they replaced others.
func TestRegenerate(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		r := w.open()
		for _, task := range r.tasks(r.scan(everything)) {
			if task.Replaced {
				w.Errorf("there was nothing to replace: %+v", task)
			}
		}
		j := r.regenerate(everything)
		w.ended(j, preview.JobDone, "", done(2))
		for name, task := range r.tasks(j) {
			if !task.Replaced || !task.Shown || w.pen.times(name) != 2 {
				w.Errorf("%s was rendered %d times: %+v", name, w.pen.times(name), task)
			}
		}
		w.wantShown(film(0), film(1))
	})
}

// TestAPreviewThatIsDamaged on the disk is not taken for one: Plex does not show it, and neither do we believe in it.
func TestAPreviewThatIsDamaged(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		rel := "Plex Media Server" + w.bundle(w.path("Films", film(0)))[len(w.path("Plex Media Server")):]
		w.video("BIF, but not really", rel)
		j := w.scanOnce()
		w.ended(j, preview.JobDone, "", done(2))
		w.wantShown(film(0), film(1))
	})
}

// TestAPreviewThatLiesThere, made by another program or before the queue was lost, is shown and not made again.
func TestAPreviewThatLiesThere(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		path := w.bundle(w.path("Films", film(0)))
		rel := "Plex Media Server" + path[len(w.path("Plex Media Server")):]
		w.video("", rel)
		spec := preview.DefaultSpec()
		if _, err := (&pen{drawn: map[string]int{}}).Render(w.Context(), engine.Render{Out: path, Spec: spec}); err != nil {
			w.Fatal(err)
		}
		w.ended(w.scanOnce(), preview.JobDone, "", done(2))
		w.wantShown(film(0), film(1))
		if n := w.pen.times(film(0)); n != 0 {
			w.Errorf("it was rendered %d times", n)
		}
	})
}
