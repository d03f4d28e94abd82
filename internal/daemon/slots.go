package daemon

import (
	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
)

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
