package gpu

import (
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Candidate is a device that this machine seems to have. [Verify] tells whether it works.
type Candidate struct {
	Device preview.Device

	// Driver is the driver's name and version, as far as the system tells it without being asked twice: "535.161.07",
	// "i915 6.1.0-18-amd64". A proof counts as long as it does not change.
	Driver string
	// PCI is the address on the bus, "0000:03:00.0"; empty where there is none or it is unknown.
	PCI string
	// Memory is the device's own, in bytes; 0 when unknown.
	Memory int64
	// Integrated says that the device is part of the processor, as far as that can be told.
	Integrated bool

	// Reason, Because and Hint are set when the device cannot work, and there is no use in trying it: why, for programs;
	// why, in one plain sentence; and what to do about it, which may have several lines.
	Reason  preview.Reason
	Because string
	Hint    string

	// remedies are what to do when trying it shows one of these reasons.
	remedies map[preview.Reason]string
}

// Blocked reports whether it is known without trying that the device cannot work.
func (c Candidate) Blocked() bool { return c.Because != "" }

// blocked returns the candidate with the reason why it cannot work. The first reason stays.
func (c Candidate) blocked(t trouble) Candidate {
	if !c.Blocked() {
		c.Reason, c.Because, c.Hint = t.reason, t.because, t.hint
	}
	return c
}

// remedy says what to do when trying the device came to the reason.
func (c Candidate) remedy(r preview.Reason) string {
	if hint, ok := c.remedies[r]; ok {
		return hint
	}
	switch r {
	case preview.DevicePermission, preview.DeviceDriver:
		return "" // the catalogue's hint leads to the very screen on which this is shown
	}
	return r.Hint()
}

// trouble is why something does not work, and what to do about it.
type trouble struct {
	reason        preview.Reason
	because, hint string
}

// note is the trouble for a screen, without a device.
func (t trouble) note() Note { return Note{Text: t.because, Hint: t.hint} }
