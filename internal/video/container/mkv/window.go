package mkv

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// window is a piece of a source in memory that moves to where it is asked for. Network storage makes each read
// dear and disks make each byte dear, so its step follows the way it is used: it doubles while what is asked for
// lies close behind what was read, and halves when far jumps show that the bytes between are not wanted.
//
// What its methods return is valid until the next call. A window serves one goroutine.
type window struct {
	src           container.Source
	off           int64 // of buf's first byte
	buf           []byte
	step          int // bytes the next read takes
	least, utmost int // bounds of step
}

func newWindow(src container.Source, least, utmost int) *window {
	return &window{src: src, step: least, least: least, utmost: utmost}
}

// has returns what the window holds from pos on.
func (w *window) has(pos int64) []byte {
	if pos < w.off || pos >= w.off+int64(len(w.buf)) {
		return nil
	}
	return w.buf[pos-w.off:]
}

// peek returns at least n bytes from pos on, or as many as there are before the end of the file. It may return
// more. The error is one of reading.
func (w *window) peek(pos int64, n int) ([]byte, error) {
	if b := w.has(pos); len(b) >= n || pos+int64(len(b)) >= w.src.Size {
		return b, nil
	}
	if gap := pos - w.off - int64(len(w.buf)); len(w.buf) > 0 {
		if gap <= int64(w.step) && gap >= -int64(len(w.buf)) {
			w.step = min(2*w.step, w.utmost)
		} else {
			w.step = max(w.step/2, w.least)
		}
	}
	if err := w.fill(pos, max(n, w.step)); err != nil {
		return nil, err
	}
	return w.buf, nil
}

// fill moves the window to the n bytes at pos, or as many as there are.
func (w *window) fill(pos int64, n int) error {
	if pos < 0 || pos >= w.src.Size {
		w.off, w.buf = pos, w.buf[:0]
		return nil
	}
	n = int(min(int64(n), w.src.Size-pos))
	if cap(w.buf) < n {
		w.buf = make([]byte, n)
	}
	got, err := w.src.R.ReadAt(w.buf[:n], pos)
	w.off, w.buf = pos, w.buf[:got]
	if got < n && err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %d bytes at byte %d: %w", n, pos, err)
	}
	return nil // a file that shrank ends where it now ends
}

// bytes returns exactly n bytes at pos.
func (w *window) bytes(pos int64, n int) ([]byte, error) {
	b, err := w.peek(pos, n)
	if err != nil {
		return nil, err
	}
	if len(b) < n {
		return nil, cutOff(pos, "the file ends here")
	}
	return b[:n], nil
}

// element reads the header of the element at pos. A known size is held against end, where the parent says that
// it ends; the file may end before that.
func (w *window) element(pos, end int64) (element, error) {
	b, err := w.peek(pos, maxHeader)
	if err != nil {
		return element{}, err
	}
	id, size, n, err := parseHeader(b)
	switch {
	case errors.Is(err, errShort):
		return element{}, cutOff(pos, "the file ends here")
	case err != nil:
		return element{}, damaged(pos, "%v", err)
	}
	e := element{id: id, pos: pos, data: pos + int64(n), size: size}
	if e.data > end || size != unknown && size > end-e.data {
		return element{}, damaged(pos, "element %X of %d bytes does not fit into its parent", id, size)
	}
	return e, nil
}

// children walks the elements of a parent of known size. It ends after the first error.
func (w *window) children(parent element) iter.Seq2[element, error] {
	return func(yield func(element, error) bool) {
		if parent.size == unknown {
			yield(element{}, damaged(parent.pos, "element %X has no size", parent.id))
			return
		}
		for pos := parent.data; pos < parent.end(); {
			e, err := w.element(pos, parent.end())
			if err == nil && e.size == unknown {
				err = damaged(pos, "element %X has no size", e.id)
			}
			if !yield(e, err) || err != nil {
				return
			}
			pos = e.end()
		}
	}
}

// payload returns the payload of e, which must not be longer than limit bytes.
func (w *window) payload(e element, limit int64) ([]byte, error) {
	if e.size < 0 || e.size > limit {
		return nil, damaged(e.pos, "element %X has %d bytes; at most %d make sense", e.id, e.size, limit)
	}
	if e.end() > w.src.Size {
		return nil, cutOff(e.pos, fmt.Sprintf("the file ends inside element %X", e.id))
	}
	return w.bytes(e.data, int(e.size))
}

func (w *window) uint(e element) (uint64, error) {
	b, err := w.payload(e, 8)
	return parseUint(b), err
}

func (w *window) float(e element) (float64, error) {
	b, err := w.payload(e, 8)
	return parseFloat(b), err
}

// text returns a short string. Padding zeros end it (RFC 8794 section 7.4).
func (w *window) text(e element) (string, error) {
	b, err := w.payload(e, 256)
	s, _, _ := strings.Cut(string(b), "\x00")
	return s, err
}
