package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

func TestWhatBecomesOfATaskThatCannotBeDone(t *testing.T) {
	gpu2 := preview.Device{ID: "cuda:2", Kind: preview.CUDA, Name: "Another GPU"}
	all := []engine.Slots{{Device: gpu, Count: 1}, {Device: gpu2, Count: 1}, {Device: cpu, Count: 1}}
	only := []engine.Slots{{Device: gpu, Count: 1}}
	cpuOnly := []engine.Slots{{Device: cpu, Count: 1}}
	type on map[string]preview.Reason // what a device says
	tests := []struct {
		name    string
		slots   []engine.Slots
		says    on
		want    preview.TaskState
		reason  preview.Reason
		device  string
		tried   []string
		strikes int
	}{
		{"a fault of one GPU goes to the next", all, on{gpu.ID: preview.DeviceLost}, preview.TaskPublished, "", gpu2.ID, []string{gpu.ID}, 0},
		{"faults of both GPUs go to the CPU", all, on{gpu.ID: preview.FFmpegFailed, gpu2.ID: preview.PreviewUnsound}, preview.TaskPublished, "", cpu.ID, []string{gpu.ID, gpu2.ID}, 0},
		{"no device is left", all, on{gpu.ID: preview.FFmpegGarbage, gpu2.ID: preview.FFmpegKilled, cpu.ID: preview.FFmpegNoPicture}, preview.TaskFailed, preview.FFmpegNoPicture, cpu.ID, []string{gpu.ID, gpu2.ID}, 1},
		{"a lone GPU has no other", only, on{gpu.ID: preview.FFmpegStalled}, preview.TaskFailed, preview.FFmpegStalled, gpu.ID, nil, 1},
		{"a lone GPU that does not decode it is no fault of the file", only, on{gpu.ID: preview.DeviceUnsupported}, preview.TaskFailed, preview.EngineNoDevice, gpu.ID, nil, 0},
		{"what the CPU cannot do is the file's fault", cpuOnly, on{cpu.ID: preview.FFmpegFailed}, preview.TaskFailed, preview.FFmpegFailed, cpu.ID, nil, 1},
		{"a damaged file is damaged on every device", all, on{gpu.ID: preview.VideoDamaged}, preview.TaskFailed, preview.VideoDamaged, gpu.ID, nil, 1},
		{"a full memory is not the file's fault", cpuOnly, on{cpu.ID: preview.MemoryFull}, preview.TaskLater, preview.MemoryFull, cpu.ID, nil, 0},
		{"an unknown error is a strike", cpuOnly, on{cpu.ID: preview.Unknown}, preview.TaskFailed, preview.Unknown, cpu.ID, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(1)
				w.render = func(_ context.Context, r engine.Render) error {
					if reason, ok := tt.says[r.Device.ID]; ok {
						return fault(reason)
					}
					return nil
				}
				e := w.start(t, tt.slots)
				defer e.end()
				e.run()
				got := w.store.task(path(0))
				if got.State != tt.want || got.Reason != tt.reason || got.Device != tt.device || !slices.Equal(got.Tried, tt.tried) {
					t.Errorf("task is %s, %q, by %s after %v", got.State, got.Reason, got.Device, got.Tried)
				}
				if n := w.store.strike(path(0)).Count; n != tt.strikes {
					t.Errorf("%d strikes, want %d", n, tt.strikes)
				}
			})
		})
	}
}

func TestAMountThatIsGoneStopsTheJobWithOneErrorAndNoStrike(t *testing.T) {
	for _, reason := range []preview.Reason{preview.VideoMissing, preview.VideoReadFailed} {
		bubble(t, func(t *testing.T) {
			w := newWorld(50)
			gone := false
			w.render = func(_ context.Context, r engine.Render) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				if r.Video == path(5) {
					gone = true
				}
				if gone {
					return fault(reason)
				}
				return nil
			}
			w.missing = func(preview.Video) error { return fault(preview.MountEmpty) }
			e := w.start(t, slots(2, 2))
			defer e.end()
			j := e.run()
			if j.State != preview.JobFailed || j.Reason != preview.MountEmpty || j.Counts.Failed != 0 || j.Counts.Waiting != 0 {
				t.Errorf("job is %+v", j)
			}
			synctest.Wait()
			if s := w.store.states(); s[preview.TaskFailed]+s[preview.TaskQueued]+s[preview.TaskLater]+s[preview.TaskRendering] != 0 || len(w.store.strikes) != 0 {
				t.Errorf("tasks are %v, strikes %v", s, w.store.strikes)
			}
			gone, w.render = false, nil
			if again := e.run(); again.State != preview.JobDone || again.Counts.Published+again.Counts.Already != 50 {
				t.Errorf("the next scan is %+v", again)
			}
		})
	}
}

func TestWhatHoldsForAllVideosStopsTheJob(t *testing.T) {
	for _, reason := range []preview.Reason{
		preview.TargetReadOnly, preview.DiskFull, preview.TargetMissing, preview.PlexDataMissing, preview.PlexDataForeign, preview.FFmpegMissing,
	} {
		bubble(t, func(t *testing.T) {
			w := newWorld(20)
			w.commit = func(string) error { return fault(reason) }
			e := w.start(t, slots(2, 1))
			defer e.end()
			if j := e.run(); j.State != preview.JobFailed || j.Reason != reason || j.Detail == "" || j.Counts.Cancelled != 20 {
				t.Errorf("job is %+v", j)
			}
			if len(w.rendered) > 3 || len(w.store.strikes) != 0 {
				t.Errorf("%d were tried, strikes %v", len(w.rendered), w.store.strikes)
			}
		})
	}
}

func TestACheckThatFailsEndsTheJobBeforeAnythingIsListed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		w.check = func(int) error { return fault(preview.MountMissing) }
		e := w.start(t, slots(1, 1))
		defer e.end()
		if j := e.run(); j.State != preview.JobFailed || j.Reason != preview.MountMissing || w.listed != 0 {
			t.Errorf("job is %+v", j)
		}
		w.check, w.ready = nil, fault(preview.PlexDataForeign)
		if j := e.run(); j.State != preview.JobFailed || j.Reason != preview.PlexDataForeign || w.listed != 0 {
			t.Errorf("job is %+v", j)
		}
	})
}

func TestABusyServerIsAskedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		w.check = func(n int) error {
			if n < 4 {
				return fault(preview.PlexBusy)
			}
			return nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		if j := e.run(); j.State != preview.JobDone || j.Counts.Shown != 3 || w.checks != 4 {
			t.Errorf("job is %+v after %d checks", j, w.checks)
		}
		w.check = func(int) error { return fault(preview.PlexBusy) }
		if j := e.run(); j.State != preview.JobFailed || j.Reason != preview.PlexBusy {
			t.Errorf("job is %+v", j)
		}
	})
}

func TestAListingThatBreaksOffIsWorkedOnAsFarAsItWent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(12)
		e := w.start(t, slots(1, 1))
		defer e.end()
		w.listErr = fault(preview.PlexIncomplete)
		if j := e.run(); j.State != preview.JobDoneWithFailed || j.Reason != preview.PlexIncomplete || j.Counts.Shown != 12 {
			t.Errorf("job is %+v", j)
		}
		w.listErr = fault(preview.PlexAway)
		if j := e.run(); j.State != preview.JobDoneWithFailed || j.Reason != preview.PlexAway || j.Counts.Already != 12 {
			t.Errorf("job is %+v", j)
		}
		w.listErr = fault(preview.PlexToken)
		if j := e.run(); j.State != preview.JobFailed || j.Reason != preview.PlexToken {
			t.Errorf("job is %+v", j)
		}
	})
}

func TestASoundPreviewThatStandsThereIsTaken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		w.standing[path(0)] = 77 // sound
		w.standing[path(1)] = -1 // there, and not sound
		e := w.start(t, slots(1, 0))
		defer e.end()
		j := e.run()
		if j.Counts.Published != 3 || w.rendered[path(0)] != 0 || w.rendered[path(1)] != 1 {
			t.Errorf("counts %+v, rendered %v", j.Counts, w.rendered)
		}
		if got := w.store.task(path(0)); got.Frames != 77 || got.Device != "" || !got.Shown {
			t.Errorf("taken as %+v", got)
		}
		all := e.wait(e.scan(engine.Request{Regenerate: true}).ID)
		if all.Counts.Published != 3 || all.Counts.Already != 0 || w.rendered[path(0)] != 1 || w.rendered[path(1)] != 2 {
			t.Errorf("regenerating: counts %+v, rendered %v", all.Counts, w.rendered)
		}
		if got := w.store.task(path(0)); !got.Replaced {
			t.Error("nobody says that a preview was replaced")
		}
	})
}

func TestAReplacedFileIsWorkAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		e := w.start(t, slots(1, 0))
		defer e.end()
		e.run()
		w.videos[1].Size = 2000 // and Plex still says that it has a preview
		w.files[path(1)] = preview.Version{Size: 2000, ModTime: time.Now()}
		j := e.run()
		if j.Counts.Already != 2 || j.Counts.Published != 1 || w.rendered[path(1)] != 2 {
			t.Errorf("counts %+v, rendered %v", j.Counts, w.rendered)
		}
		if again := e.run(); again.Counts.Already != 3 {
			t.Errorf("then counts are %+v", again.Counts)
		}
	})
}

// What FFmpeg and servers quote is kept with the task, the job and the strike, for years.
func TestWhatIsKeptOfAnErrorIsMasked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(1)
		token := secret.New("tok-en-that-nobody-may-keep")
		w.render = func(context.Context, engine.Render) error {
			return preview.Because(preview.VideoDamaged, "%s", strings.Repeat("it said "+token.Reveal()+" ", 40))
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		e.run()
		for _, kept := range []string{w.store.task(path(0)).Detail, w.store.strike(path(0)).Detail} {
			if !strings.Contains(kept, "it said") || strings.Contains(kept, "tok-") {
				t.Errorf("kept is %q", kept)
			}
		}
	})
}

func TestAPanicIsAFailedTaskAndItsStackIsMasked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		token := secret.New("tok-en-that-nobody-may-see")
		w.render = func(_ context.Context, r engine.Render) error {
			if r.Video == path(1) {
				panic("cannot GET /x?X-Plex-Token=" + token.Reveal())
			}
			return nil
		}
		w.show = func(v preview.Video, _ int) (bool, error) {
			if v.Path == path(2) {
				panic(token.Reveal())
			}
			return true, nil
		}
		var log strings.Builder
		e := engine.New(engine.Options{
			Store: w.store, Libraries: map[string]engine.Library{source: {Source: w, Publisher: w}},
			Renderer: w, Spec: preview.DefaultSpec(), Slots: slots(0, 1), Log: zerolog.New(zerolog.SyncWriter(&log)),
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		j, err := e.Scan(ctx, engine.Request{Source: source, Selection: preview.Selection{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		if j, err = e.Wait(ctx, j.ID); err != nil {
			t.Fatal(err)
		}
		stop()
		<-done
		if j.Counts.Published != 2 || j.Counts.Shown != 1 || j.Counts.Failed != 1 || w.store.task(path(1)).Reason != preview.EnginePanic {
			t.Errorf("counts are %+v", j.Counts)
		}
		all := log.String() + fmt.Sprint(w.store.tasks, w.store.strikes)
		if strings.Contains(all, token.Reveal()) {
			t.Error("the token is in the log or the store")
		}
		if !strings.Contains(log.String(), "fate_test.go") {
			t.Error("the log has no stack")
		}
	})
}

func TestAFullStoreStopsAllWorkWithItsError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(50)
		e := w.start(t, slots(2, 2))
		j := e.scan(engine.Request{})
		nap(5 * time.Second)
		w.store.fail(fault(preview.DiskFull))
		err := <-e.done
		if preview.ReasonOf(err) != preview.DiskFull {
			t.Errorf("Run = %v", err)
		}
		if _, err := e.Wait(t.Context(), j.ID); preview.ReasonOf(err) != preview.DiskFull {
			t.Errorf("Wait = %v", err)
		}
		if len(w.rendered) > 8 || w.running != 0 {
			t.Errorf("%d were begun, %d go on", len(w.rendered), w.running)
		}
		if _, err := e.Scan(t.Context(), engine.Request{Source: source, Selection: preview.Selection{Libraries: []string{"1"}}}); preview.ReasonOf(err) != preview.DiskFull {
			t.Errorf("Scan = %v", err)
		}
		w.store.fail(nil)
		e = w.start(t, slots(2, 2))
		defer e.end()
		if got := e.wait(j.ID); got.Counts.Shown != 50 {
			t.Errorf("counts are %+v", got.Counts)
		}
	})
}

func TestAJobOfAServerThatIsNotSetUpAnyMoreEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		e := w.start(t, slots(0, 1))
		j := e.scan(engine.Request{})
		nap(time.Second)
		e.end()
		other := engine.New(engine.Options{Store: w.store, Renderer: w, Slots: slots(0, 1), Log: zerolog.Nop()})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- other.Run(ctx) }()
		synctest.Wait()
		if got := w.store.job(j.ID); got.State != preview.JobFailed || got.Reason != preview.NotSignedIn || got.Counts.Waiting != 0 {
			t.Errorf("job is %+v", got)
		}
		stop()
		<-done
	})
}
