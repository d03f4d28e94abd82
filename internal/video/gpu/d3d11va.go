package gpu

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// Adapter is a graphics adapter as DXGI describes it.
type Adapter struct {
	Index     int    // in DXGI's order, which is what FFmpeg counts by
	Name      string // "Intel(R) UHD Graphics 770"
	Vendor    uint32 // PCI vendor ID
	Device    uint32 // PCI device ID
	Subsystem uint32
	Revision  uint32
	Memory    int64  // bytes of its own
	Software  bool   // there is no hardware behind it
	PCI       string // address, "0000:01:00.0"; empty where Windows does not tell
	Driver    string // version, "31.0.101.4502"; empty where Windows does not tell
}

// windows adds Windows' devices: NVIDIA's by CUDA, which is faster and steadier there than D3D11VA, and all others by
// D3D11VA; NVIDIA's as well, where CUDA cannot be had.
func (inv *Inventory) windows(ctx context.Context, m Machine, f ffmpeg.Features) {
	inv.Looked = append(inv.Looked, "nvidia-smi", "the graphics adapters of Windows")
	var t *trouble
	if program, ok := m.findSMI(); ok {
		var cards []Candidate
		cards, t = m.askSMI(ctx, program)
		inv.add(m, cards)
	}
	cuda := has(f, preview.CUDA) && slices.ContainsFunc(inv.Candidates, func(c Candidate) bool { return !c.Blocked() })

	var adapters []Adapter
	if m.Adapters != nil {
		var err error
		if adapters, err = m.Adapters(); err != nil {
			inv.Notes = append(inv.Notes, Note{
				"Windows did not tell its graphics adapters: " + err.Error() + ".",
				"Update the graphics driver, then restart.",
			})
		}
	}
	if t != nil {
		inv.Notes = append(inv.Notes, t.note())
	}
	for _, a := range hardware(adapters) {
		if a.Vendor == 0x10de && cuda {
			continue
		}
		c := a.candidate()
		for n := 2; slices.ContainsFunc(inv.Candidates, func(o Candidate) bool { return o.Device.ID == c.Device.ID }); n++ {
			c.Device.ID = a.id() + "#" + strconv.Itoa(n) // same card twice, and no address to tell them apart
		}
		inv.Candidates = append(inv.Candidates, c)
	}
}

// hardware leaves out what has no decoder: Windows' own software adapter (1414:008c, "Microsoft Basic Render Driver"),
// and adapters that remote desktops and virtual displays put before the real one at the same address.
func hardware(adapters []Adapter) []Adapter {
	var out []Adapter
	for _, a := range adapters {
		if a.Software || a.Vendor == 0x1414 {
			continue
		}
		if a.PCI != "" && slices.ContainsFunc(out, func(o Adapter) bool { return o.PCI == a.PCI }) {
			continue
		}
		out = append(out, a)
	}
	return out
}

func (a Adapter) id() string {
	if a.PCI != "" {
		return "d3d11va:" + a.PCI
	}
	return fmt.Sprintf("d3d11va:%04x:%04x:%08x:%02x", a.Vendor, a.Device, a.Subsystem, a.Revision)
}

func (a Adapter) candidate() Candidate {
	name := clip(a.Name)
	if name == "" {
		name = "Graphics adapter " + strconv.Itoa(a.Index)
	}
	return Candidate{
		Device: preview.Device{ID: a.id(), Kind: preview.D3D11VA, Name: name, Handle: strconv.Itoa(a.Index)},
		Driver: a.Driver,
		PCI:    a.PCI,
		Memory: a.Memory,
		// A processor's GPU sets aside 128 MiB (Intel) to 1 GiB (AMD) as its own.
		Integrated: a.Memory <= 1<<30,
		remedies: map[preview.Reason]string{
			preview.DeviceDriver: "Install the newest driver from the maker of the graphics card; the one of Windows Update may lack decoding.",
		},
	}
}
