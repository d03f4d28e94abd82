package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// box is one box ("atom") of the file. Its end may lie beyond the file when the file was cut off.
type box struct {
	kind  string // four characters
	start int64  // of its header
	body  int64  // of its content
	end   int64
}

func (b box) size() int64 { return b.end - b.body }

// window reads a file in pieces and keeps the last one, so that walking neighbouring boxes or the rows of a table
// costs one read for many. It is not for use by several goroutines.
type window struct {
	src  container.Source
	step int // bytes to read at once, at least
	at   int64
	have []byte
}

// headerStep is what is read around a box header: the headers of a moov without its tables, or a whole moof, fit.
const headerStep = 4 << 10

func newWindow(src container.Source, step int) *window { return &window{src: src, step: step} }

// bytes returns the n bytes at off. They are good until the next call.
func (w *window) bytes(off int64, n int) ([]byte, error) {
	if d := off - w.at; d >= 0 && d <= int64(len(w.have)) && n <= len(w.have)-int(d) {
		return w.have[d : int(d)+n], nil
	}
	if err := w.fill(off, n); err != nil {
		return nil, err
	}
	return w.have[:n], nil
}

func (w *window) fill(off int64, n int) error {
	if off < 0 || n < 0 || off > w.src.Size || int64(n) > w.src.Size-off {
		return &container.Error{Offset: off, What: fmt.Sprintf("%d bytes end behind the file", n), Err: io.ErrUnexpectedEOF}
	}
	want := int(min(int64(max(n, w.step)), w.src.Size-off))
	if cap(w.have) < want {
		w.have = make([]byte, want)
	}
	w.have = w.have[:want]
	w.at = off
	got, err := w.src.R.ReadAt(w.have, off)
	w.have = w.have[:got]
	if got >= n {
		return nil // what lies behind was a bonus
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // the file shrank while we read it
	}
	return &container.Error{Offset: off, What: fmt.Sprintf("read %d bytes", n), Err: err}
}

// errBox means that there is no box header where one should be.
var errBox = errors.New("no box")

// box reads the header at a place. The box may end behind limit; whether that is a fault is the caller's to say.
// A size of 0 means "up to limit".
func (w *window) box(at, limit int64) (box, error) {
	if limit-at < 8 {
		return box{}, &container.Error{Offset: at, What: fmt.Sprintf("%d bytes left", limit-at), Err: errBox}
	}
	h, err := w.bytes(at, 8)
	if err != nil {
		return box{}, err
	}
	b := box{kind: string(h[4:8]), start: at, body: at + 8}
	size := uint64(binary.BigEndian.Uint32(h))
	switch size {
	case 0:
		b.end = limit
		return b, nil
	case 1:
		if limit-at < 16 {
			return box{}, &container.Error{Offset: at, What: fmt.Sprintf("%q: its 64-bit size is cut off", b.kind), Err: errBox}
		}
		if h, err = w.bytes(at+8, 8); err != nil {
			return box{}, err
		}
		size = binary.BigEndian.Uint64(h)
		b.body = at + 16
	}
	if size < uint64(b.body-at) || size > uint64(math.MaxInt64-at) {
		return box{}, &container.Error{Offset: at, What: fmt.Sprintf("%q: size %d", b.kind, size), Err: errBox}
	}
	b.end = at + int64(size)
	return b, nil
}

// boxes walks the boxes in part of the file. One that ends behind the part, or is none, ends the walk with an
// error. Up to seven bytes left over are ignored: QuickTime ends some lists with four zero bytes.
func (w *window) boxes(from, until int64) iter.Seq2[box, error] {
	return func(yield func(box, error) bool) {
		for at := from; until-at >= 8; {
			b, err := w.box(at, until)
			if err == nil && b.end > until {
				err = fault(at, "%q: %d bytes do not fit into its parent, which ends at %d", b.kind, b.end-at, until)
			}
			if errors.Is(err, errBox) {
				err = fault(at, "no box header here: %w", err)
			}
			if !yield(b, err) || err != nil {
				return
			}
			at = b.end
		}
	}
}

// head returns the first n bytes of a box's content.
func (w *window) head(b box, n int) ([]byte, error) {
	if b.size() < int64(n) {
		return nil, fault(b.start, "%q: %d bytes, needs %d", b.kind, b.size(), n)
	}
	return w.bytes(b.body, n)
}

// fault says that something in the file's index does not make sense. FFmpeg is more forgiving and may still play
// the file, so it wraps [container.ErrNoIndex].
func fault(at int64, format string, args ...any) error {
	return &container.Error{Offset: at, What: fmt.Errorf(format, args...).Error(), Err: container.ErrNoIndex}
}

func u16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func u32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func u64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
