// Package control is what people can do with Scrubjay: the verbs behind every button, command and address.
//
// The command line, the tray and the web page call the same few methods, so that none of them can do what the others
// cannot. The package decides nothing: it passes verbs on to the engine, and questions about the past to the history. It
// knows neither where the history is kept nor who asks.
package control

import (
	"context"
	"iter"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Verbs are what people can do. They return at once, but for Wait, and may be called from any goroutine. Errors are
// [preview.Fault] where people can do something about them.
type Verbs interface {
	// Scan has videos looked at, and previews made where they lack. The job is stored when it returns.
	Scan(ctx context.Context, r engine.Request) (preview.Job, error)
	// Wait returns a job when nothing of it can be done now; see [engine.Engine.Wait].
	Wait(ctx context.Context, job int64) (preview.Job, error)
	// Cancel ends a job now.
	Cancel(ctx context.Context, job int64) error
	// Retry has what failed tried again, of a job or of all for 0, and returns how many videos that are. All of what rests
	// is freed with 0, also where its job is forgotten; such a video is tried by the next scan.
	Retry(ctx context.Context, job int64, failedOnly bool) (int, error)
	// Pause holds all work back, over restarts, until Resume.
	Pause(ctx context.Context) error
	// Resume lets work go on.
	Resume(ctx context.Context) error

	// Jobs returns up to limit jobs with IDs below before, the newest first; 0 begins with the newest.
	Jobs(ctx context.Context, limit int, before int64) ([]preview.Job, error)
	// Job returns one job. Its counts are those of this moment.
	Job(ctx context.Context, id int64) (preview.Job, error)
	// Tasks returns up to limit tasks of a job with IDs above after, by ID; in the given states, or in all.
	Tasks(ctx context.Context, job int64, states []preview.TaskState, limit int, after int64) ([]preview.Task, error)
	// Attention returns up to limit videos that rest after failing three times.
	Attention(ctx context.Context, limit int) ([]preview.Strike, error)

	// Watch follows what happens; the first turn is the whole present.
	Watch(ctx context.Context) iter.Seq[event.Update]
	// Devices returns the devices as they are used now.
	Devices() []event.Device
}

// Engine is who does the work. An [engine.Engine] is one.
type Engine interface {
	Scan(ctx context.Context, r engine.Request) (preview.Job, error)
	Wait(ctx context.Context, job int64) (preview.Job, error)
	Cancel(ctx context.Context, job int64) error
	Retry(ctx context.Context, job int64, failedOnly bool) (int, error)
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	Watch(ctx context.Context) iter.Seq[event.Update]
	Snapshot() event.Snapshot
}

// History is who remembers. Its methods may be called from any goroutine.
type History interface {
	Jobs(ctx context.Context, limit int, before int64) ([]preview.Job, error)
	Job(ctx context.Context, id int64) (preview.Job, error)
	Tasks(ctx context.Context, job int64, states []preview.TaskState, limit int, after int64) ([]preview.Task, error)
	Attention(ctx context.Context, limit int) ([]preview.Strike, error)
	// ForgiveAll forgets all strikes, and returns those of videos that rested.
	ForgiveAll(ctx context.Context) ([]preview.Strike, error)
}

// Here are the verbs in the process that has the engine.
type Here struct {
	Engine
	History History
}

var _ Verbs = (*Here)(nil)

// Jobs returns jobs; those that are open as the engine knows them, which is newer than what is stored.
func (h *Here) Jobs(ctx context.Context, limit int, before int64) ([]preview.Job, error) {
	jobs, err := h.History.Jobs(ctx, limit, before)
	if err != nil {
		return nil, err
	}
	for _, open := range h.Snapshot().Jobs {
		for i := range jobs {
			if jobs[i].ID == open.ID {
				jobs[i] = open
			}
		}
	}
	return jobs, nil
}

// Job returns a job.
func (h *Here) Job(ctx context.Context, id int64) (preview.Job, error) {
	for _, open := range h.Snapshot().Jobs {
		if open.ID == id {
			return open, nil
		}
	}
	return h.History.Job(ctx, id)
}

// Tasks returns tasks of a job.
func (h *Here) Tasks(ctx context.Context, job int64, states []preview.TaskState, limit int, after int64) ([]preview.Task, error) {
	return h.History.Tasks(ctx, job, states, limit, after)
}

// Attention returns the videos that rest.
func (h *Here) Attention(ctx context.Context, limit int) ([]preview.Strike, error) {
	return h.History.Attention(ctx, limit)
}

// Retry tries again.
func (h *Here) Retry(ctx context.Context, job int64, failedOnly bool) (int, error) {
	n, err := h.Engine.Retry(ctx, job, failedOnly)
	if err != nil || job != 0 {
		return n, err
	}
	_, err = h.History.ForgiveAll(ctx)
	return n, err
}

// Devices returns the devices.
func (h *Here) Devices() []event.Device { return h.Snapshot().Devices }
