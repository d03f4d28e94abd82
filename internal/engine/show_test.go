package engine_test

import (
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestAServerThatNeedsSecondsIsGivenThem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		w.show = func(_ preview.Video, n int) (bool, error) {
			if n < 3 {
				return false, fault(preview.PlexNotYet)
			}
			return true, nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		if j := e.run(); j.State != preview.JobDone || j.Counts.Shown != 3 {
			t.Errorf("job is %+v", j)
		}
	})
}

func TestAPreviewThatIsNotShownIsPutOffAndInTheEndLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		w.show = func(v preview.Video, _ int) (bool, error) { return v.Path == path(1), nil }
		e := w.start(t, slots(1, 1))
		begun := time.Now()
		j := e.run()
		if j.State != preview.JobRunning || j.Counts != (preview.Counts{Videos: 2, Later: 1, Published: 1, Shown: 1}) {
			t.Errorf("job is %+v", j)
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("it held the job for %v", took)
		}
		got := w.store.task(path(0))
		if got.State != preview.TaskPublishing || got.Reason != preview.PlexNotShown || time.Until(got.Due) < 30*time.Second {
			t.Errorf("task is %s, %s, due in %v", got.State, got.Reason, time.Until(got.Due))
		}
		e.end()

		e = w.start(t, slots(1, 1)) // it survives a restart
		defer e.end()
		if again := e.wait(j.ID); again.Counts.Later != 1 {
			t.Errorf("counts are %+v", again.Counts)
		}
		nap(3 * time.Hour)
		if got := w.store.task(path(0)); got.State != preview.TaskPublished || got.Shown || got.Reason != preview.PlexNotShown {
			t.Errorf("task is %s, %v, %s", got.State, got.Shown, got.Reason)
		}
		if w.shows[path(0)] != 8 || w.rendered[path(0)] != 1 {
			t.Errorf("asked %d times, rendered %d", w.shows[path(0)], w.rendered[path(0)])
		}
		if got := e.wait(j.ID); got.State != preview.JobDone || got.Counts.Published != 2 || got.Counts.Shown != 1 {
			t.Errorf("job is %+v", got)
		}
	})
}

func TestAServerThatIsAwayIsNotAskedForEveryVideo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(30)
		away := true
		w.show = func(preview.Video, int) (bool, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if away {
				return false, fault(preview.PlexAway)
			}
			return true, nil
		}
		w.showing = 20 * time.Second // it does not answer, and that takes its time
		e := w.start(t, slots(4, 4))
		defer e.end()
		begun := time.Now()
		j := e.run()
		if j.Counts.Later != 30 || j.State != preview.JobRunning {
			t.Errorf("job is %+v", j)
		}
		w.mu.Lock()
		asked := 0
		for _, n := range w.shows {
			asked += n
		}
		if asked != 1 || time.Since(begun) > time.Minute {
			t.Errorf("it was asked %d times in %v", asked, time.Since(begun))
		}
		away, w.showing = false, time.Second
		w.mu.Unlock()
		nap(3 * time.Minute)
		if got := e.wait(j.ID); got.State != preview.JobDone || got.Counts.Shown != 30 {
			t.Errorf("job is %+v", got)
		}
		for p, n := range w.rendered {
			if n != 1 {
				t.Errorf("%s was rendered %d times", p, n)
			}
		}
	})
}

func TestShowingHoldsNoSlotAndGoesOneByOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(600) // more than a shelf holds
		w.took = 100 * time.Millisecond
		w.showing = time.Second
		e := w.start(t, slots(1, 1))
		defer e.end()
		j := e.scan(engine.Request{})
		nap(40 * time.Second)
		if len(w.rendered) != 600 {
			t.Errorf("%d rendered", len(w.rendered))
		}
		if got := e.wait(j.ID); got.Counts.Shown != 600 {
			t.Errorf("counts are %+v", got.Counts)
		}
		if w.mostShow != 1 {
			t.Errorf("%d shown at once", w.mostShow)
		}
		for p, n := range w.shows {
			if n != 1 {
				t.Errorf("%s was shown %d times", p, n)
			}
		}
	})
}

func TestATokenThatIsRevokedInTheMiddleStopsTheJob(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(30)
		n := 0
		w.show = func(preview.Video, int) (bool, error) {
			if n++; n > 5 {
				return false, fault(preview.PlexToken)
			}
			return true, nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		if j := e.run(); j.State != preview.JobFailed || j.Reason != preview.PlexToken || j.Counts.Shown != 5 || j.Counts.Cancelled != 25 {
			t.Errorf("job is %+v", j)
		}
	})
}

func TestEverySettledVideoIsToldAndNoneIsStored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(35)
		for i := range 35 {
			w.shown[path(i)] = i != 4
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		d := e.watch(t)
		e.run()
		settled := map[string]bool{}
		done := 0
		for _, ev := range d.events() {
			switch ev := ev.(type) {
			case event.Settled:
				for _, v := range ev.Videos {
					settled[v.Path] = true
				}
			case event.TaskChanged:
				if ev.Task.State.Final() {
					done++
				}
			}
		}
		if len(settled) != 34 || settled[path(4)] || done != 1 || len(w.store.tasks) != 1 {
			t.Errorf("%d settled, %d done, %d stored", len(settled), done, len(w.store.tasks))
		}
	})
}
