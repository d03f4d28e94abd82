package engine

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// remembered is how many jobs that are over stay in memory for those who ask how they ended.
const remembered = 64

// job is a job that is not over. Its fields are guarded by [Engine.mu], but for saving.
type job struct {
	preview.Job
	saving sync.Mutex // so that what is stored last is what is known last
	cancel context.CancelCauseFunc
	again  bool // it is listed once more: some of its videos have tasks already
}

// count is one of the figures of [preview.Counts] that a task can be in.
type count int

const (
	none count = iota
	waiting
	later
	published
	failed
	cancelled
)

// countOf says where a task is counted. One that is publishing is put off when its Due is set.
func countOf(t preview.Task) count {
	switch t.State {
	case preview.TaskQueued, preview.TaskRendering:
		return waiting
	case preview.TaskPublishing:
		if t.Due.IsZero() {
			return waiting
		}
		return later
	case preview.TaskLater:
		return later
	case preview.TaskPublished:
		return published
	case preview.TaskFailed, preview.TaskResting:
		return failed
	case preview.TaskCancelled:
		return cancelled
	}
	return none
}

// move counts n tasks elsewhere.
func (j *job) move(from, to count, n int) {
	c := &j.Counts
	figures := map[count]*int{waiting: &c.Waiting, later: &c.Later, published: &c.Published, failed: &c.Failed, cancelled: &c.Cancelled}
	if f := figures[from]; f != nil {
		*f = max(0, *f-n) // a store that miscounted must not show as a negative figure
	}
	if f := figures[to]; f != nil {
		*f += n
	}
	j.sum()
}

// sum makes the figures add up.
func (j *job) sum() {
	c := &j.Counts
	c.Videos = c.Already + c.Waiting + c.Later + c.Published + c.Failed + c.Cancelled
}

// over reports whether nothing is left of a job.
func (j *job) over() bool {
	return j.State == preview.JobRunning && j.Counts.Waiting+j.Counts.Later == 0
}

// rests reports whether all that is left of a job is put off.
func (j *job) rests() bool {
	return j.State == preview.JobRunning && j.Counts.Waiting == 0
}

// adoptLocked takes a job of the store into the engine.
func (e *Engine) adoptLocked(stored preview.Job) *job {
	if j := e.jobs[stored.ID]; j != nil {
		return j
	}
	j := &job{Job: stored, again: stored.State != preview.JobQueued}
	j.sum()
	e.jobs[j.ID] = j
	delete(e.ended, j.ID)
	return j
}

// listNextLocked has the next job of a source listed that is not, if the engine runs and none is being listed. Higher
// priorities go first, then older jobs.
func (e *Engine) listNextLocked(source string) {
	if _, ok := e.o.Libraries[source]; !ok || e.listing[source] || e.live == nil || e.live.Err() != nil {
		return
	}
	var next *job
	for _, j := range e.jobsLocked() {
		wants := j.Source == source && (j.State == preview.JobQueued || j.State == preview.JobListing)
		if wants && (next == nil || j.Priority > next.Priority) {
			next = j
		}
	}
	if next == nil {
		return
	}
	ctx, cancel := context.WithCancelCause(e.live)
	next.cancel, e.listing[source] = cancel, true
	e.wg.Go(func() {
		e.list(ctx, next)
		cancel(nil)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.listing[source] = false
		e.listNextLocked(source)
	})
}

// changedLocked tells that a job is not what it was.
func (e *Engine) changedLocked(j *job) {
	e.hub.Publish(event.JobChanged{Job: j.Job})
	if j.rests() {
		e.turnLocked()
	}
}

// save stores a job as it is now.
func (e *Engine) save(j *job) {
	j.saving.Lock()
	defer j.saving.Unlock()
	e.mu.Lock()
	now := j.Job
	e.mu.Unlock()
	// The job's end must not keep the store from hearing of it.
	if err := e.o.Store.SaveJob(context.Background(), now); err != nil {
		e.broken(err)
	}
}

// endIfOver ends a job of which nothing is left.
func (e *Engine) endIfOver(id int64) {
	e.ends.RLock()
	defer e.ends.RUnlock()
	e.endUnder(id)
}

// endUnder is endIfOver for one who holds ends.
func (e *Engine) endUnder(id int64) {
	e.mu.Lock()
	j := e.jobs[id]
	ended := j != nil && e.endLocked(j)
	e.mu.Unlock()
	if ended {
		e.save(j)
	}
}

// endLocked ends a job if nothing is left of it. Who calls it saves the job then.
func (e *Engine) endLocked(j *job) bool {
	if !j.over() {
		return false
	}
	state := preview.JobDone
	if j.Counts.Failed > 0 || j.Reason != "" {
		state = preview.JobDoneWithFailed
	}
	e.closeLocked(j, state)
	return true
}

// closeLocked makes a job final.
func (e *Engine) closeLocked(j *job, state preview.JobState) {
	j.State, j.Ended = state, time.Now()
	delete(e.jobs, j.ID)
	e.ended[j.ID] = j.Job
	if e.order = append(e.order, j.ID); len(e.order) > remembered {
		delete(e.ended, e.order[0])
		e.order = e.order[1:]
	}
	e.hub.Publish(event.JobChanged{Job: j.Job})
	e.turnLocked()
	c := j.Counts
	e.log.Info().Int64("job", j.ID).Str("title", j.Title).Str("state", string(state)).Str("reason", string(j.Reason)).
		Int("videos", c.Videos).Int("already", c.Already).Int("published", c.Published).Int("shown", c.Shown).
		Int("failed", c.Failed).Int("cancelled", c.Cancelled).Msg("ended job")
}

// stopJob ends a job before its time: it was cancelled, or cannot be carried out. What renders for it is cancelled, and
// ends as its renderer lets it.
func (e *Engine) stopJob(id int64, state preview.JobState, reason preview.Reason, detail string) bool {
	e.ends.RLock()
	defer e.ends.RUnlock()
	e.mu.Lock()
	j := e.jobs[id]
	if j == nil {
		e.mu.Unlock()
		return false
	}
	j.Reason, j.Detail = reason, detail
	j.move(waiting, cancelled, j.Counts.Waiting)
	j.move(later, cancelled, j.Counts.Later)
	if j.cancel != nil {
		j.cancel(errCancelled)
	}
	for _, r := range e.runs {
		if r.task.Job == id {
			r.cancel(errCancelled)
		}
	}
	e.queue.forget(id)
	maps.DeleteFunc(e.soon, func(_, job int64) bool { return job == id })
	e.closeLocked(j, state)
	type loss struct {
		of []*job
		v  preview.Video
	}
	var losses []loss
	for task, f := range e.follow {
		if f.job == id && e.runs[task] == nil { // of those that run, the followers are told at their end
			losses = append(losses, loss{e.bereaveLocked(task, f), f.video})
		}
	}
	e.mu.Unlock()

	e.save(j)
	if _, err := e.o.Store.CancelTasks(context.Background(), id); err != nil {
		e.broken(err)
	}
	for _, l := range losses {
		e.console(l.of, l.v)
	}
	return true
}
