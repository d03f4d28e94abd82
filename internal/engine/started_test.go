package engine_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

var (
	cpu = preview.CPUDevice()
	gpu = preview.Device{ID: "cuda:1", Kind: preview.CUDA, Name: "A GPU", Handle: "0"}
)

func slots(gpus, cpus int) []engine.Slots {
	return []engine.Slots{{Device: gpu, Count: gpus}, {Device: cpu, Count: cpus}}
}

// started is an engine that runs.
type started struct {
	*engine.Engine
	t    testing.TB
	w    *world
	stop context.CancelFunc
	done chan error
}

// start starts an engine over a world. It ends with the test.
func (w *world) start(t testing.TB, s []engine.Slots) *started {
	t.Helper()
	e := engine.New(engine.Options{
		Store: w.store, Libraries: map[string]engine.Library{source: {Source: w, Publisher: w}},
		Renderer: w, Spec: preview.DefaultSpec(), Slots: s, Log: zerolog.Nop(),
	})
	w.mu.Lock()
	w.suspended = make(chan struct{}) // a new process has nothing suspended
	close(w.suspended)
	w.mu.Unlock()
	ctx, stop := context.WithCancel(t.Context())
	r := &started{Engine: e, t: t, w: w, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- e.Run(ctx) }()
	return r
}

// end ends it as a shutdown does.
func (s *started) end() {
	s.t.Helper()
	s.stop()
	if err := <-s.done; err != nil {
		s.t.Errorf("Run = %v", err)
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.w.running > 0 || s.w.showBusy > 0 {
		s.t.Errorf("%d renders and %d shows outlive Run", s.w.running, s.w.showBusy)
	}
}

func (s *started) scan(r engine.Request) preview.Job {
	s.t.Helper()
	if r.Source == "" {
		r.Source = source
	}
	if r.Selection.Empty() {
		r.Selection.All = true
	}
	j, err := s.Scan(s.t.Context(), r)
	if err != nil {
		s.t.Fatalf("Scan = %v", err)
	}
	return j
}

func (s *started) wait(id int64) preview.Job {
	s.t.Helper()
	j, err := s.Wait(s.t.Context(), id)
	if err != nil {
		s.t.Fatalf("Wait = %v", err)
	}
	synctest.Wait() // for those who have not quite ended
	return j
}

// run scans everything and waits for it.
func (s *started) run() preview.Job {
	s.t.Helper()
	return s.wait(s.scan(engine.Request{}).ID)
}

// bubble runs a test on a clock of its own.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// nap lets time pass, and then everybody come to rest. It is for the test's own goroutine.
func nap(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func fault(r preview.Reason) error { return preview.Because(r, "as the test wants it: %s", r) }

// follow collects what watchers are told, until the engine's end.
type diary struct {
	mu      sync.Mutex
	updates []event.Update
}

func (s *started) watch(t *testing.T) *diary {
	d := &diary{}
	ctx, stop := context.WithCancel(t.Context())
	seq := s.WatchAll(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for u := range seq {
			d.mu.Lock()
			d.updates = append(d.updates, u)
			d.mu.Unlock()
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return d
}

func (d *diary) events() []event.Event {
	synctest.Wait() // for the watcher to have read
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []event.Event
	for _, u := range d.updates {
		out = append(out, u.Events...)
	}
	return out
}
