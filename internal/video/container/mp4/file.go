// Package mp4 finds the keyframes and single packets of the video tracks of MP4, MOV, M4V and 3GP files.
//
// It knows ISO/IEC 14496-12 and the QuickTime file format, plain and fragmented, and puts pictures on the same clock
// as FFmpeg's demuxer does (libavformat/mov.c), edit lists included, because the rest of Scrubjay and its users see
// the file through FFmpeg's eyes. It is blind to sound, subtitles and metadata, and to what is inside a packet.
//
// The sample tables of a long film are megabytes. They are read through small windows, once when the file is opened
// and then in pieces of one group; what stays in memory is the list of keyframes.
package mp4

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// File is an open MP4 file. It holds no resources; the source stays the caller's.
type File struct {
	tracks []container.Track
}

// Open reads the index of an MP4 file. The error wraps [container.ErrNotMine] when it is no MP4 file,
// [io.ErrUnexpectedEOF] when it was cut off before its index was written or within it, and [container.ErrNoIndex] when
// only FFmpeg can make sense of it.
//
// A video track that cannot be used is left out when there is another that can; Open fails when there are video
// tracks and none can be used. A file with sound only has no tracks and is no error.
func Open(src container.Source) (*File, error) {
	w := newWindow(src, headerStep)
	moov, err := findMoov(w)
	if err != nil {
		return nil, err
	}
	m, err := readMovie(w, moov)
	if err != nil {
		return nil, err
	}

	f := new(File)
	var first error
	var disabled []container.Track
	for _, tr := range m.traks {
		if tr.handler != video && (tr.handler != "" || tr.err == nil) {
			continue
		}
		t, err := openTrack(w, m, tr)
		switch {
		case err != nil && !errors.Is(err, container.ErrNoIndex):
			return nil, fmt.Errorf("track %d: %w", tr.id, err) // the file could not be read
		case err != nil:
			first = cmp.Or(first, fmt.Errorf("track %d: %w", tr.id, err))
		case tr.enabled:
			f.tracks = append(f.tracks, t)
		default:
			disabled = append(disabled, t)
		}
	}
	f.tracks = append(f.tracks, disabled...)
	if len(f.tracks) == 0 && first != nil {
		return nil, first
	}
	return f, nil
}

// Tracks lists the video tracks in the order of the file, those that the file marks as disabled last. The caller
// must not change the slice.
func (f *File) Tracks() []container.Track { return f.tracks }

// firstKinds are the boxes that a file may start with. Old QuickTime files have no ftyp.
var firstKinds = []string{"ftyp", "moov", "mdat", "wide", "free", "skip", "pnot", "styp", "sidx", "moof", "uuid"}

// mayBeCut are the first boxes that may end behind a file that was cut off. Anything else that does is no MP4.
var mayBeCut = []string{"moov", "mdat", "moof"}

// findMoov hops from box to box, wherever the moov is.
func findMoov(w *window) (box, error) {
	size := w.src.Size
	var image bool
	var at int64
	for at < size {
		b, err := w.box(at, size)
		if at == 0 {
			if err != nil && !errors.Is(err, errBox) {
				return box{}, err
			}
			if err != nil || !slices.Contains(firstKinds, b.kind) || b.end > size && !slices.Contains(mayBeCut, b.kind) {
				return box{}, container.ErrNotMine
			}
		}
		switch {
		case errors.Is(err, errBox):
			at = size // rubbish, or the rest of a header: no moov behind it
			continue
		case err != nil:
			return box{}, err
		case b.kind == "moov" && b.end > size:
			return box{}, &container.Error{Offset: at, What: fmt.Sprintf("moov: %d of its %d bytes are there", size-at, b.end-at), Err: io.ErrUnexpectedEOF}
		case b.kind == "moov":
			return b, nil
		case b.kind == "meta":
			image = true
		}
		at = b.end
	}
	if image || size == 0 {
		return box{}, container.ErrNotMine // HEIF and AVIF: still pictures without a film
	}
	return box{}, &container.Error{Offset: size, What: "moov missing: the recording was not finished, or the file was cut off", Err: io.ErrUnexpectedEOF}
}
