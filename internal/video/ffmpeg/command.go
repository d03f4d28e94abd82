package ffmpeg

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Command is one run of FFmpeg or ffprobe. The zero value of every field but Path is a good default.
type Command struct {
	Path string   // of the program, absolute
	Args []string // without the program's own name
	Env  []string // "KEY=value", added to the environment of this process

	// Feed writes the program's stdin, which is closed when Feed returns. Its ctx ends when the program does, or
	// has to; Feed must return soon after that, and it must also return when a write fails. Such a failed write is
	// no error of the run: a program may stop reading when it has enough. Any other error ends the program and is
	// what Wait returns. Without Feed, stdin is the null device.
	Feed func(ctx context.Context, w io.Writer) error

	// Read reads the program's stdout. An error ends the program. What Read leaves unread is thrown away, so that
	// the program never waits for a reader. Without Read, stdout is the null device.
	//
	// Feed and Read run in goroutines of their own, beside each other.
	Read func(r io.Reader) error

	// Stall ends the program when it made no progress for so long: no byte through stdin or stdout, and nothing
	// read from a file where the system tells. The time during which the program is suspended does not count.
	// Zero lets it wait for ever.
	Stall time.Duration

	// Brake can hold the program, together with others. Nil is none.
	Brake *Brake

	// Nice runs the program with lowered CPU and, on Linux, I/O priority.
	Nice bool

	// Log gets debug lines: the start, every line of stderr, the end.
	Log zerolog.Logger
}

// Usage is what a run cost.
type Usage struct {
	CPU  time.Duration // user and system time of the program and of its children
	Wall time.Duration // from the start to the end of the program, held or not

	// FileBytes is what the program read by read(2) from anything but its stdin, its own libraries' headers
	// included (some hundred KiB); -1 where the system does not tell.
	FileBytes int64
}

// Run starts a command and waits for its end. The errors are those of [Start] and [Process.Wait].
func Run(ctx context.Context, c Command) (Usage, error) {
	p, err := Start(ctx, c)
	if err != nil {
		return Usage{FileBytes: -1}, err
	}
	return p.Wait()
}

// Output runs a command and returns what it printed on stdout, in place of Command.Read. More than limit bytes end
// the command with [preview.FFmpegGarbage].
func Output(ctx context.Context, c Command, limit int64) ([]byte, Usage, error) {
	var out bytes.Buffer
	c.Read = func(r io.Reader) error {
		n, err := io.Copy(&out, io.LimitReader(r, limit+1))
		if err == nil && n > limit {
			return preview.Because(preview.FFmpegGarbage, "read output of %s: more than %d bytes", c.name(), limit)
		}
		if err != nil {
			return fmt.Errorf("read output of %s: %w", c.name(), err)
		}
		return nil
	}
	usage, err := Run(ctx, c)
	if err != nil {
		return nil, usage, err
	}
	return out.Bytes(), usage, nil
}
