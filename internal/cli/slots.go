package cli

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

const (
	// maxJobs keeps a number that was meant for something else (CUDA cores, files) from bringing the machine to a
	// halt.
	maxJobs = 64
	// gpuSlots is how many videos one GPU works on at once: while one FFmpeg starts up or waits for the disk, the
	// other decodes.
	gpuSlots = 2
	// coresPerSlot is how many cores one video keeps busy on the CPU. FFmpeg decodes with several threads.
	coresPerSlot = 4
)

// devices returns the devices to use, best first: the one that --device names, or all that work.
func (a *app) devices(ctx context.Context, tools *ffmpeg.Tools, name string) ([]preview.Device, error) {
	cpu := preview.CPUDevice()
	if name == cpu.ID {
		return []preview.Device{cpu}, nil // and no GPU is bothered
	}
	stop := a.stderr.show(func(int, int) []string { return []string{a.paint.quiet("Looking at the devices ...")} })
	reports := a.Engine.Devices(ctx, tools, daemon.DeviceQuestion{GPUsOnly: true}, a.log).Reports
	stop()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	a.proofs = make(map[string][]preview.Proof, len(reports))
	for _, r := range reports {
		a.proofs[r.Device.ID] = r.Proofs
	}
	if name != "auto" {
		return chosen(reports, name)
	}
	var out []preview.Device
	for _, r := range reports {
		if r.Outcome == preview.Works {
			out = append(out, r.Device)
		} else {
			a.log.Warn().Str("device", r.Device.ID).Str("because", r.Because).Msg("left a device out")
		}
	}
	return append(out, cpu), nil
}

// chosen finds the GPU that a person named.
func chosen(reports []preview.DeviceReport, name string) ([]preview.Device, error) {
	ids := []string{"auto", preview.CPUDevice().ID}
	for _, r := range reports {
		ids = append(ids, r.Device.ID)
		if r.Device.ID != name {
			continue
		}
		if r.Outcome != preview.Works {
			return nil, &deviceError{r}
		}
		return []preview.Device{r.Device}, nil
	}
	return nil, usage("--device: there is no %q here, only %s", name, strings.Join(ids, ", "))
}

// deviceError is a device that was asked for and does not work.
type deviceError struct{ report preview.DeviceReport }

func (e *deviceError) Error() string {
	return strings.TrimSpace(e.report.Device.ID + " cannot be used: " + e.report.Because + " " + e.report.Hint)
}

// slotsOf returns one device for each video that may be worked on at once, in the order in which slots are given
// out: each GPU once, then each GPU again, the CPU last. jobs is their number, 0 for what suits the devices.
func slotsOf(devices []preview.Device, cores, jobs int) []preview.Device {
	var out, cpu []preview.Device
	for range gpuSlots {
		for _, d := range devices {
			if d.GPU() {
				out = append(out, d)
			}
		}
	}
	for _, d := range devices {
		if !d.GPU() {
			cpu = slices.Repeat([]preview.Device{d}, max(1, cores/coresPerSlot))
		}
	}
	out = append(out, cpu...)
	if jobs == 0 {
		return out
	}
	for i := 0; len(out) < jobs; i++ {
		out = append(out, devices[i%len(devices)])
	}
	return out[:jobs]
}

// rota gives out slots, always the best one that is free.
type rota struct {
	free  chan struct{} // one token for each free slot
	mu    sync.Mutex    // guards taken
	taken []bool
}

func newRota(slots int) *rota {
	r := &rota{free: make(chan struct{}, slots), taken: make([]bool, slots)}
	for range slots {
		r.free <- struct{}{}
	}
	return r
}

// take waits for a free slot and returns its number; ok is false when ctx ends first.
func (r *rota) take(ctx context.Context) (slot int, ok bool) {
	select {
	case <-ctx.Done():
		return 0, false
	case <-r.free:
	}
	if ctx.Err() != nil {
		return 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	slot = slices.Index(r.taken, false)
	r.taken[slot] = true
	return slot, true
}

// give returns a slot.
func (r *rota) give(slot int) {
	r.mu.Lock()
	r.taken[slot] = false
	r.mu.Unlock()
	r.free <- struct{}{}
}
