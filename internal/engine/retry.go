package engine

import (
	"context"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Retry has the videos of a job, or of all jobs for 0, tried again that failed or rest, and returns how many there are.
// Their strikes are forgiven, and jobs that were over go on. Unless only the failed ones are asked for, tasks that were
// put off are due now too.
func (e *Engine) Retry(ctx context.Context, job int64, failedOnly bool) (int, error) {
	e.opening.Lock()
	defer e.opening.Unlock()
	if err := e.openLocked(ctx); err != nil {
		return 0, err
	}
	n, err := e.requeue(ctx, job)
	if err != nil || failedOnly {
		return n, err
	}
	more, err := e.hurry(ctx, job)
	return n + more, err
}

// requeue opens failed tasks again while nothing else moves.
func (e *Engine) requeue(ctx context.Context, job int64) (n int, err error) {
	e.ends.Lock()
	defer e.ends.Unlock()
	again, err := e.o.Store.Requeue(ctx, job)
	if err != nil {
		return 0, err
	}
	jobs, err := e.o.Store.OpenJobs(ctx)
	if err != nil {
		return 0, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, tasks := range again {
		n += tasks
		if j := e.jobs[id]; j != nil {
			j.move(failed, waiting, tasks)
			e.changedLocked(j)
		}
	}
	for _, stored := range jobs {
		if _, ours := again[stored.ID]; ours && e.jobs[stored.ID] == nil {
			e.changedLocked(e.adoptLocked(stored))
		}
	}
	e.queue.stale = true
	poke(e.wakeDispatch)
	return n, nil
}

// hurry makes what was put off due now.
func (e *Engine) hurry(ctx context.Context, job int64) (int, error) {
	far := time.Now().Add(10 * 365 * 24 * time.Hour)
	n := 0
	for {
		found, err := e.promote(ctx, far, job)
		if err == nil {
			err = e.failure()
		}
		if err != nil {
			return n, err
		}
		if n += found; found == 0 {
			break
		}
	}
	more, err := e.hurryShows(ctx, far, job)
	return n + more, err
}

// hurryShows makes previews due that wait to be shown.
func (e *Engine) hurryShows(ctx context.Context, far time.Time, job int64) (n int, err error) {
	e.refilling.Lock()
	defer e.refilling.Unlock()
	tasks, err := e.o.Store.DueTasks(ctx, preview.TaskPublishing, far, shelfSearch)
	if err != nil {
		return 0, err
	}
	now := time.Now()
	for _, t := range tasks {
		if t.Due.IsZero() || !t.Due.After(now) || (job != 0 && t.Job != job) || e.isShowing(t.ID) {
			continue
		}
		n++
		from := later
		e.mu.Lock()
		if _, ok := e.soon[t.ID]; ok {
			from = waiting
			delete(e.soon, t.ID)
		}
		e.mu.Unlock()
		t.Due = time.Time{}
		e.put(t, from, func(preview.Task) {})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.shelves {
		s.away, s.tries = time.Time{}, 0
	}
	e.missedLocked()
	return n, nil
}

func (e *Engine) isShowing(task int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.showing[task]
	return ok
}
