package mkv

import (
	"math"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// File is an open Matroska or WebM file. It holds no resource of its own: whoever opened the source closes it,
// after the last call of a track.
type File struct {
	src     container.Source
	segment element
	end     int64 // of the segment, as it says; math.MaxInt64 where it does not

	scale    uint64 // nanoseconds in a Segment Tick
	duration float64
	tracks   []*track
	whole    bool // nothing was seen to lie beyond the end of the file

	// Where the rest was found; a size of 0 means not yet.
	info, entries, cues element
	cluster             int64 // the first one; 0 means none
}

// Open reads what a file says of itself and finds the keyframes of its video tracks.
//
// With sound Cues that takes a handful of reads whatever the length of the video. Without them the headers of all
// blocks are read, which on network storage can take as long as the video has megabytes; a caller who must be able
// to give up wraps src.R.
//
// The error is [container.ErrNotMine] for another format, a [container.Error] for a file without readable track
// list, or what src.R answered. A file that is damaged or cut off further on opens with the keyframes up to
// there, and its tracks' Complete is false.
func Open(src container.Source) (*File, error) {
	f := &File{src: src, scale: defaultTimeScale, whole: true}
	w := newWindow(src, 16<<10, 512<<10)
	if err := f.open(w); err != nil {
		return nil, err
	}
	if err := f.readHeaders(w); err != nil {
		return nil, err
	}
	for _, t := range f.tracks {
		t.info.Complete = f.whole
	}
	if err := f.readCues(w); err != nil {
		return nil, err
	}
	if err := f.hop(); err != nil {
		return nil, err
	}
	return f, nil
}

// Tracks lists the video tracks in the order of the file, which is FFmpeg's order of streams too. A track whose
// keyframes could not be found has an empty list of them.
func (f *File) Tracks() []container.Track {
	out := make([]container.Track, len(f.tracks))
	for i, t := range f.tracks {
		out[i] = t
	}
	return out
}

// open finds the segment.
func (f *File) open(w *window) error {
	head, err := w.element(0, math.MaxInt64)
	if err != nil && !isDamage(err) {
		return err
	}
	// Some 40 bytes in the wild; more than 4 KiB of it is something else that begins alike.
	if err != nil || head.id != idEBML || head.size < 0 || head.size > 4<<10 {
		return container.ErrNotMine
	}
	docType := "matroska"
	idLen, sizeLen := uint64(4), uint64(8)
	for e, err := range w.children(head) {
		switch {
		case err != nil:
		case e.id == idDocType:
			docType, err = w.text(e)
		case e.id == idEBMLMaxIDLength:
			idLen, err = w.uint(e)
		case e.id == idEBMLMaxSizeLength:
			sizeLen, err = w.uint(e)
		}
		if err != nil {
			return err
		}
	}
	if docType != "matroska" && docType != "webm" {
		return container.ErrNotMine
	}
	if idLen > 4 || sizeLen > 8 {
		return damaged(0, "EBML with IDs of %d and sizes of %d bytes", idLen, sizeLen)
	}
	// Between header and segment only filling may stand. Eight pieces of it are more than anybody writes.
	pos := head.end()
	for range 8 {
		e, err := w.element(pos, math.MaxInt64)
		if err != nil {
			return err
		}
		if e.id == idSegment {
			f.segment, f.end = e, math.MaxInt64
			if e.size != unknown {
				f.end = e.end()
			}
			f.whole = e.size == unknown || e.end() <= f.src.Size
			return nil
		}
		if e.size == unknown {
			break
		}
		pos = e.end()
	}
	return damaged(pos, "no segment")
}

// readHeaders finds and reads Info and Tracks, and finds the Cues.
func (f *File) readHeaders(w *window) error {
	var seek []element // SeekHeads to be followed
	pos, err := f.survey(w, f.segment.data, true, &seek)
	if err != nil && !isDamage(err) {
		return err
	}
	stopped := err
	if err := f.follow(w, seek); err != nil {
		return err
	}
	// A file without SeekHead may still have its index at the end, unless that was cut off.
	lacking := f.entries.size == 0 || f.whole && len(seek) == 0 && (f.info.size == 0 || f.cues.size == 0)
	if stopped == nil && f.cluster != 0 && lacking {
		if _, err = f.survey(newWindow(f.src, 4<<10, 64<<10), pos, false, nil); err != nil && !isDamage(err) {
			return err
		}
		stopped = err
	}
	if f.entries.size == 0 {
		if stopped != nil {
			return stopped
		}
		return damaged(f.segment.pos, "no tracks")
	}
	if f.info.size > 0 {
		if err := f.readInfo(w); err != nil && !isDamage(err) {
			return err
		}
	}
	return f.readTracks(w)
}

// note remembers e where it is one of the elements that are looked for. The first of each kind counts.
func (f *File) note(e element) {
	var at *element
	switch e.id {
	case idInfo:
		at = &f.info
	case idTracks:
		at = &f.entries
	case idCues:
		at = &f.cues
	default:
		return
	}
	if at.size == 0 && e.size > 0 && e.end() <= f.src.Size {
		*at = e
	}
}

// survey walks the children of the segment from pos on, up to the first cluster or to the end, and returns where
// it stopped. A cluster of unknown size must be walked through block by block to find its end; that is done only
// while the track list is missing, because hopping for keyframes goes the same way later.
func (f *File) survey(w *window, pos int64, toCluster bool, seek *[]element) (int64, error) {
	for pos < min(f.end, f.src.Size) {
		e, err := w.element(pos, f.end)
		switch {
		case err != nil:
			return pos, err
		case e.id == idEBML || e.id == idSegment: // a second file was appended
			return pos, nil
		case e.id == idCluster:
			if f.cluster == 0 {
				f.cluster = pos
			}
			if toCluster {
				return pos, nil
			}
			if e.size == unknown {
				if f.entries.size != 0 {
					return pos, nil
				}
				if e.size, err = f.measure(w, e); err != nil {
					return pos, err
				}
			}
		case e.size == unknown:
			return pos, damaged(pos, "element %X has no size", e.id)
		case e.id == idSeekHead && seek != nil:
			*seek = append(*seek, e)
		}
		f.note(e)
		pos = e.end()
	}
	return pos, nil
}

// measure returns the size of a cluster that does not say it.
func (f *File) measure(w *window, cluster element) (int64, error) {
	b := newWalker(f, w, cluster.pos, func(uint64) bool { return false })
	b.oneCluster = true
	for {
		if _, ok, err := b.next(); !ok {
			return b.pos - cluster.data, err
		}
	}
}

// follow reads SeekHeads, those that they point to as well, and notes what they point at. What they say is
// believed only where an element of that ID is there; a place beyond the end means that the file was cut off.
func (f *File) follow(w *window, seek []element) error {
	for n := 0; n < len(seek) && n < maxSeekHeads; n++ {
		entries, err := f.readSeekHead(w, seek[n])
		if err != nil && !isDamage(err) {
			return err
		}
		for _, s := range entries {
			pos := s.pos
			if pos >= f.src.Size {
				f.whole = false
				continue
			}
			e, err := w.element(pos, f.end)
			if err != nil && !isDamage(err) {
				return err
			}
			if err != nil || e.id != s.id || e.size < 0 {
				continue
			}
			if e.end() > f.src.Size {
				f.whole = false
			}
			if e.id == idSeekHead && len(seek) < maxSeekHeads {
				seek = append(seek, e)
			}
			f.note(e)
		}
	}
	return nil
}

// readSeekHead returns the ID and place of each element of interest that a SeekHead points to.
func (f *File) readSeekHead(w *window, head element) ([]element, error) {
	var out []element
	for seek, err := range w.children(head) {
		if err != nil {
			return out, err
		}
		if seek.id != idSeek {
			continue
		}
		var id, off uint64
		for e, err := range w.children(seek) {
			switch {
			case err != nil:
			case e.id == idSeekID:
				id, err = w.uint(e)
			case e.id == idSeekPos:
				off, err = w.uint(e)
			}
			if err != nil {
				return out, err
			}
		}
		switch id {
		case idSeekHead, idInfo, idTracks, idCues:
			if pos, ok := f.place(off); ok && pos != head.pos && len(out) < maxTracks {
				out = append(out, element{id: uint32(id), pos: pos})
			}
		}
	}
	return out, nil
}

// place turns an offset that counts from the segment's payload into one from the start of the file.
func (f *File) place(off uint64) (int64, bool) {
	if off > uint64(math.MaxInt64-f.segment.data) {
		return 0, false
	}
	return f.segment.data + int64(off), true
}

func (f *File) readInfo(w *window) error {
	for e, err := range w.children(f.info) {
		switch {
		case err != nil:
		case e.id == idTimestampScale:
			f.scale, err = w.uint(e)
		case e.id == idDuration:
			f.duration, err = w.float(e)
		}
		if f.scale == 0 || f.scale > uint64(time.Hour) { // FFmpeg takes 0 for the default too
			f.scale = defaultTimeScale
		}
		if err != nil {
			return err
		}
	}
	return nil
}
