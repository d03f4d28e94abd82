package cli

import (
	"context"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// realEngine is the engine that works.
func realEngine(dirs paths.Dirs) Engine {
	return Engine{
		FFmpeg: func(ctx context.Context) (*ffmpeg.Tools, []ffmpeg.Candidate, error) {
			return ffmpeg.Find(ctx, ffmpeg.Usual())
		},
		Devices: func(context.Context, *ffmpeg.Tools, bool, zerolog.Logger) ([]preview.DeviceReport, error) {
			return []preview.DeviceReport{{Device: preview.CPUDevice(), Outcome: preview.Works}}, nil
		},
		Renderer: func(tools *ffmpeg.Tools, log zerolog.Logger) Renderer {
			return &render.Renderer{Tools: tools, Log: log}
		},
	}
}
