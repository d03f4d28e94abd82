package engine

import (
	"context"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	// lookAgain is how often the store is asked for what is due when this engine did not put it off itself.
	lookAgain = 30 * time.Second
	// told is how often watchers are told how far tasks are.
	told = 200 * time.Millisecond
)

// dueLocked has the engine look at what is due at a time.
func (e *Engine) dueLocked(at time.Time) {
	i, found := slices.BinarySearchFunc(e.dues, at, time.Time.Compare)
	if found {
		return
	}
	e.dues = slices.Insert(e.dues, i, at)
	if i == 0 {
		poke(e.wakeAlarm)
	}
}

// alarm brings back what was put off, when its time has come, and devices that rested.
func (e *Engine) alarm(ctx context.Context) {
	if err := e.seed(ctx); err != nil && ctx.Err() == nil {
		e.broken(err)
	}
	for {
		wait, ok := e.nextDue()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-e.wakeAlarm:
			}
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-e.wakeAlarm:
			timer.Stop()
			continue
		case <-timer.C:
		}
		if err := e.ring(ctx); err != nil && ctx.Err() == nil {
			e.broken(err)
		}
	}
}

// seed asks the store when the first of what an earlier engine put off is due.
func (e *Engine) seed(ctx context.Context) error {
	for _, state := range []preview.TaskState{preview.TaskLater, preview.TaskPublishing} {
		at, ok, err := e.o.Store.NextDue(ctx, state)
		if err != nil {
			return err
		}
		if now := time.Now(); ok && at.After(now) {
			e.mu.Lock()
			e.dueLocked(dueAfter(at, 0))
			e.mu.Unlock()
		}
	}
	return nil
}

// nextDue returns how long it is until something is due; ok is false when nothing ever is.
func (e *Engine) nextDue() (wait time.Duration, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.dues) > 0 {
		return time.Until(e.dues[0]), true
	}
	for _, j := range e.jobs {
		if j.Counts.Later > 0 { // by an earlier engine, or for one that others hide in the store
			return lookAgain, true
		}
	}
	return 0, false
}

// ring looks at what is due now.
func (e *Engine) ring(ctx context.Context) error {
	now := time.Now()
	e.mu.Lock()
	e.dues = slices.DeleteFunc(e.dues, func(at time.Time) bool { return !at.After(now) })
	if slices.ContainsFunc(e.devices, func(d *device) bool { return d.because != "" && !now.Before(d.until) }) {
		e.hub.Publish(e.slotsLocked())
	}
	e.missedLocked()
	e.mu.Unlock()
	poke(e.wakeDispatch)
	for ctx.Err() == nil {
		n, err := e.promote(ctx, now, 0)
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// promote queues tasks of a job, or of all jobs for 0, that were put off until then, and returns how many it found. It
// finds them all when it is called until there are none.
func (e *Engine) promote(ctx context.Context, then time.Time, job int64) (int, error) {
	e.refilling.Lock()
	defer e.refilling.Unlock()
	n := batch
	for {
		tasks, err := e.o.Store.DueTasks(ctx, preview.TaskLater, then, n)
		if err != nil {
			return 0, err
		}
		more := len(tasks) == n
		tasks = slices.DeleteFunc(tasks, func(t preview.Task) bool { return job != 0 && t.Job != job })
		for _, t := range tasks {
			t.State, t.Due = preview.TaskQueued, time.Time{}
			e.put(t, later, func(t preview.Task) { e.queue.added(t.Priority); e.queue.stale = true })
		}
		if len(tasks) > 0 || !more {
			poke(e.wakeDispatch)
			return len(tasks), nil
		}
		n *= 4
	}
}

// tick tells watchers how far the running tasks are. It sleeps while there are none.
func (e *Engine) tick(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.wakeTicker:
		}
		for e.tellProgress() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(told):
			}
		}
	}
}

// tellProgress tells how far tasks are that got further, and reports whether any run.
func (e *Engine) tellProgress() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.runs {
		if p := r.progress.Load(); p != nil && p != r.told {
			r.told = p
			e.hub.Publish(r.how())
		}
	}
	return len(e.runs) > 0
}

// how says how far a run is.
func (r *run) how() event.Progress {
	p := r.progress.Load()
	if p == nil {
		p = &Progress{}
	}
	return event.Progress{Task: r.task.ID, Frames: p.Frames, Total: p.Total, Recipe: p.Recipe, Device: r.at.ID}
}
