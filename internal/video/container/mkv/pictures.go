package mkv

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
)

const (
	// MaxPicture is the largest JPEG that Pictures accepts, in bytes. One of 3840 pixels at the best quality has
	// about 4 MiB.
	MaxPicture = 16 << 20
	// maxSkipped is the largest element without pictures that Pictures passes over, in bytes. FFmpeg writes
	// 20 bytes of Cues for each picture.
	maxSkipped = 16 << 20
)

// Picture is one JPEG with its time.
type Picture struct {
	At   time.Duration
	JPEG []byte // valid until the next turn of the loop
}

// Pictures reads the MJPEG pictures that FFmpeg writes with -f matroska to a pipe, while it writes them. Memory
// does not grow beyond one picture.
//
// The last turn may bring an error, and no picture with it: a [preview.Fault] of reason FFmpegGarbage around a
// [container.Error] where the stream is something else or does not make sense (around container.ErrNotMine when it
// was never Matroska); a container.Error around io.ErrUnexpectedEOF where it ends within something, which
// includes a stream that ends before its list of tracks, or without a single byte; or what r answered. Nothing is
// read after an error.
//
// r is read ahead of the pictures by up to 64 KiB. Leaving the loop early leaves r as it is.
func Pictures(r io.Reader) iter.Seq2[Picture, error] {
	return func(yield func(Picture, error) bool) {
		s := &stream{r: bufio.NewReaderSize(r, 64<<10), scale: defaultTimeScale}
		err := s.run(func(p Picture) bool { return yield(p, nil) })
		if err != nil && !errors.Is(err, errLeft) {
			yield(Picture{}, err)
		}
	}
}

// errLeft says that the loop was left.
var errLeft = errors.New("loop left")

// stream reads EBML from front to back.
type stream struct {
	r     *bufio.Reader
	pos   int64 // of the next byte
	scale uint64
	track uint64 // number of the MJPEG track; 0 before Tracks was read
	begun bool   // Tracks was read: from here on the stream may end
	jpeg  []byte
	ticks int64 // of the cluster; -1 before its Timestamp was read
}

func garbage(pos int64, cause error, format string, args ...any) error {
	return preview.Because(preview.FFmpegGarbage, "read pictures: %w",
		&container.Error{Offset: pos, What: fmt.Sprintf(format, args...), Err: cause})
}

// run reads the whole stream.
func (s *stream) run(yield func(Picture) bool) error {
	head, err := s.element(math.MaxInt64)
	if err != nil && !errors.Is(err, container.ErrNotMine) {
		return err
	}
	if err != nil || head.id != idEBML || head.size < 0 || head.size > 4<<10 {
		return garbage(0, container.ErrNotMine, "no EBML header")
	}
	docType := "matroska"
	err = s.children(head, func(e element) error {
		if e.id != idDocType {
			return s.skip(e)
		}
		b, err := s.small(e)
		docType = string(b)
		return err
	})
	if err != nil {
		return err
	}
	if docType != "matroska" && docType != "webm" {
		return garbage(0, container.ErrNotMine, "document of type %q", docType)
	}
	segment, err := s.element(math.MaxInt64)
	for err == nil && segment.id == idVoid {
		if err = s.skip(segment); err == nil {
			segment, err = s.element(math.MaxInt64)
		}
	}
	if err != nil {
		return err
	}
	if segment.id != idSegment {
		return garbage(segment.pos, nil, "element %X instead of a segment", segment.id)
	}
	return s.segment(segment, yield)
}

// segment reads the children of the segment and of its clusters. A cluster need not say where it ends; since no
// element may stand in both, the two levels are read by one loop.
func (s *stream) segment(segment element, yield func(Picture) bool) error {
	end := endOf(segment, math.MaxInt64)
	clusterEnd := end
	for s.pos < end {
		if s.pos == clusterEnd {
			clusterEnd = end
		}
		if _, err := s.r.Peek(1); errors.Is(err, io.EOF) && clusterEnd == math.MaxInt64 && s.begun {
			return nil
		}
		e, err := s.element(clusterEnd)
		if err != nil {
			return err
		}
		switch e.id {
		case idCluster:
			if clusterEnd != end {
				return garbage(e.pos, nil, "a cluster inside a cluster")
			}
			s.ticks, clusterEnd = -1, endOf(e, end)
		case idInfo:
			err = s.children(e, s.infoChild)
		case idTracks:
			err = s.children(e, s.entry)
			s.begun = true
		case idTimestamp:
			var v uint64
			if v, err = s.uint(e); err == nil && v > math.MaxInt64/2 {
				err = garbage(e.pos, nil, "timestamp %d", v)
			}
			s.ticks = int64(v)
		case idSimpleBlock:
			err = s.block(e, yield)
		case idBlockGroup:
			err = s.children(e, func(e element) error {
				if e.id == idBlock {
					return s.block(e, yield)
				}
				return s.skip(e)
			})
		default:
			err = s.skip(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endOf returns where e ends, or end where it does not say.
func endOf(e element, end int64) int64 {
	if e.size == unknown {
		return end
	}
	return e.end()
}

func (s *stream) infoChild(e element) error {
	if e.id != idTimestampScale {
		return s.skip(e)
	}
	v, err := s.uint(e)
	if err == nil && (v == 0 || v > uint64(time.Hour)) {
		err = garbage(e.pos, nil, "a tick of %d ns", v)
	}
	s.scale = v
	return err
}

// entry reads a TrackEntry and takes the first one of MJPEG.
func (s *stream) entry(e element) error {
	if e.id != idTrackEntry {
		return s.skip(e)
	}
	var number uint64
	var codec string
	err := s.children(e, func(e element) (err error) {
		switch e.id {
		case idTrackNumber:
			number, err = s.uint(e)
		case idCodecID:
			var b []byte
			b, err = s.small(e)
			codec = string(b)
		case idContentEncodings:
			err = garbage(e.pos, nil, "compressed packets")
		default:
			err = s.skip(e)
		}
		return err
	})
	if err == nil && codec == "V_MJPEG" && s.track == 0 {
		s.track = number
	}
	return err
}

// block reads a SimpleBlock or Block and hands out its picture.
func (s *stream) block(e element, yield func(Picture) bool) error {
	var head [maxHeader]byte
	// The track number has one byte unless there are more than 126 tracks, and FFmpeg laces audio only.
	if e.size < 4 {
		return garbage(e.pos, nil, "a block of %d bytes", e.size)
	}
	if err := s.full(e, head[:4]); err != nil {
		return err
	}
	track, n, err := parseVint(head[:1])
	rel, flags := int16(parseUint(head[1:3])), head[3]
	size := e.size - 4
	switch {
	case err != nil || n != 1:
		return garbage(e.pos, nil, "a block of an unknown track")
	case s.track == 0:
		return garbage(e.pos, nil, "a block before a track of MJPEG")
	case track != s.track:
		return s.discard(e, size)
	case flags&0x06 != 0:
		return garbage(e.pos, nil, "a laced block")
	case s.ticks < 0:
		return garbage(e.pos, nil, "a block before its cluster's timestamp")
	case size == 0 || size > MaxPicture:
		return garbage(e.pos, nil, "a picture of %d bytes; at most %d make sense", size, MaxPicture)
	}
	ticks := s.ticks + int64(rel)
	at, ok := nanoseconds(uint64(max(ticks, -ticks)), s.scale)
	if !ok {
		return garbage(e.pos, nil, "timestamp %d", ticks)
	}
	if ticks < 0 {
		at = -at
	}
	if err := s.grow(e, int(size)); err != nil {
		return err
	}
	if !yield(Picture{At: at, JPEG: s.jpeg}) {
		return errLeft
	}
	return nil
}

// grow reads size bytes into s.jpeg. Storage grows with what arrives and not with what is announced.
func (s *stream) grow(e element, size int) error {
	s.jpeg = s.jpeg[:0]
	for len(s.jpeg) < size {
		n := min(size-len(s.jpeg), max(cap(s.jpeg)-len(s.jpeg), 256<<10))
		from := len(s.jpeg)
		s.jpeg = append(s.jpeg, make([]byte, n)...)
		if err := s.full(e, s.jpeg[from:]); err != nil {
			return err
		}
	}
	return nil
}
