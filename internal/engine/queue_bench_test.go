package engine_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// nothing is a library, a media server and a renderer that take no time, so that what is measured is queue, store and
// events.
type nothing struct{ videos int }

func (nothing) ID() string                                        { return source }
func (nothing) Check(context.Context, preview.Selection) error    { return nil }
func (nothing) Missing(context.Context, preview.Video) error      { return nil }
func (nothing) Ready(context.Context) error                       { return nil }
func (nothing) Show(context.Context, preview.Video) (bool, error) { return true, nil }
func (nothing) Look(context.Context, string) engine.Standing      { return engine.Standing{} }
func (nothing) Suspend()                                          {}
func (nothing) Resume()                                           {}
func (nothing) Path() string                                      { return "/bundles/x.bif" }

func (nothing) Version() preview.Version { return preview.Version{Size: 1} }

func (nothing) Draft() (string, error)                                       { return "/bundles/x.part", nil }
func (nothing) Commit(context.Context) (bool, error)                         { return false, nil }
func (nothing) Close() error                                                 { return nil }
func (n nothing) Open(context.Context, preview.Video) (preview.Place, error) { return n, nil }

func (nothing) Render(_ context.Context, r engine.Render) (engine.Rendered, error) {
	r.Progress(engine.Progress{Frames: 1, Total: 1})
	return engine.Rendered{Frames: 1, Recipe: "nothing"}, nil
}

func (n nothing) Videos(context.Context, preview.Selection) iter.Seq2[preview.Page, error] {
	return func(yield func(preview.Page, error) bool) {
		for at := 0; at < n.videos; at += 1000 {
			p := preview.Page{Total: n.videos}
			for i := at; i < min(at+1000, n.videos); i++ {
				path := fmt.Sprintf("/films/Film %06d (2001)/Film %06d (2001).mkv", i, i)
				p.Videos = append(p.Videos, preview.Video{
					Source: source, Key: fmt.Sprint(i), Title: "Film", Path: path, Remote: path, Size: 1 << 30, Items: []string{fmt.Sprint(i)},
				})
			}
			p.Listed = at + len(p.Videos)
			if !yield(p, nil) {
				return
			}
		}
	}
}

func realStore(b testing.TB, file string) *store.Store {
	s, err := store.Open(b.Context(), file, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func (n nothing) engine(s engine.Store, slots int) *engine.Engine {
	return engine.New(engine.Options{
		Store: s, Libraries: map[string]engine.Library{source: {Source: n, Publisher: n}}, Renderer: n, Spec: preview.DefaultSpec(),
		Slots: []engine.Slots{{Device: cpu, Count: slots}}, Log: zerolog.Nop(),
	})
}

// Goal: at least 500 tasks a second through queue, store and events.
func BenchmarkTasks(b *testing.B) {
	for _, name := range []string{"memory", "sqlite"} {
		b.Run(name, func(b *testing.B) {
			const videos = 2000
			var took time.Duration
			for b.Loop() {
				var s engine.Store = newMemory()
				if name == "sqlite" {
					r := realStore(b, filepath.Join(b.TempDir(), "queue.db"))
					defer r.Close()
					s = r
				}
				begun := time.Now()
				e := nothing{videos}.engine(s, 4)
				ctx, stop := context.WithCancel(b.Context())
				done := make(chan error)
				go func() { done <- e.Run(ctx) }()
				go func() {
					for range e.WatchAll(ctx) {
					}
				}()
				j, err := e.Scan(ctx, engine.Request{Source: source, Selection: preview.Selection{All: true}})
				if err != nil {
					b.Fatal(err)
				}
				if j, err = e.Wait(ctx, j.ID); err != nil || j.Counts.Shown != videos {
					b.Fatal(j.Counts, err)
				}
				took += time.Since(begun)
				stop()
				<-done
			}
			b.ReportMetric(float64(b.N*videos)/took.Seconds(), "tasks/s")
		})
	}
}

// Goal: a queue of 100,000 tasks is ready in less than 3 s: the first is being rendered.
func BenchmarkStart(b *testing.B) {
	file := filepath.Join(b.TempDir(), "queue.db")
	s := realStore(b, file)
	n := nothing{100_000}
	j, err := s.AddJob(b.Context(), preview.Job{Source: source, Selection: preview.Selection{All: true}, State: preview.JobRunning})
	if err != nil {
		b.Fatal(err)
	}
	for p := range n.Videos(b.Context(), preview.Selection{}) {
		var tasks []preview.Task
		for _, v := range p.Videos {
			tasks = append(tasks, preview.Task{Job: j.ID, Video: v, State: preview.TaskQueued})
		}
		if _, err := s.AddTasks(b.Context(), tasks); err != nil {
			b.Fatal(err)
		}
	}
	s.Close()
	for b.Loop() {
		s := realStore(b, file)
		begun := make(chan struct{})
		first := first{n, begun}
		e := engine.New(engine.Options{
			Store: s, Libraries: map[string]engine.Library{source: {Source: n, Publisher: n}}, Renderer: first, Spec: preview.DefaultSpec(),
			Slots: []engine.Slots{{Device: cpu, Count: 1}}, Log: zerolog.Nop(),
		})
		ctx, stop := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		<-begun
		b.StopTimer()
		stop()
		<-done
		s.Close()
		b.StartTimer()
	}
}

// first renders until it is cancelled, and says when it was asked.
type first struct {
	nothing
	begun chan struct{}
}

func (f first) Render(ctx context.Context, _ engine.Render) (engine.Rendered, error) {
	close(f.begun)
	<-ctx.Done()
	return engine.Rendered{}, ctx.Err()
}
