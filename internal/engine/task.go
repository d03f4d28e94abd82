package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// run is a task that holds a slot.
type run struct {
	task   preview.Task
	device *device        // guarded by [Engine.mu], as all devices
	at     preview.Device // the same
	proofs []preview.Proof
	begun  time.Time
	ctx    context.Context
	cancel context.CancelCauseFunc

	progress atomic.Pointer[Progress] // the newest
	told     *Progress                // that watchers know; guarded by [Engine.mu]
}

// outcome is what a run came to.
type outcome struct {
	entry   preview.Entry // for the ledger; where there is no error
	task    preview.Task
	version preview.Version // of the file
	opened  bool            // version is known
	made    bool            // the device made the preview
	rests   bool            // the file failed too often before
	err     error
	store   error // the store failed, and nothing of the rest counts
}

// work runs a task to the point where its preview is in place, or is not to be, and frees its slot.
func (e *Engine) work(r *run) {
	defer r.cancel(nil)
	e.conclude(r, e.attempt(r))
}

// attempt takes the place of a video's preview, and makes the preview unless a good one stands there.
func (e *Engine) attempt(r *run) (out outcome) {
	out.task = r.task
	defer func() {
		if p := recover(); p != nil {
			out.err = e.panicked(r.task, p)
		}
	}()
	v, keep := r.task.Video, context.WithoutCancel(r.ctx)

	place, err := e.o.Libraries[v.Source].Publisher.Open(r.ctx, v)
	if err != nil {
		out.err = err
		return out
	}
	defer func() {
		if err := place.Close(); err != nil {
			e.log.Warn().Err(err).Int64("task", r.task.ID).Msg("could not tidy up the place of a preview")
		}
	}()
	out.version, out.opened = place.Version(), true
	struck, ok, err := e.o.Store.Struck(keep, v.Path)
	if err != nil {
		out.store = err
		return out
	}
	if ok && struck.Count >= preview.Strikes && struck.Version.Same(out.version) {
		out.rests, out.task.Reason, out.task.Detail = true, struck.Reason, struck.Detail
		return out
	}
	known, err := e.o.Store.Known(keep, v.Source, []string{v.Key})
	if err != nil {
		out.store = err
		return out
	}
	out.entry = preview.Entry{
		Source: v.Source, Key: v.Key, Path: v.Path, Out: place.Path(), File: out.version,
		Listed: preview.Version{Size: v.Size, ModTime: v.Changed},
	}
	if !e.take(r, &out, known[v.Key]) {
		if out.err = e.render(r, place, &out); out.err != nil {
			return out
		}
	}
	out.entry.Recipe, out.entry.When = out.task.Recipe, time.Now()
	out.task.Out = out.entry.Out
	if out.store = e.o.Store.Keep(keep, []preview.Entry{out.entry}); ok && out.store == nil {
		out.store = e.o.Store.Forgive(keep, v.Path) // what was wrong with it is not any more
	}
	return out
}

// take takes the preview that stands in the place, if it is sound and of this version of the file.
func (e *Engine) take(r *run, out *outcome, known preview.Entry) bool {
	ours := known.Out == out.entry.Out
	if r.task.Regenerate || (ours && !known.File.Same(out.version)) {
		return false
	}
	there := e.o.Renderer.Look(r.ctx, out.entry.Out)
	if !there.Sound {
		return false
	}
	out.task.Frames, out.task.Device = there.Frames, ""
	out.entry.Interval, out.entry.Width = there.Interval, there.Width
	if ours {
		out.task.Recipe, out.entry.Quality = known.Recipe, known.Quality
	}
	return true
}

// render makes a preview and puts it in its place.
func (e *Engine) render(r *run, place preview.Place, out *outcome) error {
	draft, err := place.Draft()
	if err != nil {
		return err
	}
	done, err := e.o.Renderer.Render(r.ctx, Render{
		Video: r.task.Video.Path, Out: draft, Spec: e.o.Spec, Device: r.at, Proofs: r.proofs,
		Progress: func(p Progress) { r.progress.Store(&p) },
	})
	out.task.Frames, out.task.Recipe = done.Frames, done.Recipe
	if err != nil {
		return err
	}
	out.made = true
	s := e.o.Spec
	out.entry.Interval, out.entry.Width, out.entry.Quality = s.Interval, s.Width, s.Quality
	out.task.Replaced, err = place.Commit(r.ctx)
	return err
}

// panicked makes an error of a panic, and writes down where it happened.
func (e *Engine) panicked(t preview.Task, p any) error {
	text := secret.Mask(fmt.Sprint(p))
	e.log.Error().Int64("task", t.ID).Str("video", t.Video.Path).Str("panic", text).
		Str("stack", secret.Mask(string(debug.Stack()))).Msg("a task panicked")
	return preview.Because(preview.EnginePanic, "panic: %s", text)
}

// conclude decides what becomes of a task after a run.
func (e *Engine) conclude(r *run, out outcome) {
	t := out.task
	t.Elapsed = time.Since(r.begun)
	switch cancelled := errors.Is(context.Cause(r.ctx), errCancelled); {
	case out.store != nil:
		e.broken(out.store)
		e.mu.Lock()
		e.freeLocked(r, out)
		e.mu.Unlock()
		return
	case cancelled:
		t = cancelledTask(t)
	case out.rests:
		t.State, t.Device = preview.TaskResting, ""
	case out.err == nil:
		t.State, t.Tries, t.Due = preview.TaskPublishing, 0, time.Time{}
	case r.ctx.Err() != nil:
		t = r.undone()
	default:
		t = e.failed(r, out, t)
	}
	if t.State.Final() {
		t.Ended = time.Now()
	}
	e.put(t, waiting, func(t preview.Task) {
		e.freeLocked(r, out)
		switch t.State {
		case preview.TaskPublishing:
			e.shelveLocked(showing{task: t, entry: &out.entry})
		case preview.TaskQueued:
			e.queue.stale = true
		case preview.TaskLater:
			e.dueLocked(t.Due)
		}
	})
}

// undone is the task of a run that the end of the engine has cut off: as if nothing had been.
func (r *run) undone() preview.Task {
	t := r.task
	t.State, t.Device, t.Started = preview.TaskQueued, "", time.Time{}
	return t
}

// freeLocked gives the slot of a run back, and learns from it how the device is.
func (e *Engine) freeLocked(r *run, out outcome) {
	delete(e.runs, r.task.ID)
	now := time.Now()
	switch reason := preview.ReasonOf(out.err); {
	case r.ctx.Err() != nil:
	case out.made:
		if r.device.worked() {
			e.log.Info().Str("device", r.at.ID).Msg("device works again")
		}
	case out.err != nil && tires(reason):
		if r.device.faulted(reason, now) {
			e.dueLocked(r.device.until)
			e.log.Warn().Str("device", r.at.ID).Str("reason", string(reason)).Dur("rest", r.device.rest).Msg("let a device rest")
		}
	}
	e.releaseLocked(r.device)
}

// failed decides what becomes of a task that could not be done.
func (e *Engine) failed(r *run, out outcome, t preview.Task) preview.Task {
	t.Reason, t.Detail = preview.ReasonOf(out.err), detailOf(out.err)
	log := e.log.With().Int64("task", t.ID).Str("video", t.Video.Path).Str("device", r.at.ID).Str("reason", string(t.Reason)).Logger()
	switch t.Reason {
	case preview.VideoMissing, preview.VideoUnreadable, preview.VideoReadFailed: // one file, or all of them?
		err := e.o.Libraries[t.Video.Source].Source.Missing(r.ctx, t.Video)
		switch {
		case errors.Is(context.Cause(r.ctx), errCancelled): // another video of the job has found the mount gone
			return cancelledTask(t)
		case r.ctx.Err() != nil:
			return r.undone()
		case err != nil:
			e.stopJob(t.Job, preview.JobFailed, preview.ReasonOf(err), detailOf(err))
			return cancelledTask(t)
		}
	}
	switch fateOf(t.Reason) {
	case stopAll:
		log.Error().Err(out.err).Msg("stopped the job")
		e.stopJob(t.Job, preview.JobFailed, t.Reason, t.Detail)
		return cancelledTask(t)
	case putOff:
		if t.Tries < len(laters) {
			t.State, t.Due = preview.TaskLater, dueAfter(time.Now(), laters[t.Tries])
			t.Tries++
			log.Info().Time("due", t.Due).Msg("put off")
			return t
		}
		t.State = preview.TaskFailed
		return t
	case giveUp:
		t.State = preview.TaskFailed
		return t
	case another:
		tried := slices.Concat(t.Tried, []string{r.at.ID})
		e.mu.Lock()
		more := e.anotherLocked(tried)
		e.mu.Unlock()
		if more && (r.at.GPU() || onlySome(t.Reason)) {
			log.Info().Err(out.err).Msg("passed on to another device")
			t.State, t.Tried, t.Device = preview.TaskQueued, tried, ""
			return t
		}
		if t.Reason == preview.DeviceUnsupported { // nothing is wrong with the file
			t.State, t.Reason = preview.TaskFailed, preview.EngineNoDevice
			return t
		}
	case strike:
	}
	log.Warn().Err(out.err).Msg("failed")
	t.State = preview.TaskFailed
	if !out.opened {
		return t
	}
	struck, err := e.o.Store.Strike(context.WithoutCancel(r.ctx), preview.Strike{
		Path: t.Video.Path, Version: out.version, Title: t.Video.Title, Reason: t.Reason, Detail: t.Detail, Last: time.Now(),
	})
	if err != nil {
		e.broken(err)
	} else if struck.Count >= preview.Strikes {
		t.State = preview.TaskResting
	}
	return t
}

// cancelledTask is a task whose job is over.
func cancelledTask(t preview.Task) preview.Task {
	t.State, t.Due, t.Ended = preview.TaskCancelled, time.Time{}, time.Now()
	if t.Reason == "" {
		t.Reason = preview.Cancelled
	}
	return t
}

// put moves a task into its new state: in the store, in its job's figures, and for all to see. from is where it was
// counted. What is done in then is done in the same moment. A task whose job is over is cancelled, whatever it came to.
func (e *Engine) put(t preview.Task, from count, then func(preview.Task)) {
	e.ends.RLock()
	defer e.ends.RUnlock()
	for {
		e.mu.Lock()
		over := e.jobs[t.Job] == nil
		e.mu.Unlock()
		if over && t.State != preview.TaskCancelled {
			t = cancelledTask(t)
		}
		if err := e.o.Store.SaveTask(context.Background(), t); err != nil {
			e.broken(err)
			e.mu.Lock()
			defer e.mu.Unlock()
			then(t)
			return
		}
		e.mu.Lock()
		if e.jobs[t.Job] != nil || t.State == preview.TaskCancelled {
			break
		}
		e.mu.Unlock() // it was stopped just now, and must not be left open in the store
	}
	to := countOf(t)
	if _, ok := e.soon[t.ID]; ok && to == later {
		to = waiting
	}
	then(t)
	e.hub.Publish(event.TaskChanged{Task: t})
	j, ended := e.jobs[t.Job], false
	if j != nil {
		j.move(from, to, 1)
		if t.Shown {
			j.Counts.Shown++
		}
		if ended = e.endLocked(j); !ended {
			e.changedLocked(j)
		}
	}
	told, bereft := e.toldLocked(t, to)
	var over []*job // that this was the last video of, in the same moment: nobody must find them with nothing left and open
	if len(bereft) == 0 {
		for _, j := range told {
			if e.endLocked(j) {
				over = append(over, j)
			}
		}
	}
	e.mu.Unlock()
	for _, j := range over {
		e.save(j)
	}
	if t.State == preview.TaskPublished {
		e.log.Info().Str("video", t.Video.Path).Str("device", t.Device).Str("recipe", t.Recipe).Int("frames", t.Frames).
			Dur("took", t.Elapsed).Bool("shown", t.Shown).Str("reason", string(t.Reason)).Msg("published")
	}

	if ended {
		e.save(j)
	}
	e.console(bereft, t.Video)
	for _, j := range told {
		e.endUnder(j.ID)
	}
}
