package bif

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Sizes of the Writer's two buffers, in bytes. They are all the memory that it keeps.
const (
	pictureBuffer = 64 << 10
	indexBuffer   = 4 << 10
)

var errClosed = errors.New("it is closed")

// Writer writes one BIF whose number of pictures is known beforehand. Pictures and index entries go to disk as they
// come; the header goes last, so that a file whose writing broke off has no magic and every reader refuses it.
// A Writer is for one goroutine.
type Writer struct {
	f          io.WriterAt
	pictures   *bufio.Writer
	index      *bufio.Writer
	multiplier uint32 // ms between two pictures
	count      int    // pictures announced
	added      int    // pictures so far
	end        int64  // offset of the byte after the last picture
	scratch    [entrySize]byte
	err        error // the first thing that went wrong; nothing is written after it
}

// NewWriter starts a BIF in f, which must be empty and must not be open for appending (os.O_APPEND). The interval
// between two pictures must be whole milliseconds, and count at least 1. Space for the header and the index is kept
// free at the beginning of f; nothing is written yet.
func NewWriter(f io.WriterAt, interval time.Duration, count int) (*Writer, error) {
	ms := interval / time.Millisecond
	switch {
	case interval <= 0 || interval%time.Millisecond != 0 || ms > math.MaxUint32:
		return nil, fmt.Errorf("start bif: interval must be whole milliseconds in 32 bits, not %v", interval)
	case count < 1:
		return nil, fmt.Errorf("start bif: a preview has at least one picture, not %d", count)
	case int64(count) > (maxSize-headerSize-entrySize)/(entrySize+1): // a picture has one byte at least
		return nil, tooLarge("start bif of %d pictures", count)
	case interval > math.MaxInt64/time.Duration(count):
		return nil, fmt.Errorf("start bif: %d pictures %v apart pass what a time can hold", count, interval)
	}
	start := dataStart(count)
	return &Writer{
		f:          f,
		pictures:   bufio.NewWriterSize(io.NewOffsetWriter(f, start), pictureBuffer),
		index:      bufio.NewWriterSize(io.NewOffsetWriter(f, headerSize), indexBuffer),
		multiplier: uint32(ms),
		count:      count,
		end:        start,
	}, nil
}

// Add appends the next picture; the first is shown from 0, the second from the interval on, and so forth. It does
// not keep jpeg. After an error the Writer is of no more use, and Close returns the same error.
func (w *Writer) Add(jpeg []byte) error {
	if w.err == nil {
		w.err = w.add(jpeg)
	}
	return w.err
}

func (w *Writer) add(jpeg []byte) error {
	end := w.end + int64(len(jpeg))
	switch {
	case len(jpeg) == 0:
		// The length of a picture is the distance between two offsets, which have to rise.
		return fmt.Errorf("add picture %d to bif: it is empty", w.added)
	case len(jpeg) > MaxPicture:
		return fmt.Errorf("add picture %d to bif: %d bytes are more than a picture may have", w.added, len(jpeg))
	case w.added == w.count:
		return fmt.Errorf("add picture %d to bif: only %d were announced", w.added, w.count)
	case end > maxSize:
		return tooLarge("add picture %d to bif", w.added)
	}
	if _, err := w.pictures.Write(jpeg); err != nil {
		return fmt.Errorf("write picture %d of bif: %w", w.added, err)
	}
	if err := w.entry(uint32(w.added)); err != nil {
		return err
	}
	w.added++
	w.end = end
	return nil
}

// entry writes the index entry of a picture that begins where the last one ended.
func (w *Writer) entry(timestamp uint32) error {
	binary.LittleEndian.PutUint32(w.scratch[0:], timestamp)
	binary.LittleEndian.PutUint32(w.scratch[4:], uint32(w.end))
	if _, err := w.index.Write(w.scratch[:]); err != nil {
		return fmt.Errorf("write index of bif: %w", err)
	}
	return nil
}

// Close writes what is left, the header last. It fails, and leaves a file that nobody takes for a BIF, when a picture
// is missing or anything failed before. It neither syncs nor closes the file.
func (w *Writer) Close() error {
	if w.err == nil {
		if err := w.finish(); err != nil {
			w.err = err
			return err
		}
		w.err = fmt.Errorf("write bif: %w", errClosed)
		return nil
	}
	return w.err
}

func (w *Writer) finish() error {
	if w.added != w.count {
		return fmt.Errorf("close bif: %d pictures were added, %d announced", w.added, w.count)
	}
	if err := w.pictures.Flush(); err != nil {
		return fmt.Errorf("write pictures of bif: %w", err)
	}
	if err := w.entry(sentinel); err != nil {
		return err
	}
	if err := w.index.Flush(); err != nil {
		return fmt.Errorf("write index of bif: %w", err)
	}
	var h [headerSize]byte
	copy(h[:], magic)
	binary.LittleEndian.PutUint32(h[12:], uint32(w.count))
	binary.LittleEndian.PutUint32(h[16:], w.multiplier)
	if n, err := w.f.WriteAt(h[:], 0); err != nil {
		return fmt.Errorf("write header of bif: %w", err)
	} else if n != len(h) {
		return fmt.Errorf("write header of bif: %w", io.ErrShortWrite)
	}
	return nil
}

// dataStart returns the offset of the first picture of a file of count pictures.
func dataStart(count int) int64 { return headerSize + entrySize*(int64(count)+1) }

func tooLarge(format string, args ...any) error {
	return preview.Because(preview.PreviewTooLarge, format+": %w", append(args, ErrTooLarge)...)
}
