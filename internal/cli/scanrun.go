package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// scanRun adds up what a scan comes to, from the engine's events, and judges it. Its methods may be called from several
// goroutines, but events are taken in their order.
type scanRun struct {
	*app
	board *scanBoard
	told  *scanTold
	begun time.Time
	// nothing is what is said when there was no video.
	nothing string

	mu       sync.Mutex // guards what follows
	summary  summaryRecord
	replaced int
	delayed  map[int64]bool // tasks that were put off in this run, by ID
	jobs     map[int64]preview.Job
	wrote    error // stdout takes no more
}

func newScanRun(a *app, spec preview.Spec, asJSON bool, nothing string) *scanRun {
	return &scanRun{
		app: a, nothing: nothing, board: newScanBoard(a.Now, a.paint, spec.Interval), told: newScanTold(a, asJSON), begun: a.Now(),
		summary: summaryRecord{Event: "summary"}, delayed: map[int64]bool{}, jobs: map[int64]preview.Job{},
	}
}

// take takes in what happened. Its error is a stdout that takes no more.
func (r *scanRun) take(u event.Update) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if u.Snapshot != nil {
		r.board.reset(*u.Snapshot)
		r.told.held(u.Snapshot.Held)
	}
	for _, e := range u.Events {
		r.board.take(e)
		switch e := e.(type) {
		case event.Settled:
			for _, v := range e.Videos {
				r.finalLocked(settledRecord(e.Job, v))
			}
		case event.TaskChanged:
			r.taskLocked(e.Task)
		case event.JobChanged:
			r.jobs[e.Job.ID] = e.Job
			r.told.listing(e.Job)
		case event.Held:
			r.told.held(e.By)
		}
		if r.wrote != nil {
			return r.wrote
		}
	}
	return nil
}

func (r *scanRun) taskLocked(t preview.Task) {
	switch {
	case t.State == preview.TaskCancelled: // people know, or are told of the job
		delete(r.delayed, t.ID)
	case t.State.Final():
		delete(r.delayed, t.ID)
		r.finalLocked(newTaskRecord(t))
	case t.State == preview.TaskLater, t.State == preview.TaskPublishing && !t.Due.IsZero():
		r.delayed[t.ID] = true
	default:
		delete(r.delayed, t.ID)
	}
}

// finalLocked counts and tells of a video that this run is through with.
func (r *scanRun) finalLocked(t taskRecord) {
	s := &r.summary
	s.Videos++
	switch t.State {
	case preview.TaskAlready:
		s.Already++
	case preview.TaskPublished:
		s.Published++
		if t.Shown {
			s.Shown++
		}
		if t.Replaced {
			r.replaced++
		}
	case preview.TaskLater:
		s.Later++
	default:
		s.Failed++
	}
	if err := r.told.tell(t); r.wrote == nil {
		r.wrote = err
	}
}

// lister lists the tasks of a job as [store.Store.Tasks] does.
type lister interface {
	Tasks(ctx context.Context, job int64, states []preview.TaskState, limit int, after int64) ([]preview.Task, error)
}

// putOff tells in the end of what was put off: until then it might have come after all. What other jobs put off in
// earlier runs is none of this one's business; what these jobs did is.
func (r *scanRun) putOff(ctx context.Context, began []preview.Job, store lister) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil || r.wrote != nil {
		return nil
	}
	const page = 1000
	for _, id := range slices.Sorted(maps.Keys(r.jobs)) {
		ours := slices.ContainsFunc(began, func(j preview.Job) bool { return j.ID == id })
		if r.jobs[id].State.Final() || !ours && len(r.delayed) == 0 {
			continue
		}
		for last, more := int64(0), true; more; {
			tasks, err := store.Tasks(ctx, id, []preview.TaskState{preview.TaskLater, preview.TaskPublishing}, page, last)
			if err != nil {
				return err
			}
			for _, t := range tasks {
				last = t.ID
				if ours || r.delayed[t.ID] {
					r.finalLocked(newTaskRecord(t))
				}
			}
			more = len(tasks) == page
		}
	}
	return nil
}

// end says how it all went: err is what kept the run from going on. All events were taken.
func (r *scanRun) end(ctx context.Context, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	interrupted := false
	if cause := context.Cause(ctx); cause != nil {
		if interrupted = errors.Is(cause, context.Canceled); !interrupted {
			err = cause // the daemon gave up
		}
	}
	failed := slices.DeleteFunc(slices.Collect(maps.Values(r.jobs)), func(j preview.Job) bool { return j.Reason == "" || j.State == preview.JobCancelled })
	slices.SortFunc(failed, func(a, b preview.Job) int { return cmp.Compare(a.ID, b.ID) })
	r.summary.ElapsedMS = r.Now().Sub(r.begun).Milliseconds()
	why := err
	if len(failed) > 0 {
		why = &preview.Fault{Reason: failed[0].Reason}
	}
	if interrupted {
		why = &preview.Fault{Reason: preview.Cancelled}
	}
	if r.wrote == nil {
		r.wrote = r.told.print(r.summary.because(why))
	}
	switch {
	case r.wrote != nil:
		return r.wrote
	case interrupted:
		fmt.Fprintf(r.stderr, "%s %s; what is left goes on with the next scan.\n", r.paint.held("Interrupted:"), r.summary.tally())
		return ctx.Err()
	}
	return r.judge(failed, err)
}

// judge says the end in words, and what the exit status is.
func (r *scanRun) judge(failed []preview.Job, err error) error {
	s := r.summary
	switch {
	case s.Videos > 0:
		fmt.Fprintf(r.stderr, "%s in %s.\n", s.tally(), took(r.Now().Sub(r.begun)))
	case len(failed) == 0 && err == nil:
		fmt.Fprintln(r.stderr, r.nothing)
	}
	if r.replaced > 0 {
		fmt.Fprintln(r.stderr, "Plex keeps previews in memory: it may show the old ones of those that were replaced until it restarts.")
	}
	whole := false // a job that could not be carried out at all
	for _, j := range failed {
		fmt.Fprintf(r.stderr, "%s %s\n", r.paint.bad(printable(j.Title)+":"), join(j.Reason.Text(), j.Reason.Hint()))
		if detail, _, _ := strings.Cut(j.Detail, "\n"); detail != "" { // which folder, which library
			fmt.Fprintf(r.stderr, "    %s\n", r.paint.quiet(said(detail)))
		}
		whole = whole || j.State == preview.JobFailed
	}
	done := s.Published+s.Already > 0
	switch {
	case err != nil && done:
		fmt.Fprintf(r.stderr, "%s: %s\n", r.Name, explain(err))
		return errSomeFailed
	case err != nil:
		return err
	case whole && !done:
		return errSaid
	case s.Failed > 0 || len(failed) > 0:
		return errSomeFailed
	}
	return nil
}
