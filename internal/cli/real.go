package cli

import (
	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// realEngine is the engine that works.
func realEngine(dirs paths.Dirs) Engine {
	machine := daemon.Machine{Dirs: dirs}
	return Engine{
		FFmpeg:  machine.FFmpeg,
		Devices: machine.Devices,
		Renderer: func(tools *ffmpeg.Tools, log zerolog.Logger) Renderer {
			return &render.Renderer{Tools: tools, Log: log}
		},
	}
}
