package cli

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

// realEngine is the engine that works.
func realEngine(dirs paths.Dirs) Engine {
	return Engine{
		FFmpeg: func(ctx context.Context, anew bool) (*ffmpeg.Tools, []ffmpeg.Candidate, error) {
			places := ffmpeg.Usual()
			if !anew {
				places.Memory = filepath.Join(dirs.Cache, "ffmpeg.json")
			}
			return ffmpeg.Find(ctx, places)
		},
		Devices: func(ctx context.Context, tools *ffmpeg.Tools, ask DeviceQuestion, log zerolog.Logger) Devices {
			cache := gpu.OpenCache(filepath.Join(dirs.Cache, "devices.json"))
			return prove(ctx, tools, gpu.List(ctx, gpu.Host(), tools.Features), cache, ask, log)
		},
		Renderer: func(tools *ffmpeg.Tools, log zerolog.Logger) Renderer {
			return &render.Renderer{Tools: tools, Log: log}
		},
	}
}

// prove has each device decode its clips, all devices at once, unless the cache knows it already.
func prove(ctx context.Context, tools *ffmpeg.Tools, inv gpu.Inventory, cache *gpu.Cache, ask DeviceQuestion, log zerolog.Logger) Devices {
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
