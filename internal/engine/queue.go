package engine

import (
	"context"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	// batch is how many queued tasks are read from the store at once.
	batch = 64
	// deepest is how many are held at most when those at the head wait for another device than the one that is free.
	deepest = 4096
)

// queue is the head of what the store has queued. Only the dispatcher reads from the store into it and takes from it, so
// no task can be in it twice.
type queue struct {
	tasks []preview.Task // by priority and ID
	whole bool           // there are no others in the store
	stale bool           // something in the store belongs before the last of these
	adds  int            // how often something was added
}

// added says that tasks of a priority were stored.
func (q *queue) added(priority int) {
	q.whole = false
	q.adds++
	if len(q.tasks) == 0 || priority > q.tasks[len(q.tasks)-1].Priority {
		q.stale = true
	}
}

// forget drops the tasks of a job.
func (q *queue) forget(job int64) {
	q.tasks = slices.DeleteFunc(q.tasks, func(t preview.Task) bool { return t.Job == job })
}

// dispatch gives tasks to slots until ctx ends.
func (e *Engine) dispatch(ctx context.Context) {
	for {
		for e.handOut(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-e.wakeDispatch:
		}
	}
}

// handOut begins one task, or reads more of them, and reports whether there may be more to do.
func (e *Engine) handOut(ctx context.Context) bool {
	e.mu.Lock()
	now := time.Now()
	if e.idleLocked() || !slices.ContainsFunc(e.devices, func(d *device) bool { return d.free(now) }) {
		e.mu.Unlock()
		return false
	}
	if !e.queue.stale {
		t, d, found := e.pickLocked(now)
		switch {
		case found && d == nil:
			e.mu.Unlock()
			e.noDevice(t)
			return true
		case found && e.jobs[t.Job] == nil: // a killed engine could not cancel it any more
			e.mu.Unlock()
			e.put(t, waiting, func(preview.Task) {})
			return true
		case found:
			r := e.claimLocked(t, d, now)
			e.mu.Unlock()
			e.start(r)
			return true
		case e.queue.whole || len(e.queue.tasks) >= deepest:
			e.mu.Unlock()
			return false
		}
	}
	n := min(len(e.queue.tasks)+batch, deepest)
	e.queue.stale = false
	adds := e.queue.adds
	e.mu.Unlock()
	return e.fetch(ctx, n, adds)
}

// fetch reads the head of the queue anew. adds is how often something was added before: what is added while the store is
// read may be missing from what it says.
func (e *Engine) fetch(ctx context.Context, n, adds int) bool {
	tasks, err := e.o.Store.DueTasks(ctx, preview.TaskQueued, time.Now(), n)
	if err != nil {
		if ctx.Err() == nil {
			e.broken(err)
		}
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queue.whole = len(tasks) < n && !e.queue.stale && e.queue.adds == adds
	e.queue.tasks = slices.DeleteFunc(tasks, func(t preview.Task) bool { return e.runs[t.ID] != nil })
	return len(e.queue.tasks) > 0 || e.queue.stale || e.queue.adds != adds
}

// pickLocked takes the first task that a free device can try off the queue. A task that no device is left for comes
// without one.
func (e *Engine) pickLocked(now time.Time) (t preview.Task, d *device, found bool) {
	usable := slices.ContainsFunc(e.devices, func(d *device) bool { return d.slots > 0 })
	for i, t := range e.queue.tasks {
		k := slices.IndexFunc(e.devices, func(d *device) bool { return d.free(now) && !slices.Contains(t.Tried, d.ID) })
		if k < 0 && (e.anotherLocked(t.Tried) || !usable) {
			continue
		}
		e.queue.tasks = slices.Delete(e.queue.tasks, i, i+1)
		if k < 0 {
			return t, nil, true
		}
		return t, e.devices[k], true
	}
	return preview.Task{}, nil, false
}

// claimLocked gives a task to a device.
func (e *Engine) claimLocked(t preview.Task, d *device, now time.Time) *run {
	t.State, t.Device, t.Reason, t.Detail = preview.TaskRendering, d.ID, "", ""
	if t.Started.IsZero() {
		t.Started = now
	}
	r := &run{task: t, device: d, at: d.Device, proofs: d.proofs, begun: now}
	r.ctx, r.cancel = context.WithCancelCause(e.live)
	e.runs[t.ID] = r
	d.busy++
	return r
}

// start stores that a task was begun, before the queue is read again, and begins it.
func (e *Engine) start(r *run) {
	if err := e.o.Store.SaveTask(context.WithoutCancel(r.ctx), r.task); err != nil {
		e.broken(err)
		e.mu.Lock()
		defer e.mu.Unlock()
		r.cancel(nil)
		delete(e.runs, r.task.ID)
		e.releaseLocked(r.device)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.jobs[r.task.Job] == nil {
		r.cancel(errCancelled)
	}
	e.hub.Publish(event.TaskChanged{Task: r.task}, e.slotsLocked())
	poke(e.wakeTicker)
	e.wg.Go(func() { e.work(r) })
}

// noDevice ends a task that every device that may be used has tried: somebody took the slots of the others away.
func (e *Engine) noDevice(t preview.Task) {
	t.State, t.Ended = preview.TaskFailed, time.Now()
	if t.Reason == "" || t.Reason == preview.DeviceUnsupported {
		t.Reason = preview.EngineNoDevice
	}
	e.put(t, waiting, func(preview.Task) {})
}
