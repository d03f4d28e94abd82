package daemon_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// idle is a library whose videos cost nothing: what is left is the engine, its events and the store. It is source,
// publisher, place and renderer in one.
type idle struct{ videos int }

func (l idle) ID() string                                     { return "plex:idle" }
func (l idle) Check(context.Context, preview.Selection) error { return nil }
func (l idle) Missing(context.Context, preview.Video) error   { return nil }
func (l idle) Ready(context.Context) error                    { return nil }
func (l idle) Show(context.Context, preview.Video) (bool, error) {
	return true, nil
}

func (l idle) Videos(context.Context, preview.Selection) iter.Seq2[preview.Page, error] {
	return func(yield func(preview.Page, error) bool) {
		all := make([]preview.Video, l.videos)
		for i := range all {
			path := fmt.Sprintf("/films/Film %06d (2026)/Film %06d (2026).mkv", i, i)
			all[i] = preview.Video{
				Source: l.ID(), Key: fmt.Sprint(i), Library: "1", Title: fmt.Sprintf("Film %06d (2026)", i), Path: path, Remote: path,
				Size: 4 << 30, Changed: time.Unix(1e9, 0), Added: time.Unix(1e9, 0), Duration: 2 * time.Hour, Items: []string{fmt.Sprint(i)},
			}
		}
		listed := 0
		for page := range slices.Chunk(all, 1000) {
			listed += len(page)
			if !yield(preview.Page{Videos: page, Listed: listed, Total: l.videos}, nil) {
				return
			}
		}
	}
}

func (l idle) Open(_ context.Context, v preview.Video) (preview.Place, error) {
	return place(v.Path), nil
}

func (l idle) Render(_ context.Context, r engine.Render) (engine.Rendered, error) {
	r.Progress(engine.Progress{Frames: 720, Total: 720, Recipe: "none"})
	return engine.Rendered{Frames: 720, Recipe: "none"}, nil
}

func (l idle) Look(context.Context, string) engine.Standing { return engine.Standing{} }
func (l idle) Suspend()                                     {}
func (l idle) Resume()                                      {}

type place string

func (p place) Path() string { return string(p) + ".bif" }
func (p place) Version() preview.Version {
	return preview.Version{Size: 4 << 30, ModTime: time.Unix(1e9, 0)}
}
func (p place) Draft() (string, error)               { return p.Path() + ".part", nil }
func (p place) Commit(context.Context) (bool, error) { return false, nil }
func (p place) Close() error                         { return nil }

// BenchmarkTasks moves videos through queue, store and events, from the listing until they are shown. Rendering and
// publishing take no time.
func BenchmarkTasks(b *testing.B) {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "scrubjay.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	l := idle{videos: b.N}
	e := engine.New(engine.Options{
		Store: s, Libraries: map[string]engine.Library{l.ID(): {Source: l, Publisher: l}}, Renderer: l, Log: zerolog.Nop(),
		Spec:  preview.Spec{Interval: 10 * time.Second, Width: 320, Quality: 4},
		Slots: []engine.Slots{{Device: preview.CPUDevice(), Count: 4}},
	})
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := e.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	watching, enough := context.WithCancel(ctx)
	published := 0
	updates := e.WatchAll(watching)
	running.Go(func() {
		for u := range updates {
			for _, happened := range u.Events {
				if t, ok := happened.(event.TaskChanged); ok && t.Task.State == preview.TaskPublished && t.Task.Shown {
					published++
				}
			}
		}
	})
	b.ResetTimer()
	job, err := e.Scan(ctx, engine.Request{Source: l.ID(), Selection: preview.Selection{All: true}})
	if err == nil {
		job, err = e.Wait(ctx, job.ID)
	}
	b.StopTimer()
	enough()
	stop()
	running.Wait()
	if err != nil || job.Counts.Shown != b.N || published != b.N {
		b.Fatalf("of %d videos %d are shown, and watchers were told of %d (error: %v)", b.N, job.Counts.Shown, published, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
	b.ReportMetric(0, "ns/op")
}
