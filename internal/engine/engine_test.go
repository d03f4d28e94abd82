package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestAScanRendersPublishesAndShows(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(25)
		w.shown[path(3)] = true
		e := w.start(t, slots(2, 1))
		defer e.end()
		begun := time.Now()
		j := e.run()
		want := preview.Counts{Videos: 25, Already: 1, Published: 24, Shown: 24}
		if diff := cmp.Diff(want, j.Counts); diff != "" {
			t.Error(diff)
		}
		if j.State != preview.JobDone || j.Listed != 25 || j.Total != 25 {
			t.Errorf("job is %s, %d of %d", j.State, j.Listed, j.Total)
		}
		if took := time.Since(begun); took != 8*4*time.Second {
			t.Errorf("24 videos of 4 s on 3 slots took %v", took)
		}
		if w.most != 3 {
			t.Errorf("%d renders at once, want 3", w.most)
		}
		got := w.store.task(path(7))
		if got.State != preview.TaskPublished || !got.Shown || got.Frames != 360 || got.Recipe != "fake" || got.Out == "" || got.Elapsed != 4*time.Second {
			t.Errorf("task is %+v", got)
		}
		if e := w.store.entries[source+"\x00part-"+path(7)]; !e.Shown || e.Out != got.Out || !e.File.Same(w.files[path(7)]) || e.Listed.Size != 1000 {
			t.Errorf("ledger says %+v", e)
		}
		if diff := cmp.Diff(j, w.store.job(j.ID)); diff != "" {
			t.Errorf("stored job differs: %s", diff)
		}

		w.store.asked = map[string]int{}
		again := e.run()
		if diff := cmp.Diff(preview.Counts{Videos: 25, Already: 25}, again.Counts); diff != "" {
			t.Errorf("second scan: %s", diff)
		}
		if w.store.asked["Known"] != 3 || w.store.asked["AddTasks"] != 0 {
			t.Errorf("a settled library of 3 pages asked the store %v", w.store.asked)
		}
	})
}

func TestNothingChosenIsNeverEverything(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		e := w.start(t, slots(1, 1))
		defer e.end()
		_, err := e.Scan(t.Context(), engine.Request{Source: source})
		if preview.ReasonOf(err) != preview.NothingChosen {
			t.Errorf("Scan = %v", err)
		}
		synctest.Wait()
		if w.listed != 0 {
			t.Error("something was listed")
		}
	})
}
