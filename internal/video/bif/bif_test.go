package bif_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// memory is a file in memory.
type memory struct{ data []byte }

func (m *memory) WriteAt(p []byte, off int64) (int, error) {
	if end := int(off) + len(p); end > len(m.data) {
		m.data = append(m.data, make([]byte, end-len(m.data))...)
	}
	return copy(m.data[off:], p), nil
}

// write makes a BIF of pictures with our Writer.
func write(t testing.TB, interval time.Duration, pictures ...[]byte) []byte {
	t.Helper()
	var m memory
	w, err := bif.NewWriter(&m, interval, len(pictures))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return m.data
}

func open(t testing.TB, data []byte) *bif.Reader {
	t.Helper()
	r, err := bif.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// layout is a BIF with every number in the test's hand.
type layout struct {
	version, multiplier uint32
	reserved            int // bytes after the multiplier; 44 is right
	timestamps          []uint32
	pictures            [][]byte
	mend                func(file []byte) // may be nil
}

func (l layout) bytes() []byte {
	le := binary.LittleEndian
	out := []byte("\x89BIF\r\n\x1a\n")
	out = le.AppendUint32(out, l.version)
	out = le.AppendUint32(out, uint32(len(l.pictures)))
	out = le.AppendUint32(out, l.multiplier)
	out = append(out, make([]byte, l.reserved)...)
	offset := uint32(len(out) + 8*(len(l.pictures)+1))
	for i, p := range l.pictures {
		out = le.AppendUint32(out, l.timestamps[i])
		out = le.AppendUint32(out, offset)
		offset += uint32(len(p))
	}
	out = le.AppendUint32(out, 0xFFFFFFFF)
	out = le.AppendUint32(out, offset)
	out = append(out, bytes.Join(l.pictures, nil)...)
	if l.mend != nil {
		l.mend(out)
	}
	return out
}

// problem returns what Open has against a file, or "" when it takes it.
func problem(t testing.TB, data []byte) bif.Problem {
	t.Helper()
	_, err := bif.Open(bytes.NewReader(data), int64(len(data)))
	if err == nil {
		return ""
	}
	bad, ok := errors.AsType[*bif.Malformed](err)
	if !ok {
		t.Fatalf("not a *Malformed: %v", err)
	}
	return bad.Problem
}

// photo is a real JPEG of a flat colour, white on the left as far as stripes says, so that different numbers are different pictures.
func photo(t testing.TB, size image.Point, ground color.Color, stripes int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(img, img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, 8*stripes, size.Y), image.White, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// words makes n small different byte strings that stand for pictures.
func words(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = fmt.Appendf(nil, "picture %d", i)
	}
	return out
}

var errDisk = errors.New("no space left on device")

// fullDisk takes a number of bytes and then fails, or claims with short to have written less than it was given.
type fullDisk struct {
	left  int
	short bool
}

func (d *fullDisk) WriteAt(p []byte, _ int64) (int, error) {
	n := min(len(p), d.left)
	d.left -= n
	if n < len(p) && !d.short {
		return n, errDisk
	}
	return n, nil
}

// brokenDisk cannot be read from a certain byte on.
type brokenDisk struct {
	data []byte
	from int64
}

func (d brokenDisk) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > d.from {
		return 0, errDisk
	}
	return bytes.NewReader(d.data).ReadAt(p, off)
}

var _ io.ReaderAt = brokenDisk{}
