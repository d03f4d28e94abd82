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
		case t.Job != j.ID: // another job has one
			if now, ok := meanwhile.of[t.ID]; ok {
				t = now
			}
			e.followLocked(j, t)
			e.queue.stale = true // its priority may have risen
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
	if !t.State.Final() {
		e.follow[t.ID] = append(e.follow[t.ID], follower{j.ID, to})
	}
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
	for i, f := range e.follow[t.ID] {
		j := e.jobs[f.job]
		if j == nil {
			continue
		}
		told = append(told, j)
		if to == cancelled {
			j.move(f.in, waiting, 1)
			bereft = append(bereft, j)
			continue
		}
		j.move(f.in, to, 1)
		if t.Shown {
			j.Counts.Shown++
		}
		e.follow[t.ID][i].in = to
		e.changedLocked(j)
	}
	if t.State.Final() {
		delete(e.follow, t.ID)
	}
	return told, bereft
}
