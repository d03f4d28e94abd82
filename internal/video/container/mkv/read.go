package mkv

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// Read implements [container.Track]. The error wraps [container.ErrNoIndex] where the track's packets are
// encrypted or compressed in a way that only FFmpeg may know, and io.ErrUnexpectedEOF where the file ends within s.
func (t *track) Read(s container.Sample, buf []byte) ([]byte, error) {
	if t.encoding.fault != nil {
		return nil, t.encoding.fault
	}
	switch size := t.file.src.Size; {
	case s.Offset < 0 || s.Size < 0 || s.Size > maxPacket:
		return nil, damaged(s.Offset, "a packet of %d bytes", s.Size)
	case s.Offset > size || int64(s.Size) > size-s.Offset:
		return nil, cutOff(s.Offset, fmt.Sprintf("a packet of %d bytes in a file of %d", s.Size, size))
	}
	if !t.encoding.packets {
		return t.stored(s, buf[:0])
	}
	if t.encoding.zlib {
		stored, err := t.stored(s, nil)
		if err != nil {
			return nil, err
		}
		out, err := t.encoding.undo(stored, buf)
		if err != nil {
			return nil, damaged(s.Offset, "%v", err)
		}
		return out, nil
	}
	return t.stored(s, append(buf[:0], t.encoding.header...))
}

// stored appends the bytes of s to out as they are in the file.
func (t *track) stored(s container.Sample, out []byte) ([]byte, error) {
	from := len(out)
	out = slices.Grow(out, s.Size)[:from+s.Size]
	have := t.spare.take(s.Offset, out[from:])
	rest := out[from+have:]
	if len(rest) == 0 {
		return out, nil
	}
	at := s.Offset + int64(have)
	n, err := t.file.src.R.ReadAt(rest, at)
	switch {
	case n == len(rest):
		return out, nil
	case errors.Is(err, io.EOF):
		return nil, cutOff(s.Offset, "the file ends inside a packet")
	}
	return nil, fmt.Errorf("read %d bytes at byte %d: %w", len(rest), at, err)
}
