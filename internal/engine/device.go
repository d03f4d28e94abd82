package engine

import (
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	// faultsToRest is after how many faults in a row a device rests.
	faultsToRest = 3
	// firstRest is how long it rests then; each rest in a row is twice as long, up to longestRest.
	firstRest   = 5 * time.Minute
	longestRest = time.Hour
)

// device is a device as the engine uses it. A device that is not named any
// more stays, with no slots, until its last video is through.
type device struct {
	preview.Device
	proofs  []preview.Proof
	slots   int
	leaves  bool // it is not named any more
	busy    int
	faults  int           // in a row
	rest    time.Duration // of the last rest in a row
	until   time.Time     // it rests
	because preview.Reason
}

// free reports whether the device can take a video now. One that failed in a row gets one at a time after its rest, until
// it has made a preview.
func (d *device) free(now time.Time) bool {
	slots := d.slots
	if d.faults >= faultsToRest {
		slots = min(slots, 1)
	}
	return d.busy < slots && !now.Before(d.until)
}

// faulted counts a fault, and reports whether the device rests now.
func (d *device) faulted(r preview.Reason, now time.Time) bool {
	d.faults++
	if d.faults < faultsToRest || now.Before(d.until) {
		return false
	}
	d.rest = min(max(2*d.rest, firstRest), longestRest)
	d.until, d.because = now.Add(d.rest), r
	return true
}

// worked forgets all faults, and reports whether there was a rest among them.
func (d *device) worked() bool {
	rested := !d.until.IsZero()
	d.faults, d.rest, d.until, d.because = 0, 0, time.Time{}, ""
	return rested
}

// SetSlots says anew which devices may be used, the best first, and for how many videos at once. It takes effect now; a
// device that has more videos than slots, or is not named any more, ends those and begins no others.
func (e *Engine) SetSlots(slots []Slots) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.setSlotsLocked(slots)
	e.hub.Publish(e.slotsLocked())
	poke(e.wakeDispatch)
}

func (e *Engine) setSlotsLocked(slots []Slots) {
	old := e.devices
	e.devices = nil
	for _, s := range slots {
		d := &device{}
		if i := slices.IndexFunc(old, func(o *device) bool { return o.ID == s.Device.ID }); i >= 0 {
			d = old[i]
			old = slices.Delete(slices.Clone(old), i, i+1)
		}
		d.leaves = false
		d.Device, d.proofs, d.slots = s.Device, s.Proofs, max(0, s.Count)
		e.devices = append(e.devices, d)
	}
	for _, d := range old {
		if d.slots, d.leaves = 0, true; d.busy > 0 {
			e.devices = append(e.devices, d)
		}
	}
}

// releaseLocked gives a slot back.
func (e *Engine) releaseLocked(d *device) {
	if d.busy--; d.busy == 0 && d.leaves {
		e.devices = slices.DeleteFunc(e.devices, func(o *device) bool { return o == d })
	}
	poke(e.wakeDispatch)
	e.hub.Publish(e.slotsLocked())
}

// anotherLocked reports whether a device that may be used has not tried yet.
func (e *Engine) anotherLocked(tried []string) bool {
	return slices.ContainsFunc(e.devices, func(d *device) bool { return d.slots > 0 && !slices.Contains(tried, d.ID) })
}

// slotsLocked says how the devices are.
func (e *Engine) slotsLocked() event.SlotsChanged {
	return event.SlotsChanged{Devices: e.devicesLocked()}
}

func (e *Engine) devicesLocked() []event.Device {
	now := time.Now()
	out := make([]event.Device, 0, len(e.devices))
	for _, d := range e.devices {
		shown := event.Device{ID: d.ID, Name: d.Name, Slots: d.slots, Busy: d.busy}
		if now.Before(d.until) {
			shown.RestsUntil, shown.Because = d.until, d.because
		}
		out = append(out, shown)
	}
	return out
}
