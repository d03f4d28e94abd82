// Package container says where the pictures of a video lie in its file, so that only those are read.
//
// Its subpackages mp4 and mkv read the index that the container itself carries (moov, Cues) through io.ReaderAt
// and hand out single packets. They believe no length that the file states: every offset is checked against the
// file's size before anything is read or allocated, and a file that does not make sense gets an [Error], never a
// panic. Nothing here decodes a picture, knows FFmpeg, or writes to the file.
package container

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Track is one video track of an open file. Its methods may be called from several goroutines at once.
type Track interface {
	// Info says what the track holds.
	Info() TrackInfo
	// Keyframes lists the packets that decode by themselves, by rising presentation time. The caller must not
	// change the slice.
	Keyframes() []Keyframe
	// Group lists the packets from keyframe k (an index into Keyframes) up to, not including, the next keyframe,
	// in decode order; the first one is the keyframe. Pictures that are shown before the keyframe although they
	// are stored after it ("leading" pictures of an open GOP) are part of its group. It may read packet headers,
	// never payloads. Its cost is that of one group.
	Group(k int) ([]Sample, error)
	// Key returns keyframe k as a Sample. It may read a packet header.
	Key(k int) (Sample, error)
	// Read returns the payload of a sample as a decoder wants it (header-stripping and zlib undone), using buf's
	// storage when it is large enough.
	Read(s Sample, buf []byte) ([]byte, error)
}

// TrackInfo is what a container says of one video track. Times are as in [Keyframe].
type TrackInfo struct {
	// ID is the track's number in the file: track_ID of MP4 (what ffprobe prints as id), TrackNumber of Matroska.
	ID uint64
	// Codec is the Matroska codec ID that names the packets' format: "V_MPEG4/ISO/AVC", "V_MPEGH/ISO/HEVC",
	// "V_AV1", "V_VP9", "V_MPEG2", "V_MS/VFW/FOURCC" ... It is empty when there is no such name for it.
	Codec string
	// Private is the decoder's configuration as Matroska stores it (avcC, hvcC, av1C, a sequence header, a
	// BITMAPINFOHEADER ...). It may be empty.
	Private []byte
	// Width and Height are those of the coded picture, in pixels, as the container states them.
	Width, Height int
	// Duration of the track, or of the file where the track does not say; 0 when neither does.
	Duration time.Duration
	// Complete reports whether the file is as long as its index says. When it is false, the keyframes that lie
	// beyond the end are left out of Keyframes.
	Complete bool
}

// Keyframe is a picture that decodes by itself.
type Keyframe struct {
	// At is the presentation time on the file's own clock, with edit lists applied: the clock of ffprobe's
	// pts_time. The first picture of a file need not be at 0.
	At time.Duration
	// Ref finds the packet again; only the package that made it knows what it means.
	Ref int64
	// Hidden says that an edit list cuts the picture out: it is there to decode from, and its time is before that of
	// all that are shown. Phones trim videos that way.
	Hidden bool
}

// Sample is one packet: where it is and when it is shown.
type Sample struct {
	At     time.Duration // presentation time, as in Keyframe
	Offset int64         // of the payload, from the file's start
	Size   int           // of the payload as stored, in bytes
	Key    bool
}

// Source is a file that is being read.
type Source struct {
	R    io.ReaderAt
	Size int64
}

// ErrNotMine means that a file is of another container format. Callers try the next one, or let FFmpeg read it.
var ErrNotMine = errors.New("not this container format")

// ErrNoIndex means that the file is of this format but its index cannot be had, or not cheaply: none is there, or
// it uses a feature that this package leaves to FFmpeg (encryption, several edits at odd speeds, ...).
var ErrNoIndex = errors.New("no usable index")

// Error says where in a file something does not make sense. It wraps ErrNoIndex when FFmpeg may still make
// something of the file, or io.ErrUnexpectedEOF when the file was cut off.
type Error struct {
	Offset int64  // where the faulty element starts, from the file's start
	What   string // "stsz: 4000000000 samples do not fit into 812 bytes"
	Err    error  // may be nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("at byte %d: %s: %v", e.Offset, e.What, e.Err)
	}
	return fmt.Sprintf("at byte %d: %s", e.Offset, e.What)
}

func (e *Error) Unwrap() error { return e.Err }
