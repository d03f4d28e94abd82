package daemon

import (
	"context"
	"path/filepath"
	"sync"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
	"github.com/scrubjay/scrubjay/internal/video/probe"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// Machine is this computer as far as making previews goes. It may be used from any goroutine.
type Machine struct{ Dirs paths.Dirs }

// FFmpeg finds FFmpeg and says what it can do, from memory unless it is to be asked anew. The candidates say what was
// considered, also with an error.
func (m Machine) FFmpeg(ctx context.Context, anew bool) (*ffmpeg.Tools, []ffmpeg.Candidate, error) {
	places := ffmpeg.Usual()
	if !anew {
		places.Memory = filepath.Join(m.Dirs.Cache, "ffmpeg.json")
	}
	return ffmpeg.Find(ctx, places)
}

// DeviceQuestion says which devices are looked at, and how hard.
type DeviceQuestion struct {
	Retest   bool // test again what an earlier run has tested
	GPUsOnly bool // leave the CPU out: it works, and its test costs a second
}

// Devices are the devices of a machine.
type Devices struct {
	Reports []preview.DeviceReport // the best first, the CPU last
	Notes   []gpu.Note             // what else is good to know about the machine
	Summary string                 // all of it in one friendly line
}

// Devices looks at the devices and has each of them decode its clips, all at once, unless that is known already.
func (m Machine) Devices(ctx context.Context, tools *ffmpeg.Tools, ask DeviceQuestion, log zerolog.Logger) Devices {
	cache := gpu.OpenCache(filepath.Join(m.Dirs.Cache, "devices.json"))
	inv := gpu.List(ctx, gpu.Host(), tools.Features)
	candidates := inv.Candidates
	if ask.GPUsOnly {
		candidates = inv.GPUs()
	}
	out := Devices{Reports: make([]preview.DeviceReport, len(candidates)), Notes: inv.Notes, Summary: inv.Summary()}
	tested := make([]bool, len(candidates))
	var wg sync.WaitGroup
	for i, c := range candidates {
		if known, ok := cache.Get(c, tools.Banner); ok && !ask.Retest {
			out.Reports[i] = known
			continue
		}
		tested[i] = true
		wg.Go(func() {
			out.Reports[i] = gpu.Verify(ctx, c, decodeClip(&render.Renderer{Tools: tools, Log: log}))
		})
	}
	wg.Wait()
	for i, c := range candidates {
		r := out.Reports[i]
		log.Debug().Str("device", r.Device.ID).Str("driver", c.Driver).Bool("tested", tested[i]).
			Str("outcome", string(r.Outcome)).Str("because", r.Because).Msg("looked at a device")
		if tested[i] {
			cache.Put(c, tools.Banner, r)
		}
	}
	if err := cache.Save(); err != nil { // then it is tested again the next time
		log.Warn().Err(err).Msg("could not keep the device tests")
	}
	return out
}

// decodeClip decodes gpu's clips as films are decoded, and looks at what comes out.
func decodeClip(r *render.Renderer) gpu.Decode {
	return func(ctx context.Context, d preview.Device, codec string, clip []byte) error {
		pictures, err := r.Sample(ctx, d, clipInfo(codec), clip)
		if err != nil {
			return err
		}
		for _, p := range pictures {
			if err := gpu.LooksRight(p); err != nil {
				return err
			}
		}
		return nil
	}
}

// clipInfo is what ffprobe would say of a clip, as assets.ProbeClip documents it.
func clipInfo(codec string) probe.Info {
	v := probe.Info{
		Format: "matroska,webm", Codec: codec, PixFmt: "yuv420p", BitDepth: 8,
		Width: 640, Height: 360, SampleAspect: 1, FrameRate: 24,
		Matrix: "bt709", Primaries: "bt709", Transfer: "bt709", HDR: probe.SDR,
	}
	if codec == "hevc" {
		v.Profile, v.PixFmt, v.BitDepth = "Main 10", "yuv420p10le", 10
	}
	return v
}
