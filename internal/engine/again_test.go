package engine_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestThreeStrikesRestUntilTheFileChanges(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		w.render = func(_ context.Context, r engine.Render) error {
			if r.Video == path(0) {
				return fault(preview.VideoDamaged)
			}
			return nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		for i, want := range []preview.TaskState{preview.TaskFailed, preview.TaskFailed, preview.TaskResting, preview.TaskResting} {
			j := e.run()
			if got := w.store.task(path(0)); got.State != want || got.Reason != preview.VideoDamaged {
				t.Errorf("scan %d: task is %s, %s", i, got.State, got.Reason)
			}
			if j.State != preview.JobDoneWithFailed || j.Counts.Failed != 1 {
				t.Errorf("scan %d: job is %+v", i, j)
			}
		}
		if w.rendered[path(0)] != 3 {
			t.Errorf("it was tried %d times", w.rendered[path(0)])
		}
		w.files[path(0)] = preview.Version{Size: 5, ModTime: time.Now()}
		e.run()
		if got := w.store.task(path(0)); got.State != preview.TaskFailed || w.store.strike(path(0)).Count != 1 {
			t.Errorf("a new version is %s with %d strikes", got.State, w.store.strike(path(0)).Count)
		}
		w.render = nil
		if j := e.run(); j.State != preview.JobDone || w.store.strike(path(0)).Count != 0 {
			t.Errorf("it is whole now; job is %+v, with %d strikes", j, w.store.strike(path(0)).Count)
		}
	})
}

func TestRetryForgivesAndTriesAgainInTheSameJob(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(5)
		broken := true
		w.render = func(_ context.Context, r engine.Render) error {
			if broken && r.Video != path(4) {
				return fault(preview.VideoDamaged)
			}
			return nil
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		var last preview.Job
		for range 4 {
			last = e.run()
		}
		if s := w.store.states(); s[preview.TaskResting] != 8 {
			t.Fatalf("tasks are %v", s)
		}
		broken = false
		n, err := e.Retry(t.Context(), 0, true)
		if err != nil || n != 4 {
			t.Fatalf("Retry = %d, %v", n, err)
		}
		got := e.wait(last.ID)
		if got.State != preview.JobDone || got.Counts.Shown != 4 || got.Counts.Failed != 0 {
			t.Errorf("job is %+v", got)
		}
		if n, err := e.Retry(t.Context(), 0, true); n != 0 || err != nil {
			t.Errorf("nothing is left, but Retry = %d, %v", n, err)
		}
	})
}

func TestRetryHurriesWhatWasPutOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		delete(w.files, path(0))
		showing := false
		w.show = func(v preview.Video, _ int) (bool, error) {
			if v.Path == path(1) && !showing {
				return false, fault(preview.PlexNotYet)
			}
			return true, nil
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		j := e.run()
		if j.State != preview.JobRunning || j.Counts.Later != 2 {
			t.Fatalf("job is %+v", j)
		}
		w.files[path(0)] = preview.Version{Size: 1000}
		showing = true
		if n, err := e.Retry(t.Context(), j.ID, false); n != 2 || err != nil {
			t.Errorf("Retry = %d, %v", n, err)
		}
		before := time.Now()
		if got := e.wait(j.ID); got.State != preview.JobDone || got.Counts.Shown != 3 {
			t.Errorf("job is %+v", got)
		}
		if time.Since(before) > 5*time.Second {
			t.Errorf("it took %v", time.Since(before))
		}
	})
}

func TestRetryOfAnOpenJobCountsRight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(8)
		n := 0
		w.render = func(_ context.Context, r engine.Render) error {
			if n++; n <= 2 {
				return fault(preview.VideoDamaged)
			}
			return nil
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		j := e.scan(engine.Request{})
		nap(10 * time.Second)
		if n, err := e.Retry(t.Context(), j.ID, true); n != 2 || err != nil {
			t.Errorf("Retry = %d, %v", n, err)
		}
		if got := e.wait(j.ID); got.Counts != (preview.Counts{Videos: 8, Published: 8, Shown: 8}) {
			t.Errorf("counts are %+v", got.Counts)
		}
	})
}

func TestAMissingFileComesLaterAndIsNoFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		delete(w.files, path(0))
		e := w.start(t, slots(0, 1))
		defer e.end()
		j := e.run()
		if j.State != preview.JobRunning || j.Counts != (preview.Counts{Videos: 2, Published: 1, Shown: 1, Later: 1}) {
			t.Errorf("job is %+v", j)
		}
		var waits []time.Duration
		for range 5 {
			due := w.store.task(path(0)).Due
			waits = append(waits, time.Until(due).Round(time.Minute))
			nap(time.Until(due) + time.Second)
		}
		want := []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
		if !slices.Equal(waits, want) {
			t.Errorf("it was put off for %v", waits)
		}
		if got := w.store.task(path(0)); got.State != preview.TaskFailed || got.Reason != preview.VideoMissing || len(w.store.strikes) != 0 {
			t.Errorf("in the end it is %s, %s, strikes %v", got.State, got.Reason, w.store.strikes)
		}
		if got := e.wait(j.ID); got.State != preview.JobDoneWithFailed {
			t.Errorf("job is %s", got.State)
		}
	})
}

func TestALaterTaskGoesOnAfterARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		delete(w.files, path(0))
		e := w.start(t, slots(0, 1))
		j := e.run()
		e.end()
		w.files[path(0)] = preview.Version{Size: 1000}

		e = w.start(t, slots(0, 1)) // before it is due
		if got := e.wait(j.ID); got.Counts.Later != 1 {
			t.Errorf("counts are %+v", got.Counts)
		}
		e.end()
		nap(2 * time.Minute)
		e = w.start(t, slots(0, 1)) // after
		if got := e.wait(j.ID); got.State != preview.JobDone || got.Counts.Shown != 2 {
			t.Errorf("job is %+v", got)
		}
		e.end()
	})
}

func TestAFileThatChangesWhileItIsRenderedComesLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(1)
		w.render = func(_ context.Context, r engine.Render) error {
			if w.rendered[r.Video] == 1 {
				w.mu.Lock()
				w.files[r.Video] = preview.Version{Size: 9}
				w.mu.Unlock()
			}
			return nil
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		j := e.run()
		if got := w.store.task(path(0)); got.State != preview.TaskLater || got.Reason != preview.VideoChanged {
			t.Errorf("task is %s, %s", got.State, got.Reason)
		}
		nap(2 * time.Minute)
		if got := e.wait(j.ID); got.State != preview.JobDone || got.Counts.Shown != 1 || len(w.store.strikes) != 0 {
			t.Errorf("job is %+v", got)
		}
	})
}
