package cli

import (
	"context"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// Engine is what does the work beneath the command line. Its fields may be called from any goroutine.
type Engine struct {
	// FFmpeg finds FFmpeg and says what it can do, from memory unless it is to be asked anew. The candidates say what was
	// considered, also with an error.
	FFmpeg func(ctx context.Context, anew bool) (*ffmpeg.Tools, []ffmpeg.Candidate, error)
	// Devices looks at this machine's devices and has them decode something.
	Devices func(ctx context.Context, tools *ffmpeg.Tools, ask daemon.DeviceQuestion, log zerolog.Logger) daemon.Devices
	// Renderer returns what makes previews with these tools.
	Renderer func(tools *ffmpeg.Tools, log zerolog.Logger) Renderer
}

// Renderer makes previews. It may be used from several goroutines at once.
type Renderer interface {
	// Render makes one preview. When it returns, its FFmpegs are gone and nothing unfinished is left on the disk,
	// whether it succeeded, failed or was cancelled.
	Render(ctx context.Context, r render.Request) (render.Result, error)
	// Fresh reports whether out is a sound preview of the video as it is now, made with these settings.
	Fresh(ctx context.Context, video, out string, spec preview.Spec) (bool, error)
}

// ffmpeg finds FFmpeg, and writes to the log why it is this one.
func (a *app) ffmpeg(ctx context.Context) (*ffmpeg.Tools, error) {
	tools, candidates, err := a.Engine.FFmpeg(ctx, false)
	for _, c := range candidates {
		a.log.Debug().Str("path", c.Path).Str("what", c.What).Bool("taken", c.Taken).Str("note", c.Note).Msg("considered an FFmpeg")
	}
	return tools, err
}
