package engine

import (
	"context"
	"slices"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// follower is a job that counts a task of another job as its own: both asked for the same video.
type follower struct {
	job int64
	in  count // where it is counted
}

// followed is a task that other jobs than its own wait for.
type followed struct {
	job   int64 // its own
	video preview.Video
	by    []follower
}

// moves are the tasks that moved while somebody looked at the store.
type moves struct{ of map[int64]preview.Task }

// add stores tasks of a job and counts them. counted says that they are counted as waiting already. An error is the
// store's.
func (e *Engine) add(ctx context.Context, j *job, tasks []preview.Task, counted bool) error {
	e.ends.RLock()
	defer e.ends.RUnlock()
	gone, err := e.addUnder(ctx, j, tasks, counted)
	if err == nil && gone {
		_, err = e.o.Store.CancelTasks(context.WithoutCancel(ctx), j.ID)
	}
	return err
}

// addUnder is add for one who holds ends. gone says that the job was stopped meanwhile.
func (e *Engine) addUnder(ctx context.Context, j *job, tasks []preview.Task, counted bool) (gone bool, err error) {
	meanwhile := &moves{} // what moves while the store is asked: what it says of them may be old
	e.mu.Lock()
	if e.jobs[j.ID] != j {
		e.mu.Unlock()
		return false, nil
	}
	e.moved = append(e.moved, meanwhile)
	if !counted { // before they can be through
		j.move(none, waiting, len(tasks))
	}
	e.mu.Unlock()
	stored, err := e.o.Store.AddTasks(ctx, tasks)

	e.mu.Lock()
	defer e.mu.Unlock()
	e.moved = slices.DeleteFunc(e.moved, func(m *moves) bool { return m == meanwhile })
	switch {
	case e.jobs[j.ID] != j:
		return true, err // its figures are final
	case err != nil:
		j.move(waiting, none, len(tasks))
		return false, err
	}
	for _, t := range stored {
		switch {
		case t.ID == 0: // the job has one
			j.move(waiting, none, 1)
			e.queue.stale = e.queue.stale || j.Priority > 0 // its priority may have risen
		case t.Job != j.ID: // another job has one
			if now, ok := meanwhile.of[t.ID]; ok {
				t = now
			}
			e.followLocked(j, t)
			e.queue.stale = true // as here
		default:
			e.queue.added(j.Priority)
		}
	}
	poke(e.wakeDispatch)
	return false, nil
}

// followLocked counts a task of another job with a job, which has it as waiting.
func (e *Engine) followLocked(j *job, t preview.Task) {
	to := countOf(t)
	j.move(waiting, to, 1)
	if t.Shown {
		j.Counts.Shown++
	}
	if t.State.Final() {
		return
	}
	f := e.follow[t.ID]
	if f == nil {
		f = &followed{job: t.Job, video: t.Video}
		e.follow[t.ID] = f
	}
	f.by = append(f.by, follower{j.ID, to})
}

// toldLocked counts a task that moved with the jobs that follow it. It returns those, and the ones among them that need a
// task of their own because the other job was stopped.
func (e *Engine) toldLocked(t preview.Task, to count) (told, bereft []*job) {
	for _, m := range e.moved {
		if m.of == nil {
			m.of = map[int64]preview.Task{}
		}
		m.of[t.ID] = t
	}
	f := e.follow[t.ID]
	if f == nil {
		return nil, nil
	}
	if to == cancelled {
		bereft = e.bereaveLocked(t.ID, f)
		return bereft, bereft
	}
	for i, by := range f.by {
		j := e.jobs[by.job]
		if j == nil {
			continue
		}
		told = append(told, j)
		j.move(by.in, to, 1)
		if t.Shown {
			j.Counts.Shown++
		}
		f.by[i].in = to
		e.changedLocked(j)
	}
	if t.State.Final() {
		delete(e.follow, t.ID)
	}
	return told, nil
}

// bereaveLocked counts a task that was cancelled as waiting with the jobs that follow it, and returns them: each needs a
// task of its own now.
func (e *Engine) bereaveLocked(task int64, f *followed) (bereft []*job) {
	for _, by := range f.by {
		if j := e.jobs[by.job]; j != nil {
			j.move(by.in, waiting, 1)
			bereft = append(bereft, j)
		}
	}
	delete(e.follow, task)
	return bereft
}

// console gives bereft jobs a task of their own. It is called with ends held, when the store knows that the other one is
// cancelled.
func (e *Engine) console(bereft []*job, v preview.Video) {
	for _, j := range bereft {
		anew := preview.Task{Job: j.ID, Video: v, Regenerate: j.Regenerate, Priority: j.Priority, State: preview.TaskQueued}
		gone, err := e.addUnder(context.Background(), j, []preview.Task{anew}, true)
		if err == nil && gone {
			_, err = e.o.Store.CancelTasks(context.Background(), j.ID)
		}
		if err != nil {
			e.broken(err)
		}
		e.endUnder(j.ID)
	}
}
