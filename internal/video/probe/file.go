package probe

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// regular returns the size of the file after a look at whether it can be read at all. What is no regular file is not
// opened: a pipe would block, and a device has no end.
func regular(path string) (int64, error) {
	stat, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, preview.Because(preview.VideoMissing, "look for video: %w", err)
	case err != nil:
		return 0, preview.Because(preview.VideoUnreadable, "look for video: %w", err)
	case !stat.Mode().IsRegular():
		return 0, preview.Because(preview.VideoNotVideo, "look for video: %s is not a regular file", path)
	case stat.Size() == 0:
		return 0, preview.Because(preview.VideoEmpty, "look for video: %s is empty", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return 0, preview.Because(preview.VideoUnreadable, "open video: %w", err)
	}
	return stat.Size(), file.Close()
}

// explain makes ffprobe's failure on a file speak of the file. FFmpeg believes a file's extension when nothing else
// helps, so it says of any text named .mp4 that its moov is missing; whether the file is one shows at its start.
func explain(err error, path string) error {
	failed, ok := errors.AsType[*ffmpeg.Failed](err)
	if !ok || failed.Signal != "" {
		return err
	}
	switch reason := preview.ReasonOf(err); reason {
	case preview.VideoCutOff, preview.VideoDamaged, preview.VideoNotVideo, preview.FFmpegFailed:
		start, readErr := head(path)
		switch {
		case readErr != nil:
			return preview.Because(preview.VideoUnreadable, "read start of video: %w", errors.Join(readErr, err))
		case !film(start):
			return preview.Because(preview.VideoNotVideo, "look at video: %w", err)
		case reason != preview.VideoCutOff:
			return preview.Because(preview.VideoDamaged, "look at video: %w", err)
		}
	}
	return err
}

// head returns the first bytes of a file.
func head(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, 512))
}

// film reports whether a file starts like one of the formats that films come in.
func film(start []byte) bool {
	for _, magic := range []string{
		"\x1A\x45\xDF\xA3",        // Matroska, WebM
		"RIFF",                    // AVI
		"\x30\x26\xB2\x75",        // ASF, WMV
		"\x00\x00\x01\xBA",        // MPEG program stream
		"\x00\x00\x01\xB3",        // MPEG video
		"FLV\x01", "OggS", ".RMF", //
	} {
		if bytes.HasPrefix(start, []byte(magic)) {
			return true
		}
	}
	if len(start) >= 8 && slices.Contains([]string{"ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp"}, string(start[4:8])) {
		return true // MP4, MOV
	}
	sync := func(at int) bool { return at < len(start) && start[at] == 0x47 }
	return sync(0) && sync(188) || sync(4) && sync(4+192) // MPEG transport stream, as broadcast and as on Blu-ray
}
