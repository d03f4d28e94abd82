package engine

import (
	"context"
	"iter"
	"slices"

	"github.com/scrubjay/scrubjay/internal/engine/event"
)

// Watch follows what happens, until ctx ends. The first turn has the present, the others what happened since the last,
// folded as package event says: whoever is slow gets less, and slows nobody. It follows from the call on, not only from
// the first turn.
func (e *Engine) Watch(ctx context.Context) iter.Seq[event.Update] {
	return e.hub.Watch(ctx, false, e.present)
}

// WatchAll is Watch for those who write down what happens: [event.Settled] comes too, and nothing that is final is ever
// left out. What happened before ctx ends is still given, so end ctx after the last thing that you wait for.
func (e *Engine) WatchAll(ctx context.Context) iter.Seq[event.Update] {
	return e.hub.Watch(ctx, true, e.present)
}

// Snapshot returns the present.
func (e *Engine) Snapshot() event.Snapshot { return e.present(func() {}) }

func (e *Engine) present(begin func()) event.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	begin()
	shot := event.Snapshot{Devices: e.devicesLocked(), Held: slices.Clone(e.holds)}
	for _, j := range e.jobsLocked() {
		shot.Jobs = append(shot.Jobs, j.Job)
	}
	for _, r := range e.runs {
		shot.Tasks = append(shot.Tasks, event.Running{Task: r.task, Progress: r.how()})
	}
	slices.SortFunc(shot.Tasks, func(a, b event.Running) int {
		if c := a.Task.Started.Compare(b.Task.Started); c != 0 {
			return c
		}
		return int(a.Task.ID - b.Task.ID)
	})
	return shot
}
