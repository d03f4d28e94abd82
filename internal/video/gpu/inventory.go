package gpu

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// Inventory is what a machine has to decode on.
type Inventory struct {
	// Candidates are the devices, the best first and the CPU last. There is always the CPU.
	Candidates []Candidate
	// Notes are what else is good to know: a driver without a card, a graphics card that is no decoder.
	Notes []Note
	// Looked is where GPUs were looked for: "nvidia-smi", "/dev/dri".
	Looked []string
}

// Note is something about the machine that is no device.
type Note struct {
	Text string // one plain sentence
	Hint string // what to do about it; may be empty and may have several lines
}

// List finds the devices of a machine, those included of which it is clear that they cannot work. The features are the
// FFmpeg's that will be used; without any hwaccels in them, as when there is no FFmpeg, no device is ruled out by them.
//
// It reads some small files and runs nvidia-smi, which is given up after 15 s. It decodes nothing.
func List(ctx context.Context, m Machine, f ffmpeg.Features) Inventory {
	var inv Inventory
	switch m.GOOS {
	case "linux":
		inv.nvidia(ctx, m)
		inv.renderNodes(m)
	case "windows":
		inv.windows(ctx, m, f)
	case "darwin":
		inv.videoToolbox(ctx, m)
	}
	for i, c := range inv.Candidates {
		if !has(f, c.Device.Kind) {
			inv.Candidates[i] = c.blocked(lacking(c.Device.Kind))
		}
	}
	slices.SortStableFunc(inv.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(rank(a.Device.Kind), rank(b.Device.Kind)), compareBool(a.Integrated, b.Integrated))
	})
	inv.Candidates = append(inv.Candidates, Candidate{Device: preview.CPUDevice(), Driver: m.GOOS})
	return inv
}

// has reports whether the FFmpeg reaches devices of the kind.
func has(f ffmpeg.Features, k preview.DeviceKind) bool {
	return len(f.HWAccels) == 0 || f.HWAccels[string(k)]
}

func lacking(k preview.DeviceKind) trouble {
	return trouble{
		preview.FFmpegLacks,
		"This FFmpeg was built without " + string(k) + ".",
		"Use an FFmpeg that has it, such as jellyfin-ffmpeg, and name it with SCRUBJAY_FFMPEG.",
	}
}

// rank is a kind's place in the list. CUDA comes before what else reaches the same card.
func rank(k preview.DeviceKind) int {
	return slices.Index([]preview.DeviceKind{preview.CUDA, preview.VAAPI, preview.D3D11VA, preview.VideoToolbox}, k)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// GPUs are the candidates without the CPU.
func (inv Inventory) GPUs() []Candidate {
	return slices.DeleteFunc(slices.Clone(inv.Candidates), func(c Candidate) bool { return !c.Device.GPU() })
}

// Summary says in one friendly line what was found.
func (inv Inventory) Summary() string {
	gpus := inv.GPUs()
	if len(gpus) == 0 {
		if len(inv.Looked) == 0 {
			return "No GPU found; the CPU makes the previews."
		}
		return "No GPU found (looked at " + enumerate(inv.Looked) + "); the CPU makes the previews."
	}
	var fit, out []string
	for _, c := range gpus {
		if c.Blocked() {
			out = append(out, c.Device.Name)
		} else {
			fit = append(fit, c.Device.Name)
		}
	}
	var parts []string
	if len(fit) > 0 {
		parts = append(parts, counted(len(fit))+" found: "+enumerate(fit)+".")
	}
	if len(out) > 0 {
		parts = append(parts, counted(len(out))+" cannot be used: "+enumerate(out)+".")
	}
	if len(fit) == 0 {
		parts = append(parts, "The CPU makes the previews.")
	}
	return strings.Join(parts, " ")
}

func counted(n int) string {
	if n == 1 {
		return "1 GPU"
	}
	return strconv.Itoa(n) + " GPUs"
}

// enumerate joins words as people say them: "a, b and c".
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
