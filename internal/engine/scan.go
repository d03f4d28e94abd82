package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Request is what a person, a schedule or a webhook wants to have looked at.
type Request struct {
	Source     string // see [preview.Video.Source]
	Selection  preview.Selection
	Regenerate bool   // make previews anew that are there
	Priority   int    // higher goes first; 0 is usual
	Title      string // for people: "Scan Films"
}

// Scan makes a job of a request and returns it once it is stored. A request for what an open job is about already
// returns that one; when it is past its listing, it lists once more, so that nothing new is missed.
func (e *Engine) Scan(ctx context.Context, r Request) (preview.Job, error) {
	if _, err := e.library(r); err != nil {
		return preview.Job{}, err
	}
	e.opening.Lock()
	defer e.opening.Unlock()
	if err := e.openLocked(ctx); err != nil {
		return preview.Job{}, err
	}
	if j, ok := e.join(r); ok {
		return j, nil
	}
	stored, err := e.o.Store.AddJob(ctx, newJob(r))
	if err != nil {
		return preview.Job{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	j := e.adoptLocked(stored)
	e.hub.Publish(event.JobChanged{Job: j.Job})
	e.listNextLocked(j.Source)
	return j.Job, nil
}

func newJob(r Request) preview.Job {
	kind, title := preview.ScanJob, r.Title
	if s := r.Selection; len(s.Paths) > 0 && !s.All && len(s.Libraries)+len(s.Folders) == 0 {
		kind = preview.PathsJob
	}
	if title == "" {
		title = "Scan"
	}
	return preview.Job{
		Kind: kind, Title: title, Source: r.Source, Selection: r.Selection,
		Regenerate: r.Regenerate, Priority: r.Priority, State: preview.JobQueued, Created: time.Now(),
	}
}

// join finds the open job that is about the same as a request.
func (e *Engine) join(r Request) (preview.Job, bool) {
	e.ends.RLock()
	defer e.ends.RUnlock()
	e.mu.Lock()
	var found *job
	for _, j := range e.jobsLocked() {
		if j.Source == r.Source && j.Regenerate == r.Regenerate && same(j.Selection, r.Selection) {
			found = j
			break
		}
	}
	if found == nil {
		e.mu.Unlock()
		return preview.Job{}, false
	}
	found.Priority = max(found.Priority, r.Priority)
	if found.State == preview.JobRunning {
		found.State, found.again = preview.JobQueued, true
		e.listNextLocked(found.Source)
	}
	e.changedLocked(found)
	now := found.Job
	e.mu.Unlock()
	e.save(found)
	return now, true
}

func same(a, b preview.Selection) bool {
	return a.All == b.All && a.Order == b.Order && a.Limit == b.Limit &&
		slices.Equal(a.Libraries, b.Libraries) && slices.Equal(a.Folders, b.Folders) && slices.Equal(a.Paths, b.Paths)
}

// Cancel ends a job now. FFmpegs that run for it are gone within two seconds.
func (e *Engine) Cancel(ctx context.Context, job int64) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	if !e.stopJob(job, preview.JobCancelled, preview.Cancelled, "") {
		return fmt.Errorf("cancel job %d: it is over, or was never there", job)
	}
	return nil
}

// Wait returns a job when it is over, or when all that is left of it is put off: files that are not there, a server that
// is away. Such a job is not final; it goes on when its time has come, in this engine or the next one on the store. 0
// waits for all jobs, and returns one that holds their counts together. Jobs wait when work is held back, and so does Wait.
func (e *Engine) Wait(ctx context.Context, id int64) (preview.Job, error) {
	if err := e.open(ctx); err != nil {
		return preview.Job{}, err
	}
	for {
		e.mu.Lock()
		j, ok := e.restedLocked(id)
		turn, over, fault := e.turn, e.stopped, e.fault
		_, open := e.jobs[id]
		e.mu.Unlock()
		switch {
		case ok:
			return j, nil
		case fault != nil:
			return preview.Job{}, fault
		case over:
			return preview.Job{}, errOver
		case id != 0 && !open:
			return preview.Job{}, fmt.Errorf("wait for job %d: it is not known", id)
		}
		select {
		case <-ctx.Done():
			return preview.Job{}, context.Cause(ctx)
		case <-turn:
		}
	}
}

func (e *Engine) restedLocked(id int64) (preview.Job, bool) {
	if id != 0 {
		if j := e.jobs[id]; j != nil {
			return j.Job, j.rests()
		}
		j, ok := e.ended[id]
		return j, ok
	}
	var all preview.Job
	for _, j := range e.jobs {
		if !j.rests() {
			return preview.Job{}, false
		}
		c := &all.Counts
		c.Videos += j.Counts.Videos
		c.Already += j.Counts.Already
		c.Published += j.Counts.Published
		c.Shown += j.Counts.Shown
		c.Failed += j.Counts.Failed
		c.Later += j.Counts.Later
		c.Cancelled += j.Counts.Cancelled
	}
	return all, true
}
