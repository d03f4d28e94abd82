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
func realEngine(getenv func(string) string, dirs paths.Dirs) Engine {
	return Engine{
		Renderer: func(tools *ffmpeg.Tools, log zerolog.Logger) Renderer {
			return &render.Renderer{Tools: tools, Log: log}
		},
		FFmpeg: func(context.Context) (*ffmpeg.Tools, error) {
			return nil, preview.Because(preview.FFmpegMissing, "none")
		},
	}
}
