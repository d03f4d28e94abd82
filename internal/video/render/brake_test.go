package render

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// end is how a render ended.
type end struct {
	result Result
	err    error
}

// begin renders in the background.
func begin(ctx context.Context, r *Renderer, req Request) <-chan end {
	ended := make(chan end, 1)
	go func() {
		result, err := r.Render(ctx, req)
		ended <- end{result, err}
	}()
	return ended
}

// hundred is a request for a hundred pictures: far more than the pipes hold.
func hundred(t *testing.T) Request {
	return Request{
		Video: clip.Make(t, clip.Spec{Duration: 100 * time.Second, Container: clip.MP4Fast}),
		Out:   filepath.Join(t.TempDir(), "out.bif"), Spec: everySecond(), Device: preview.CPUDevice(),
	}
}

// pullAtFirst pulls the brake with the first picture. The channel then ends; told counts the pictures.
func pullAtFirst(t *testing.T, r *Renderer, req *Request) (pulled <-chan struct{}, told *atomic.Int64) {
	at := make(chan struct{})
	told = new(atomic.Int64)
	req.Progress = func(p Progress) {
		if told.Swap(int64(p.Frames)) == 0 {
			if err := r.Brake.Pull(); err != nil {
				t.Error(err)
			}
			close(at)
		}
	}
	return at, told
}

func TestAPausedRenderWaitsAndThenFinishes(t *testing.T) {
	whole := hundred(t)
	want, err := renderer(t).Render(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}

	r := renderer(t)
	r.Brake = new(ffmpeg.Brake)
	req := hundred(t)
	pulled, told := pullAtFirst(t, r, &req)
	paused := begin(t.Context(), r, req)
	<-pulled
	// One that nobody holds is made from its beginning to its end meanwhile.
	if _, err := renderer(t).Render(t.Context(), hundred(t)); err != nil {
		t.Error(err)
	}
	select {
	case e := <-paused:
		t.Fatalf("it did not wait: %v", e.err)
	default:
	}
	if n := told.Load(); n > 50 { // what was in the pipe when the brake was pulled
		t.Errorf("it made %d of 100 pictures", n)
	}
	onlyOut, err := filepath.Glob(req.Out)
	if err != nil || len(onlyOut) != 0 {
		t.Errorf("there is a preview already: %v", err)
	}

	if err := r.Brake.Release(); err != nil {
		t.Error(err)
	}
	e := <-paused
	if e.err != nil || e.result.Frames != want.Frames || len(e.result.Attempts) != 1 {
		t.Errorf("%d frames in %d attempts, %v", e.result.Frames, len(e.result.Attempts), e.err)
	}
	one, err := os.ReadFile(whole.Out)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := os.ReadFile(req.Out); err != nil || !bytes.Equal(one, other) {
		t.Errorf("the preview differs from one that was never paused; %v", err)
	}
}

func TestAPausedRenderIsCancelled(t *testing.T) {
	for name, stubborn := range map[string]bool{"willing": false, "stubborn": true} {
		t.Run(name, func(t *testing.T) {
			r := fake(t, fakeffmpeg.Scene{Stubborn: stubborn, FedPictures: true})
			r.Brake = new(ffmpeg.Brake)
			req := hundred(t)
			pulled, _ := pullAtFirst(t, r, &req)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			paused := begin(ctx, r, req)
			<-pulled
			cancel()
			if e := <-paused; preview.ReasonOf(e.err) != preview.Cancelled {
				t.Errorf("error is %v", e.err)
			}
			onlyIn(t, filepath.Dir(req.Out))
		})
	}
}

func TestARenderBegunWhilePausedStartsNothing(t *testing.T) {
	r := fake(t, fakeffmpeg.Scene{FedPictures: true})
	r.Brake = new(ffmpeg.Brake)
	if err := r.Brake.Pull(); err != nil {
		t.Fatal(err)
	}
	req := hundred(t)
	paused := begin(t.Context(), r, req)
	cancelled, cancel := context.WithCancel(t.Context())
	other := begin(cancelled, r, hundred(t))
	// One that nobody holds is made meanwhile.
	if _, err := renderer(t).Render(t.Context(), hundred(t)); err != nil {
		t.Error(err)
	}
	if calls := fakeffmpeg.Calls(t, r.Tools.FFmpeg); len(calls) != 0 {
		t.Errorf("programs were started: %v", calls)
	}
	cancel()
	if e := <-other; preview.ReasonOf(e.err) != preview.Cancelled {
		t.Errorf("the cancelled one: %v", e.err)
	}
	if err := r.Brake.Release(); err != nil {
		t.Error(err)
	}
	if e := <-paused; e.err != nil || e.result.Frames != 100 {
		t.Errorf("%d frames, %v", e.result.Frames, e.err)
	}
}
