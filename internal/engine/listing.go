package engine

import (
	"context"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// busyWaits is how long a job waits for a server that is starting before it is asked again.
var busyWaits = [...]time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute}

// listing is one walk through the videos of a job.
type listing struct {
	e    *Engine
	j    *job
	lib  Library
	seed maphash.Seed
	seen map[uint64]struct{} // hashes of the paths: 100,000 videos are some 4 MB
}

// list finds out which videos of a job need work, beside the rendering.
func (e *Engine) list(ctx context.Context, j *job) {
	l := &listing{e: e, j: j, lib: e.o.Libraries[j.Source], seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
	defer func() {
		if p := recover(); p != nil {
			e.log.Error().Int64("job", j.ID).Str("panic", secret.Mask(fmt.Sprint(p))).
				Str("stack", secret.Mask(string(debug.Stack()))).Msg("listing panicked")
			e.stopJob(j.ID, preview.JobFailed, preview.EnginePanic, "")
		}
	}()
	if !l.begin() {
		return
	}
	err := l.check(ctx)
	if err == nil {
		err = l.pages(ctx)
	}
	if ctx.Err() != nil {
		return // cancelled, or the next start lists again
	}
	l.end(err)
}

// begin makes the job one that lists, unless it is over.
func (l *listing) begin() bool {
	e, j := l.e, l.j
	e.mu.Lock()
	if e.jobs[j.ID] != j {
		e.mu.Unlock()
		return false
	}
	j.State = preview.JobListing
	if j.Started.IsZero() {
		j.Started = time.Now()
	}
	j.Counts.Already, j.Listed, j.Total = 0, 0, 0
	j.Reason, j.Detail = "", "" // of a listing before
	j.sum()
	e.changedLocked(j)
	e.mu.Unlock()
	e.save(j)
	return true
}

// check asks whether the job can be carried out at all. A server that is starting is given some minutes.
func (l *listing) check(ctx context.Context) error {
	for _, wait := range busyWaits {
		err := l.lib.Source.Check(ctx, l.j.Selection)
		if err == nil {
			return l.lib.Publisher.Ready(ctx)
		}
		if preview.ReasonOf(err) != preview.PlexBusy {
			return err
		}
		l.e.log.Warn().Err(err).Int64("job", l.j.ID).Dur("wait", wait).Msg("waited for a busy server")
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := l.lib.Source.Check(ctx, l.j.Selection); err != nil {
		return err
	}
	return l.lib.Publisher.Ready(ctx)
}

func (l *listing) pages(ctx context.Context) error {
	for page, err := range l.lib.Source.Videos(ctx, l.j.Selection) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		full, err := l.page(ctx, page)
		if err != nil {
			if ctx.Err() == nil {
				l.e.broken(err)
			}
			return err
		}
		if full {
			return nil
		}
	}
	return nil
}

// page sorts a page into videos that need nothing and tasks. full says that the job has as many tasks as it may have. An
// error is the store's.
func (l *listing) page(ctx context.Context, page preview.Page) (full bool, err error) {
	e, j := l.e, l.j
	e.mu.Lock() // a request that joins the job may change both
	priority, again := j.Priority, j.again
	e.mu.Unlock()
	known, err := e.o.Store.Known(ctx, j.Source, keysOf(page.Videos))
	if err != nil {
		return false, err
	}
	var (
		good  []preview.Video
		ours  int // settled by this very job, which counts them as tasks
		tasks []preview.Task
	)
	for _, v := range page.Videos {
		entry, ok := known[v.Key]
		first := l.first(v.Path)
		switch {
		case !j.Regenerate && settled(v, entry, ok):
			switch {
			case !first:
			case again && ok && !entry.When.Before(j.Created.Truncate(time.Second)):
				ours++
			default:
				good = append(good, v)
			}
		default:
			tasks = append(tasks, preview.Task{
				Job: j.ID, Video: v, Regenerate: j.Regenerate, Priority: priority, State: preview.TaskQueued,
			})
		}
	}
	for len(tasks) > 0 && !full {
		n := len(tasks)
		if limit := j.Selection.Limit; limit > 0 {
			n = min(n, limit-l.worked()) // of those that are added, some may have tasks already
		}
		if full = n <= 0; full {
			break
		}
		if err := e.add(ctx, j, tasks[:n], false); err != nil {
			return false, err
		}
		tasks = tasks[n:]
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.jobs[j.ID] != j {
		return true, nil
	}
	j.Counts.Already += len(good)
	j.Listed, j.Total = page.Listed, page.Total
	j.sum()
	if len(good) > 0 {
		e.hub.Publish(event.Settled{Job: j.ID, Videos: good})
	}
	e.changedLocked(j)
	return full || (j.Selection.Limit > 0 && j.Counts.Videos-j.Counts.Already >= j.Selection.Limit), nil
}

// first reports whether a path comes for the first time: what is listed twice is counted once.
func (l *listing) first(path string) bool {
	h := maphash.String(l.seed, path)
	if _, ok := l.seen[h]; ok {
		return false
	}
	l.seen[h] = struct{}{}
	return true
}

// worked returns how many videos of the job need work, as far as is known.
func (l *listing) worked() int {
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	return l.j.Counts.Videos - l.j.Counts.Already
}

// settled reports whether a video needs nothing: it is shown, and as far as the ledger knows it the file is still the one
// that its preview was made from.
func settled(v preview.Video, entry preview.Entry, known bool) bool {
	return v.Shown && (!known || entry.Listed.Same(preview.Version{Size: v.Size, ModTime: v.Changed}))
}

// end writes down what the listing came to. What was listed before an error is worked on, unless the error means that
// working makes no sense.
func (l *listing) end(err error) {
	e, j := l.e, l.j
	reason := preview.ReasonOf(err)
	if err != nil {
		e.log.Warn().Err(err).Int64("job", j.ID).Str("reason", string(reason)).Msg("listing ended early")
		if reason != preview.PlexIncomplete && (stopsJob(reason) || !l.any()) {
			e.stopJob(j.ID, preview.JobFailed, reason, detailOf(err))
			return
		}
	}
	e.ends.RLock()
	defer e.ends.RUnlock()
	e.mu.Lock()
	if e.jobs[j.ID] != j {
		e.mu.Unlock()
		return
	}
	j.State, j.again = preview.JobRunning, true
	if err != nil {
		j.Reason, j.Detail = reason, detailOf(err)
	}
	e.endLocked(j)
	if !j.State.Final() {
		e.changedLocked(j)
	}
	e.mu.Unlock()
	e.save(j)
}

// any reports whether the listing came to anything.
func (l *listing) any() bool {
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	return l.j.Listed > 0
}
