// Package probe knows what a video is: one run of ffprobe, made into an [Info].
//
// [Args] is the question and [Parse] reads the answer; both are pure. [Probe] asks. What a file says of itself is
// not believed blindly: a value that cannot be is taken for unknown. The package decides nothing about how pictures
// are made, and is blind to devices, filters and previews.
package probe

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

const (
	// mostOutput is more than ffprobe has to say of any video, tags with a book in them included.
	mostOutput = 16 << 20
	// stall is how long ffprobe may read nothing: a disk that has to spin up, a share that has to wake, take less.
	stall = time.Minute
)

// Args is ffprobe's command line for the video at path: streams that move, the format, and the first frame, for
// what only a decoded frame tells (HDR10+, fields, a Dolby Vision stream whose record was lost).
func Args(path string) []string { return args(path, limited(path)) }

func args(path string, limit bool) []string {
	out := []string{"-v", "error"}
	if limit {
		out = append(out, "-analyzeduration", "1000000")
	}
	return append(
		out,
		// V leaves out cover art, whose packet would otherwise be the one that is read.
		"-select_streams", "V",
		"-show_streams", "-show_format", "-show_frames",
		"-read_intervals", "%+#1", // one packet: the decoder is drained after it and gives its frame
		"-threads", "1", // else every core gets frame buffers for that one frame
		"-of", "json",
		"-i", "file:"+path,
	)
}

// limited reports whether one second of a file is enough for FFmpeg to know its streams, going by the name.
// Matroska and MP4 say most in their headers; what FFmpeg goes on looking for, up to 5 MB of it, is the size of
// picture subtitles that start later (PGS), which nobody asked for: of a 9 Mbit/s video with such subtitles 1.7 MB
// were read instead of 5. A transport stream says nothing before its pictures do.
func limited(path string) bool {
	return slices.Contains([]string{".mkv", ".webm", ".mp4", ".m4v", ".mov"}, strings.ToLower(filepath.Ext(path)))
}

// Probe asks ffprobe what the video at path is; brake, which may be nil, holds it. Usage is what that cost. Besides Parse's errors there are the
// [preview.Fault]s VideoMissing, VideoUnreadable, VideoEmpty, VideoCutOff, and those of [ffmpeg.Output].
func Probe(ctx context.Context, tools *ffmpeg.Tools, path string, brake *ffmpeg.Brake) (Info, ffmpeg.Usage, error) {
	size, err := regular(path)
	if err != nil {
		return Info{}, ffmpeg.Usage{}, err
	}
	limit := limited(path)
	info, usage, err := ask(ctx, tools, path, size, limit, brake)
	if limit && info.Format != "" && !strings.HasPrefix(info.Format, "matroska") && !strings.HasPrefix(info.Format, "mov") {
		// The name lied about the format: look at more than a second of it.
		first := usage
		info, usage, err = ask(ctx, tools, path, size, false, brake)
		usage = sum(first, usage)
	}
	return info, usage, err
}

func ask(ctx context.Context, tools *ffmpeg.Tools, path string, size int64, limit bool, brake *ffmpeg.Brake) (Info, ffmpeg.Usage, error) {
	out, usage, err := ffmpeg.Output(ctx, ffmpeg.Command{
		Path: tools.FFprobe, Args: args(path, limit), Stall: stall, Brake: brake, Nice: true,
	}, mostOutput)
	if err != nil {
		return Info{}, usage, explain(err, path)
	}
	info, err := Parse(out, size)
	return info, usage, err
}

func sum(a, b ffmpeg.Usage) ffmpeg.Usage {
	out := ffmpeg.Usage{CPU: a.CPU + b.CPU, Wall: a.Wall + b.Wall, FileBytes: -1}
	if a.FileBytes >= 0 && b.FileBytes >= 0 {
		out.FileBytes = a.FileBytes + b.FileBytes
	}
	return out
}
