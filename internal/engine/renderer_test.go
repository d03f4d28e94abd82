package engine_test

import (
	"context"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
)

// Render, Look, Suspend and Resume make it a renderer.
func (w *world) Render(ctx context.Context, r engine.Render) (engine.Rendered, error) {
	w.mu.Lock()
	w.running++
	w.most = max(w.most, w.running)
	w.rendered[r.Video]++
	w.on[r.Video] = append(w.on[r.Video], r.Device.ID)
	fail, took := w.render, w.took
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.running--
		w.mu.Unlock()
	}()
	if fail != nil {
		if err := fail(ctx, r); err != nil {
			return engine.Rendered{}, err
		}
	}
	const steps = 4
	for i := range steps {
		w.mu.Lock()
		gate := w.suspended
		w.mu.Unlock()
		select {
		case <-gate:
		case <-ctx.Done():
			return engine.Rendered{}, ctx.Err()
		}
		if !sleep(ctx, took/steps) {
			return engine.Rendered{}, ctx.Err()
		}
		r.Progress(engine.Progress{Frames: 90 * (i + 1), Total: 360, Recipe: "fake"})
	}
	return engine.Rendered{Frames: 360, Recipe: "fake", Elapsed: took}, nil
}

func (w *world) Look(_ context.Context, path string) engine.Standing {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.standing[path[len("/bundles"):len(path)-len(".bif")]]
	return engine.Standing{There: n != 0, Sound: n > 0, Frames: n, Interval: 10 * time.Second, Width: 320}
}

func (w *world) Suspend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.suspends++
	w.suspended = make(chan struct{})
}

func (w *world) Resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resumes++
	close(w.suspended)
}
