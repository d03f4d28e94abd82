package daemon

import (
	"context"
	"os"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/video/bif"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// renderer is the engine's renderer: package render, with a brake on all that runs.
type renderer struct {
	render *render.Renderer
	brake  *ffmpeg.Brake
	log    zerolog.Logger
}

// Render makes one preview on the device that the engine chose and on no other: which device comes next is the engine's
// to decide, so that the CPU never works in a GPU's slot.
func (r renderer) Render(ctx context.Context, order engine.Render) (engine.Rendered, error) {
	request := render.Request{
		Video: order.Video, Out: order.Out, Spec: order.Spec,
		Device: order.Device, NoCPU: order.Device.GPU(), Proofs: order.Proofs,
	}
	if order.Progress != nil {
		request.Progress = func(p render.Progress) {
			order.Progress(engine.Progress{Frames: p.Frames, Total: p.Total, Recipe: p.Recipe})
		}
	}
	result, err := r.render.Render(ctx, request)
	read := int64(-1)
	if result.FFmpegBytes >= 0 {
		read = result.OwnBytes + result.FFmpegBytes
	}
	return engine.Rendered{
		Frames: result.Frames, Recipe: result.Recipe, Elapsed: result.Wall, Read: read, Length: result.Duration,
	}, err
}

// Look says what stands at the path of a preview. What cannot be read is there and not sound.
func (r renderer) Look(_ context.Context, path string) engine.Standing {
	f, err := os.Open(path)
	if err != nil {
		return engine.Standing{There: !os.IsNotExist(err)}
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil || !stat.Mode().IsRegular() {
		return engine.Standing{There: true}
	}
	b, err := bif.Open(f, stat.Size())
	if err != nil {
		return engine.Standing{There: true}
	}
	report := bif.Check(b, bif.Want{})
	return engine.Standing{
		There: true, Sound: report.Verdict.Sound, Frames: b.Len(), Interval: b.Interval(), Width: report.Width,
	}
}

// Suspend stops all that renders where it is.
func (r renderer) Suspend() {
	if err := r.brake.Pull(); err != nil {
		r.log.Warn().Err(err).Msg("an FFmpeg goes on though it should pause")
	}
}

// Resume lets it go on.
func (r renderer) Resume() {
	if err := r.brake.Release(); err != nil {
		r.log.Warn().Err(err).Msg("an FFmpeg stays paused though it should go on")
	}
}
