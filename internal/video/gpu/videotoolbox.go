package gpu

import (
	"context"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// videoToolbox adds the one device that macOS has: VideoToolbox chooses the hardware itself.
func (inv *Inventory) videoToolbox(ctx context.Context, m Machine) {
	inv.Looked = append(inv.Looked, "VideoToolbox")
	ask := func(program string, args ...string) string {
		answer, err := m.run(ctx, program, args...)
		if err != nil || answer.Code != 0 {
			return ""
		}
		return clip(firstLine(answer.Stdout))
	}
	name := "VideoToolbox"
	if chip := ask("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"); strings.HasPrefix(chip, "Apple ") {
		name = chip + " (VideoToolbox)"
	}
	inv.Candidates = append(inv.Candidates, Candidate{
		Device:     preview.Device{ID: "videotoolbox", Kind: preview.VideoToolbox, Name: name},
		Driver:     strings.TrimSpace("macOS " + ask("/usr/bin/sw_vers", "-productVersion")),
		Integrated: strings.HasPrefix(name, "Apple "),
		remedies: map[preview.Reason]string{
			preview.DeviceDriver: "Update macOS, and use an FFmpeg with VideoToolbox (brew install ffmpeg).",
		},
	})
}
