package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
)

func install(t *testing.T, scene fakeffmpeg.Scene) string {
	t.Helper()
	path, _ := fakeffmpeg.Install(t, fakeffmpeg.Script{FFmpeg: []fakeffmpeg.Scene{scene}})
	return path
}

// pictures runs a command to its end and returns how many pictures it gave.
func pictures(ctx context.Context, c Command) (int, error) {
	out, _, err := Output(ctx, c, 16<<20)
	return bytes.Count(out, []byte{0xFF, 0xD9}), err
}

func TestNothingStartsWhileTheBrakeIsPulled(t *testing.T) {
	var brake Brake
	if err := brake.Pull(); err != nil {
		t.Fatal(err)
	}
	path := install(t, fakeffmpeg.Scene{Pictures: 3})
	type end struct {
		pictures int
		err      error
	}
	ended := make(chan end)
	go func() {
		n, err := pictures(t.Context(), Command{Path: path, Brake: &brake})
		ended <- end{n, err}
	}()
	// Another one, begun later, comes and goes meanwhile.
	if n, err := pictures(t.Context(), Command{Path: install(t, fakeffmpeg.Scene{Pictures: 3})}); n != 3 || err != nil {
		t.Errorf("without a brake: %d pictures, %v", n, err)
	}
	if calls := fakeffmpeg.Calls(t, path); len(calls) != 0 || !brake.Pulled() {
		t.Errorf("it started: %v", calls)
	}
	if err := brake.Release(); err != nil {
		t.Error(err)
	}
	if e := <-ended; e.pictures != 3 || e.err != nil {
		t.Errorf("after the release: %d pictures, %v", e.pictures, e.err)
	}
	if len(brake.running) != 0 {
		t.Errorf("%d programs are remembered after their end", len(brake.running))
	}
}

// caught starts a program of 200 pictures, more than the pipe holds, and pulls the brake after the first bytes, in the
// goroutine that reads, as a render may. got is how many came, after Wait.
func caught(t *testing.T, brake *Brake, stall time.Duration) (p *Process, got *int) {
	t.Helper()
	got = new(int)
	pulled := make(chan struct{})
	p, err := Start(t.Context(), Command{
		Path: install(t, fakeffmpeg.Scene{Pictures: 200}), Brake: brake, Stall: stall,
		Read: func(r io.Reader) error {
			first := make([]byte, 4096)
			_, err := io.ReadFull(r, first)
			err = errors.Join(err, brake.Pull())
			close(pulled)
			if err != nil {
				return err
			}
			rest, err := io.ReadAll(r)
			*got = bytes.Count(append(first, rest...), []byte{0xFF, 0xD9})
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	<-pulled
	return p, got
}

func TestAHeldProgramIsNotStalledAndLosesNothing(t *testing.T) {
	const stall = 500 * time.Millisecond
	var brake Brake
	held, got := caught(t, &brake, stall)
	// The watchdog of another one, started later and three times as patient, bites while this one's waits.
	slow := Command{Path: install(t, fakeffmpeg.Scene{Stall: true}), Stall: 3 * stall}
	if _, err := Run(t.Context(), slow); preview.ReasonOf(err) != preview.FFmpegStalled {
		t.Error(err)
	}
	if err := brake.Release(); err != nil {
		t.Error(err)
	}
	if _, err := held.Wait(); err != nil || *got != 200 {
		t.Errorf("the held one: %d of 200 pictures, %v", *got, err)
	}
}

func TestCancelEndsWhatIsHeld(t *testing.T) {
	var brake Brake
	ctx, cancel := context.WithCancel(t.Context())
	running, err := Start(ctx, Command{Path: install(t, fakeffmpeg.Scene{Stubborn: true, Stall: true}), Brake: &brake})
	if err != nil {
		t.Fatal(err)
	}
	if err := brake.Pull(); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error)
	go func() {
		_, err := Start(ctx, Command{Path: install(t, fakeffmpeg.Scene{}), Brake: &brake})
		waiting <- err
	}()
	cancel()
	if _, err := running.Wait(); preview.ReasonOf(err) != preview.Cancelled {
		t.Errorf("the one that was running: %v", err)
	}
	if err := <-waiting; preview.ReasonOf(err) != preview.Cancelled {
		t.Errorf("the one that was to start: %v", err)
	}
	if err := brake.Pull(); err != nil || len(brake.running) != 0 {
		t.Errorf("%d programs are remembered; %v", len(brake.running), err)
	}
}

func TestBrakeIsPulledAndReleasedFromEverywhere(t *testing.T) {
	var brake Brake
	path := install(t, fakeffmpeg.Scene{Pictures: 20})
	var drivers, runs sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		drivers.Go(func() {
			for {
				if err := errors.Join(brake.Pull(), brake.Release()); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range 3 {
		runs.Go(func() {
			for range 3 {
				if n, err := pictures(t.Context(), Command{Path: path, Brake: &brake}); n != 20 || err != nil {
					t.Errorf("%d pictures, %v", n, err)
				}
			}
		})
	}
	runs.Wait()
	close(done)
	drivers.Wait()
	if brake.Pulled() || len(brake.running) != 0 {
		t.Errorf("pulled: %v, %d programs are remembered", brake.Pulled(), len(brake.running))
	}
}
