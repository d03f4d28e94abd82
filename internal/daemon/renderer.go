package daemon

import (
	"context"
	"os"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
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

// slots gives every device that works its slots: the GPUs by the settings or gpuSlots, the CPU by the settings or by its
// cores.
func slots(reports []preview.DeviceReport, want slotCounts) []engine.Slots {
	var out []engine.Slots
	for _, r := range reports {
		n := want.of(r.Device)
		if r.Outcome == preview.Works && n > 0 {
			out = append(out, engine.Slots{Device: r.Device, Proofs: r.Proofs, Count: n})
		}
	}
	return out
}

const (
	// gpuSlots is how many videos one GPU works on at once: while one FFmpeg starts up or waits for the disk, the other
	// decodes.
	gpuSlots = 2
	// coresPerSlot is how many cores one video keeps busy on the CPU. FFmpeg decodes with several threads.
	coresPerSlot = 4
)

// slotCounts are the slots that the settings ask for.
type slotCounts struct {
	cpu, gpu int            // -1: what suits the machine
	each     map[string]int // by device ID
	cores    int            // of the machine
}

// gpus reports whether any GPU may have a slot; otherwise none needs to be looked at.
func (c slotCounts) gpus() bool {
	for _, n := range c.each {
		if n > 0 {
			return true
		}
	}
	return c.gpu != 0
}

func (c slotCounts) of(d preview.Device) int {
	if n, ok := c.each[d.ID]; ok {
		return n
	}
	switch {
	case d.GPU() && c.gpu >= 0:
		return c.gpu
	case d.GPU():
		return gpuSlots
	case c.cpu >= 0:
		return c.cpu
	}
	return max(1, c.cores/coresPerSlot)
}
