package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestASlowWatcherGetsOneProgressPerTask(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		gate := make(chan struct{})
		w.render = func(_ context.Context, r engine.Render) error {
			<-gate
			for i := range 1000 {
				r.Progress(engine.Progress{Frames: i + 1, Total: 2000})
				time.Sleep(time.Millisecond)
			}
			return nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var updates []event.Update
		done := make(chan struct{})
		seq := e.Watch(ctx)
		slow := make(chan struct{}, 10)
		go func() {
			defer close(done)
			for u := range seq {
				updates = append(updates, u)
				<-slow
			}
		}()
		j := e.scan(engine.Request{})
		synctest.Wait()
		slow <- struct{}{} // past the snapshot
		synctest.Wait()
		slow <- struct{}{} // past the beginning
		close(gate)
		nap(300 * time.Millisecond) // it looks away with the first progress
		nap(700 * time.Millisecond)
		synctest.Wait()
		seen := len(updates)
		slow <- struct{}{}
		synctest.Wait()
		per := map[int64][]int{}
		for _, ev := range updates[seen].Events {
			if p, ok := ev.(event.Progress); ok {
				per[p.Task] = append(per[p.Task], p.Frames)
			}
		}
		if len(per) != 2 {
			t.Errorf("progress of %d tasks", len(per))
		}
		for task, frames := range per {
			if len(frames) != 1 || frames[0] < 700 {
				t.Errorf("task %d: %v", task, frames)
			}
		}
		close(slow)
		e.wait(j.ID)
		stop()
		<-done
	})
}

func TestTheFirstTurnIsThePresent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(5)
		e := w.start(t, slots(1, 1))
		defer e.end()
		j := e.scan(engine.Request{Title: "Scan Films"})
		nap(3500 * time.Millisecond)
		for u := range e.Watch(t.Context()) {
			s := u.Snapshot
			if s == nil || len(s.Jobs) != 1 || s.Jobs[0].Title != "Scan Films" || len(s.Tasks) != 2 || len(s.Devices) != 2 {
				t.Fatalf("the present is %+v", s)
			}
			for _, r := range s.Tasks {
				if r.Progress.Frames != 270 || r.Progress.Total != 360 || r.Progress.Device == "" || r.Task.State != preview.TaskRendering {
					t.Errorf("running: %+v", r)
				}
			}
			break
		}
		e.wait(j.ID)
		if got := e.Snapshot(); len(got.Jobs)+len(got.Tasks) != 0 {
			t.Errorf("in the end the present is %+v", got)
		}
	})
}

func TestAnIdleEngineHasNoTimer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(1)
		e := w.start(t, slots(1, 1))
		defer e.end()
		e.run()
		// With every goroutine blocked for good but this one, the clock jumps straight to the end of the sleep.
		w.store.asked = map[string]int{}
		nap(24 * time.Hour)
		if len(w.store.asked) != 0 {
			t.Errorf("an idle day asked the store %v", w.store.asked)
		}
	})
}

func TestAWatcherThatNeverBeginsHoldsNothingUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(100)
		e := w.start(t, slots(4, 4))
		defer e.end()
		ctx, stop := context.WithCancel(t.Context())
		_ = e.Watch(ctx)
		if j := e.run(); j.Counts.Shown != 100 {
			t.Errorf("counts are %+v", j.Counts)
		}
		stop()
	})
}
