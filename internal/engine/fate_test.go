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

func TestThreeStrikesRestUntilTheFileChanges(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		w.render = func(_ context.Context, r engine.Render) error {
			if r.Video == path(0) {
				return fault(preview.VideoDamaged)
			}
			return nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		for i, want := range []preview.TaskState{preview.TaskFailed, preview.TaskFailed, preview.TaskResting, preview.TaskResting} {
			j := e.run()
			if got := w.store.task(path(0)); got.State != want || got.Reason != preview.VideoDamaged {
				t.Errorf("scan %d: task is %s, %s", i, got.State, got.Reason)
			}
			if j.State != preview.JobDoneWithFailed || j.Counts.Failed != 1 {
				t.Errorf("scan %d: job is %+v", i, j)
			}
		}
		if w.rendered[path(0)] != 3 {
			t.Errorf("it was tried %d times", w.rendered[path(0)])
		}
		w.files[path(0)] = preview.Version{Size: 5, ModTime: time.Now()}
		e.run()
		if got := w.store.task(path(0)); got.State != preview.TaskFailed || w.store.strike(path(0)).Count != 1 {
			t.Errorf("a new version is %s with %d strikes", got.State, w.store.strike(path(0)).Count)
		}
		w.render = nil
		if j := e.run(); j.State != preview.JobDone || w.store.strike(path(0)).Count != 0 {
			t.Errorf("it is whole now; job is %+v, with %d strikes", j, w.store.strike(path(0)).Count)
		}
	})
}

func TestRetryForgivesAndTriesAgainInTheSameJob(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(5)
		broken := true
		w.render = func(_ context.Context, r engine.Render) error {
			if broken && r.Video != path(4) {
				return fault(preview.VideoDamaged)
			}
			return nil
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		var last preview.Job
		for range 4 {
			last = e.run()
		}
		if s := w.store.states(); s[preview.TaskResting] != 8 {
			t.Fatalf("tasks are %v", s)
		}
		broken = false
		n, err := e.Retry(t.Context(), 0, true)
		if err != nil || n != 4 {
			t.Fatalf("Retry = %d, %v", n, err)
		}
		got := e.wait(last.ID)
		if got.State != preview.JobDone || got.Counts.Shown != 4 || got.Counts.Failed != 0 {
			t.Errorf("job is %+v", got)
		}
		if n, err := e.Retry(t.Context(), 0, true); n != 0 || err != nil {
			t.Errorf("nothing is left, but Retry = %d, %v", n, err)
		}
	})
}

func TestRetryHurriesWhatWasPutOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		delete(w.files, path(0))
		showing := false
		w.show = func(v preview.Video, _ int) (bool, error) {
			if v.Path == path(1) && !showing {
				return false, fault(preview.PlexNotYet)
			}
			return true, nil
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		j := e.run()
		if j.State != preview.JobRunning || j.Counts.Later != 2 {
			t.Fatalf("job is %+v", j)
		}
		w.files[path(0)] = preview.Version{Size: 1000}
		showing = true
		if n, err := e.Retry(t.Context(), j.ID, false); n != 2 || err != nil {
			t.Errorf("Retry = %d, %v", n, err)
		}
		before := time.Now()
		if got := e.wait(j.ID); got.State != preview.JobDone || got.Counts.Shown != 3 {
			t.Errorf("job is %+v", got)
		}
		if time.Since(before) > 5*time.Second {
			t.Errorf("it took %v", time.Since(before))
		}
	})
}

func TestRetryOfAnOpenJobCountsRight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(8)
		n := 0
		w.render = func(_ context.Context, r engine.Render) error {
			if n++; n <= 2 {
				return fault(preview.VideoDamaged)
			}
			return nil
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		j := e.scan(engine.Request{})
		time.Sleep(10 * time.Second)
		if n, err := e.Retry(t.Context(), j.ID, true); n != 2 || err != nil {
			t.Errorf("Retry = %d, %v", n, err)
		}
		if got := e.wait(j.ID); got.Counts != (preview.Counts{Videos: 8, Published: 8, Shown: 8}) {
			t.Errorf("counts are %+v", got.Counts)
		}
	})
}

func TestAMissingFileComesLaterAndIsNoFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		delete(w.files, path(0))
		e := w.start(t, slots(0, 1))
		defer e.end()
		j := e.run()
		if j.State != preview.JobRunning || j.Counts != (preview.Counts{Videos: 2, Published: 1, Shown: 1, Later: 1}) {
			t.Errorf("job is %+v", j)
		}
		var waits []time.Duration
		for range 5 {
			due := w.store.task(path(0)).Due
			waits = append(waits, time.Until(due).Round(time.Minute))
			time.Sleep(time.Until(due) + time.Second)
		}
		want := []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
		if !slices.Equal(waits, want) {
			t.Errorf("it was put off for %v", waits)
		}
		if got := w.store.task(path(0)); got.State != preview.TaskFailed || got.Reason != preview.VideoMissing || len(w.store.strikes) != 0 {
			t.Errorf("in the end it is %s, %s, strikes %v", got.State, got.Reason, w.store.strikes)
		}
		if got := e.wait(j.ID); got.State != preview.JobDoneWithFailed {
			t.Errorf("job is %s", got.State)
		}
	})
}

func TestALaterTaskGoesOnAfterARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		delete(w.files, path(0))
		e := w.start(t, slots(0, 1))
		j := e.run()
		e.end()
		w.files[path(0)] = preview.Version{Size: 1000}

		e = w.start(t, slots(0, 1)) // before it is due
		if got := e.wait(j.ID); got.Counts.Later != 1 {
			t.Errorf("counts are %+v", got.Counts)
		}
		e.end()
		time.Sleep(2 * time.Minute)
		e = w.start(t, slots(0, 1)) // after
		if got := e.wait(j.ID); got.State != preview.JobDone || got.Counts.Shown != 2 {
			t.Errorf("job is %+v", got)
		}
		e.end()
	})
}

func TestAMountThatIsGoneStopsTheJobWithOneErrorAndNoStrike(t *testing.T) {
	for _, reason := range []preview.Reason{preview.VideoMissing, preview.VideoReadFailed} {
		bubble(t, func(t *testing.T) {
			w := newWorld(50)
			gone := false
			w.render = func(_ context.Context, r engine.Render) error {
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

func TestAFileThatChangesWhileItIsRenderedComesLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(1)
		w.render = func(_ context.Context, r engine.Render) error {
			if w.rendered[r.Video] == 1 {
				w.mu.Lock()
				w.files[r.Video] = preview.Version{Size: 9}
				w.mu.Unlock()
			}
			return nil
		}
		e := w.start(t, slots(0, 1))
		defer e.end()
		j := e.run()
		if got := w.store.task(path(0)); got.State != preview.TaskLater || got.Reason != preview.VideoChanged {
			t.Errorf("task is %s, %s", got.State, got.Reason)
		}
		time.Sleep(2 * time.Minute)
		if got := e.wait(j.ID); got.State != preview.JobDone || got.Counts.Shown != 1 || len(w.store.strikes) != 0 {
			t.Errorf("job is %+v", got)
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
			Renderer: w, Spec: preview.DefaultSpec(), Slots: slots(0, 1), Log: zerolog.New(&log),
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
		time.Sleep(5 * time.Second)
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
		time.Sleep(time.Second)
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
