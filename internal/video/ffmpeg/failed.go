package ffmpeg

import (
	"fmt"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Failed is a program that ended with an exit status other than zero, or by a signal that we did not send.
type Failed struct {
	Name   string // "ffmpeg", "ffprobe"
	Code   int    // exit status; -1 when a signal ended it
	Signal string // "killed", "segmentation fault"; empty when it exited by itself
	Tail   []byte // the last 4 KiB of stderr, as they came
}

func (f *Failed) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s: ", f.Name)
	if f.Signal != "" {
		fmt.Fprintf(&b, "ended by signal: %s", f.Signal)
	} else {
		fmt.Fprintf(&b, "exit status %d", f.Code)
	}
	if last := lastLines(f.Tail); last != "" {
		b.WriteString(": ")
		b.WriteString(last)
	}
	return b.String()
}

// Reason is what the end of stderr says, or FFmpegFailed where nobody knows its words.
func (f *Failed) Reason() preview.Reason {
	if r, ok := reasonIn(f.Tail); ok {
		return r
	}
	switch f.Signal {
	case "killed", "terminated", "interrupt", "hangup", "quit":
		// The kernel's out-of-memory killer sends the first; a system that shuts down the others.
		return preview.FFmpegKilled
	}
	if f.Code == 255 && len(f.Tail) == 0 {
		return preview.FFmpegKilled // FFmpeg catches SIGTERM, ends in peace and says so at -loglevel info only
	}
	return preview.FFmpegFailed
}
