package mkv

import (
	"errors"
	"fmt"
	"io"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// element reads the header of the next element, which must end before end.
func (s *stream) element(end int64) (element, error) {
	var id uint32
	var size int64
	n, err := 0, errShort
	// A byte more than needed would be waited for, and with it the picture that is already here.
	for need := 1; errors.Is(err, errShort); need++ {
		b, more := s.r.Peek(need)
		if more != nil && !errors.Is(more, io.EOF) {
			return element{}, fmt.Errorf("read pictures: %w", more)
		}
		id, size, n, err = parseHeader(b)
		if more != nil {
			break
		}
	}
	switch {
	case errors.Is(err, errShort):
		return element{}, s.cut(s.pos)
	case err != nil && s.pos == 0:
		return element{}, garbage(0, container.ErrNotMine, "%v", err)
	case err != nil:
		return element{}, garbage(s.pos, nil, "%v", err)
	}
	e := element{id: id, pos: s.pos, data: s.pos + int64(n), size: size}
	if e.data > end || size != unknown && size > end-e.data {
		return element{}, garbage(s.pos, nil, "element %X of %d bytes does not fit into its parent", id, size)
	}
	if size == unknown && id != idSegment && id != idCluster {
		return element{}, garbage(s.pos, nil, "element %X has no size", id)
	}
	_, err = s.r.Discard(n)
	s.pos = e.data
	return e, err
}

// children calls do for each child of parent; do must read the child to its end.
func (s *stream) children(parent element, do func(element) error) error {
	for s.pos < parent.end() {
		e, err := s.element(parent.end())
		if err == nil && e.size == unknown {
			err = garbage(e.pos, nil, "element %X has no size", e.id)
		}
		if err == nil {
			err = do(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// full reads all of b, which belongs to e.
func (s *stream) full(e element, b []byte) error {
	n, err := io.ReadFull(s.r, b)
	s.pos += int64(n)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return s.cut(e.pos)
	}
	return fmt.Errorf("read pictures: %w", err)
}

// cut says that the stream ends within the element at pos.
func (s *stream) cut(pos int64) error {
	return fmt.Errorf("read pictures: %w", cutOff(pos, "the stream ends"))
}

// skip passes over the payload of e.
func (s *stream) skip(e element) error {
	if e.size < 0 || e.size > maxSkipped {
		return garbage(e.pos, nil, "element %X of %d bytes", e.id, e.size)
	}
	return s.discard(e, e.size)
}

func (s *stream) discard(e element, size int64) error {
	n, err := io.CopyN(io.Discard, s.r, size)
	s.pos += n
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return s.cut(e.pos)
	}
	return fmt.Errorf("read pictures: %w", err)
}

// small reads a number or a name.
func (s *stream) small(e element) ([]byte, error) {
	if e.size < 0 || e.size > 64 {
		return nil, garbage(e.pos, nil, "element %X of %d bytes", e.id, e.size)
	}
	b := make([]byte, e.size)
	return b, s.full(e, b)
}

func (s *stream) uint(e element) (uint64, error) {
	if e.size > 8 {
		return 0, garbage(e.pos, nil, "element %X of %d bytes", e.id, e.size)
	}
	b, err := s.small(e)
	return parseUint(b), err
}
