package probe

import (
	"strings"
	"time"
)

// start is the file's first timestamp. Where FFmpeg did not learn it, the first picture's must do.
func (a answer) start(f frame) time.Duration {
	if d, ok := a.Format.Start.time(); ok {
		return d
	}
	d, _ := f.Time.time()
	return d
}

// duration is the time from start to the file's end: the first positive one of what the format, the stream and
// Matroska's tag say.
func (a answer) duration(s stream, start time.Duration) time.Duration {
	if d, ok := a.Format.Duration.time(); ok && d > 0 {
		if start > 0 && d > start && a.fromZero(s, d) {
			return d - start
		}
		return d
	}
	if d, ok := s.Duration.time(); ok && d > 0 {
		return d
	}
	return s.Tags["DURATION"].clock() // only mkvmerge and FFmpeg write it
}

// fromZero reports whether the duration d of a file counts from zero, not from the file's first timestamp. FFmpeg
// passes on what the container says, and that differs: a MP4 whose edit list starts with a gap of 5 s and that shows
// 10 s of pictures says 15 s, and so does a Matroska file that FFmpeg wrote; mkvmerge writes 10 s, a transport stream
// is measured from its first timestamp.
func (a answer) fromZero(s stream, d time.Duration) bool {
	if strings.HasPrefix(string(a.Format.Name), "matroska") {
		return strings.HasPrefix(string(a.Format.Tags["encoder"]), "Lavf") || strings.HasPrefix(string(a.Format.Tags["ENCODER"]), "Lavf")
	}
	first, ok1 := s.Start.time()
	length, ok2 := s.Duration.time()
	return ok1 && ok2 && (first+length-d).Abs() < (length-d).Abs()
}
