package engine

import (
	"context"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	// shelfSize is how many previews of one source wait in memory to be shown; the others wait in the store.
	shelfSize = 256
	// shelfSearch is how many tasks are read at most to find those of one source.
	shelfSearch = 1 << 15
)

// soons is how long a server that does not know a file or its preview yet is given before a task is put off for longer:
// it needs some seconds to look.
var soons = [...]time.Duration{3 * time.Second, 10 * time.Second}

// shelf holds the previews of one source that are in place and wait to be shown, one at a time. Showing holds no slot of
// a device.
type shelf struct {
	waiting []showing
	busy    bool      // somebody shows them
	missed  bool      // there are more in the store
	away    time.Time // the server does not answer; nobody asks it before
	tries   int       // that it did not answer in a row
	because preview.Reason
}

// showing is a preview that waits to be shown.
type showing struct {
	task  preview.Task
	entry *preview.Entry // of the ledger; nil when it has to be looked up
}

// shelveLocked puts a preview on the shelf of its source.
func (e *Engine) shelveLocked(s showing) {
	shelf := e.shelves[s.task.Video.Source]
	if shelf == nil { // its source is no more, and neither will its job be
		return
	}
	if shelf.missed || len(shelf.waiting) >= shelfSize {
		shelf.missed = true
	} else {
		shelf.waiting = append(shelf.waiting, s)
		e.showing[s.task.ID] = struct{}{}
	}
	e.kickLocked()
}

// missedLocked has all shelves filled from the store.
func (e *Engine) missedLocked() {
	for _, s := range e.shelves {
		s.missed = true
	}
	e.kickLocked()
}

// kickLocked has previews shown where there are some and nobody does.
func (e *Engine) kickLocked() {
	for source, s := range e.shelves {
		if s.busy || e.idleLocked() || (len(s.waiting) == 0 && !s.missed) {
			continue
		}
		s.busy = e.spawnLocked(func(ctx context.Context) { e.showAll(ctx, source, s) })
	}
}

// showAll shows the previews of a source until there are none.
func (e *Engine) showAll(ctx context.Context, source string, s *shelf) {
	for {
		e.mu.Lock()
		switch {
		case e.idleLocked(), len(s.waiting) == 0 && !s.missed:
			s.busy = false
			e.mu.Unlock()
			return
		case len(s.waiting) == 0:
			s.missed = false
			e.mu.Unlock()
			if err := e.refill(ctx, source); err != nil && ctx.Err() == nil {
				e.broken(err)
			}
			continue
		}
		next := s.waiting[0]
		s.waiting[0] = showing{}
		s.waiting = s.waiting[1:]
		e.mu.Unlock()
		e.showOne(ctx, s, next)
	}
}

// refill puts what the store has to show on the shelves: for one source at least, if one is named and there is something
// for it.
func (e *Engine) refill(ctx context.Context, source string) error {
	e.refilling.Lock()
	defer e.refilling.Unlock()
	e.mu.Lock()
	n := shelfSize + len(e.showing)
	e.gone = map[int64]struct{}{}
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.gone = nil
		e.mu.Unlock()
	}()
	for ; ; n *= 4 {
		tasks, err := e.o.Store.DueTasks(ctx, preview.TaskPublishing, time.Now(), n)
		if err != nil {
			return err
		}
		if e.fill(tasks, source, len(tasks) == n) || source == "" || len(tasks) < n || n >= shelfSearch {
			return nil
		}
	}
}

// fill puts tasks on the shelves, and reports whether there was one for the source. more says that there are others.
func (e *Engine) fill(tasks []preview.Task, source string, more bool) (found bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range tasks {
		_, here := e.showing[t.ID]
		_, left := e.gone[t.ID]
		s := e.shelves[t.Video.Source]
		if here || left || s == nil || e.runs[t.ID] != nil {
			continue
		}
		if len(s.waiting) >= shelfSize {
			s.missed = true
			continue
		}
		found = found || t.Video.Source == source
		if !t.Due.IsZero() { // it was put off, and is not any more
			if _, ok := e.soon[t.ID]; !ok {
				e.roseLocked(t)
			}
			delete(e.soon, t.ID)
			t.Due = time.Time{}
		}
		s.waiting = append(s.waiting, showing{task: t})
		e.showing[t.ID] = struct{}{}
		s.missed = s.missed || more
	}
	return found
}

// roseLocked counts a task as waiting that was put off.
func (e *Engine) roseLocked(t preview.Task) {
	if j := e.jobs[t.Job]; j != nil {
		j.move(later, waiting, 1)
		e.changedLocked(j)
	}
	f := e.follow[t.ID]
	if f == nil {
		return
	}
	for i, by := range f.by {
		if j := e.jobs[by.job]; j != nil && by.in == later {
			j.move(later, waiting, 1)
			f.by[i].in = waiting
			e.changedLocked(j)
		}
	}
}

// showOne has one preview shown, or puts it off.
func (e *Engine) showOne(ctx context.Context, s *shelf, next showing) {
	e.mu.Lock()
	until, because := s.away, s.because
	cancelled := e.jobs[next.task.Job] == nil
	e.mu.Unlock()
	var (
		shown bool
		err   error
	)
	switch {
	case cancelled:
		err = preview.Because(preview.Cancelled, "its job is over")
	case time.Now().Before(until):
		err = preview.Because(because, "the server did not answer a moment ago")
	default:
		shown, err = e.ask(ctx, next.task)
		if ctx.Err() != nil && !shown {
			return // the next start asks
		}
		until = e.answered(s, err)
	}
	t := next.task
	switch {
	case shown:
		if err := e.noteShown(ctx, next); err != nil {
			e.broken(err)
			return
		}
		t.State, t.Shown, t.Reason, t.Detail = preview.TaskPublished, true, "", ""
	case cancelled:
		t = cancelledTask(t)
	default:
		t = e.notShown(t, err, until)
	}
	if t.State.Final() {
		t.Ended = time.Now()
	}
	e.log.Debug().Int64("task", t.ID).Str("video", t.Video.Path).Bool("shown", shown).AnErr("why", err).Msg("asked to show")
	e.put(t, waiting, func(t preview.Task) {
		delete(e.showing, t.ID)
		if e.gone != nil {
			e.gone[t.ID] = struct{}{}
		}
		if t.State == preview.TaskPublishing {
			e.dueLocked(t.Due)
		} else {
			delete(e.soon, t.ID)
		}
	})
}

// answered remembers whether the server of a shelf answers, and returns until when nobody asks it again: zero when it
// does.
func (e *Engine) answered(s *shelf, err error) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil || !away(preview.ReasonOf(err)) {
		s.away, s.tries, s.because = time.Time{}, 0, ""
		return s.away
	}
	s.away, s.because = dueAfter(time.Now(), laters[min(s.tries, len(laters)-1)]), preview.ReasonOf(err)
	s.tries++
	return s.away
}

// notShown decides what becomes of a preview that is in place and not shown: it is put off, until the server is asked
// again where that does not answer, or stays as it is.
func (e *Engine) notShown(t preview.Task, err error, until time.Time) preview.Task {
	t.Reason, t.Detail = preview.PlexNotShown, detailOf(err)
	if err != nil {
		t.Reason = preview.ReasonOf(err)
	}
	switch {
	case stopsJob(t.Reason):
		e.stopJob(t.Job, preview.JobFailed, t.Reason, t.Detail)
		return cancelledTask(t)
	case t.Reason == preview.EnginePanic, t.Tries >= len(soons)+len(laters):
		t.State = preview.TaskPublished
		return t
	case !until.IsZero():
		t.Due, t.Tries = until, max(t.Tries, len(soons))+1
		return t
	case t.Tries >= len(soons):
		t.Due = dueAfter(time.Now(), laters[t.Tries-len(soons)])
	default:
		t.Due = dueAfter(time.Now(), soons[t.Tries])
		e.mu.Lock()
		e.soon[t.ID] = t.Job
		e.mu.Unlock()
	}
	t.Tries++
	return t
}

// ask asks for a preview to be shown.
func (e *Engine) ask(ctx context.Context, t preview.Task) (shown bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			shown, err = false, e.panicked(t, p)
		}
	}()
	return e.o.Libraries[t.Video.Source].Publisher.Show(ctx, t.Video)
}

// noteShown writes into the ledger that a preview is shown.
func (e *Engine) noteShown(ctx context.Context, s showing) error {
	keep := context.WithoutCancel(ctx)
	if s.entry == nil {
		v := s.task.Video
		known, err := e.o.Store.Known(keep, v.Source, []string{v.Key})
		if err != nil {
			return err
		}
		entry, ok := known[v.Key]
		if !ok || entry.Out != s.task.Out {
			return nil
		}
		s.entry = &entry
	}
	s.entry.Shown = true
	return e.o.Store.Keep(keep, []preview.Entry{*s.entry})
}
