package bif

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Reader gives the pictures of one BIF. It keeps the index in memory, 8 bytes for each picture (5 KB for two hours
// at 10 s), and reads pictures when they are asked for. All its methods may be called from several goroutines.
type Reader struct {
	src    io.ReaderAt
	size   int64
	header Header
	index  []byte // count+1 entries as they are in the file, every one checked
	stride uint32 // distance between two timestamps when it is always the same, else 0
}

// Header is what a BIF says of itself, for people to look at.
type Header struct {
	Version    uint32        // always 0
	Multiplier uint32        // in ms as it is in the file; 0 means 1000
	Count      int           // pictures
	First      time.Duration // time of the first picture
	Last       time.Duration // time of the last picture
	Smallest   int           // bytes of the smallest picture
	Mean       int           // bytes of a picture on average
	Largest    int           // bytes of the largest picture
	Size       int64         // bytes of the file
}

// Open reads header and index of a BIF of the given size in bytes and checks every number in them. What is wrong
// with a file is a [*Malformed] inside a [*preview.Fault]; an error of r itself is neither. It allocates no more
// than the entries that proved sound so far, and keeps r, which must stay open while pictures are read.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	b := &Reader{src: r, size: size}
	err := b.readHeader()
	if err == nil {
		err = b.readIndex()
	}
	if bad, ok := errors.AsType[*Malformed](err); ok {
		if bad.Problem != NotBIF && b.shifted() {
			bad = malformed(Shifted, "the index begins at byte 63 instead of 64")
		}
		return nil, preview.Because(preview.PreviewDamaged, "open bif: %w", bad)
	}
	if err != nil {
		return nil, fmt.Errorf("open bif: %w", err)
	}
	return b, nil
}

func (b *Reader) readHeader() error {
	h := make([]byte, max(0, min(headerSize, b.size)))
	if err := b.readFull(h, 0); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	switch {
	case len(h) == 0:
		return malformed(NotBIF, "the file is empty")
	case len(h) == headerSize && bytes.Equal(h, make([]byte, headerSize)):
		return malformed(Unfinished, "its first %d bytes are zero; the program that wrote it was interrupted", headerSize)
	case !bytes.HasPrefix(h, []byte(magic)):
		return malformed(NotBIF, "it begins with % X", h[:min(len(h), len(magic))])
	case len(h) < headerSize:
		return malformed(CutOff, "%d bytes are less than a header", len(h))
	}
	version, count := binary.LittleEndian.Uint32(h[8:]), binary.LittleEndian.Uint32(h[12:])
	b.header = Header{
		Version:    version,
		Multiplier: binary.LittleEndian.Uint32(h[16:]),
		Count:      int(min(count, math.MaxInt32)),
		Size:       b.size,
	}
	switch {
	case version != 0:
		return malformed(Version, "version %d", version)
	case b.size > maxSize:
		return malformed(TooLong, "%d bytes are more than its offsets can reach", b.size)
	case dataStart(b.header.Count)+int64(count) > b.size: // a picture has one byte at least
		return malformed(CutOff, "%d pictures do not fit into %d bytes", count, b.size)
	}
	return nil
}

// readIndex reads the index in blocks and grows it by a block only when the one before proved sound, so that a count
// that lies costs no memory.
func (b *Reader) readIndex() error {
	const block = 8 << 10 // entries
	s := scan{reader: b, end: dataStart(b.header.Count), smallest: math.MaxInt64}
	for total := b.header.Count + 1; s.n < total; {
		n := min(block, total-s.n) * entrySize
		at := len(b.index)
		b.index = slices.Grow(b.index, n)[:at+n]
		if err := b.readFull(b.index[at:], headerSize+int64(at)); err != nil {
			return fmt.Errorf("read index: %w", err)
		}
		for e := range slices.Chunk(b.index[at:], entrySize) {
			if err := s.entry(binary.LittleEndian.Uint32(e), int64(binary.LittleEndian.Uint32(e[4:]))); err != nil {
				return err
			}
		}
	}
	if n := b.header.Count; n > 0 {
		b.stride = s.stride
		b.header.First, b.header.Last = b.At(0), b.At(n-1)
		b.header.Smallest, b.header.Largest = int(s.smallest), int(s.largest)
		b.header.Mean = int((b.offset(n) - b.offset(0)) / int64(n))
	}
	return nil
}

// scan looks at the entries of an index one after another.
type scan struct {
	reader            *Reader
	n                 int    // entries seen
	timestamp         uint32 // of the entry before
	end               int64  // lowest offset that the next entry may have; afterwards the offset of the entry before
	stride            uint32 // distance of the timestamps so far, 0 when it changed
	smallest, largest int64  // bytes of the pictures so far
}

func (s *scan) entry(timestamp uint32, offset int64) error {
	i, count := s.n, s.reader.header.Count
	last := i == count
	switch {
	case last && timestamp != sentinel:
		return malformed(BadIndex, "the index of %d pictures does not end after them", count)
	case last && offset != s.reader.size:
		return malformed(CutOff, "the pictures end at byte %d, the file at %d", offset, s.reader.size)
	case !last && timestamp == sentinel:
		return malformed(BadIndex, "the index ends after %d of %d pictures", i, count)
	case offset < s.end || (i > 0 && offset == s.end) || (!last && offset >= s.reader.size):
		return malformed(BadIndex, "picture %d begins at byte %d, outside of %d to %d", i, offset, s.end, s.reader.size)
	case i > 0 && offset-s.end > MaxPicture:
		return malformed(TooLong, "picture %d has %d bytes", i-1, offset-s.end)
	case !last && i > 0 && timestamp <= s.timestamp:
		return malformed(BadIndex, "the time of picture %d (%d) is not after the one before (%d)", i, timestamp, s.timestamp)
	case !last && uint64(timestamp)*uint64(s.reader.multiplier()) > math.MaxInt64/uint64(time.Millisecond):
		return malformed(TooLong, "picture %d is %d times %d ms into the video", i, timestamp, s.reader.multiplier())
	}
	if i > 0 {
		s.smallest, s.largest = min(s.smallest, offset-s.end), max(s.largest, offset-s.end)
	}
	if step := timestamp - s.timestamp; !last && i == 1 {
		s.stride = step
	} else if !last && i > 1 && step != s.stride {
		s.stride = 0
	}
	s.n, s.timestamp, s.end = i+1, timestamp, offset
	return nil
}

// shifted reports whether the file makes sense with its index one byte early: some writers zero the bytes 20 to 62
// and forget that 63 is reserved as well. Offsets in such files count from either place.
func (b *Reader) shifted() bool {
	const early = headerSize - 1
	count := int64(b.header.Count)
	var first, closing [entrySize]byte
	if b.readFull(first[:], early) != nil || b.readFull(closing[:], early+entrySize*count) != nil {
		return false
	}
	start, end := int64(binary.LittleEndian.Uint32(first[4:])), int64(binary.LittleEndian.Uint32(closing[4:]))
	near := func(offset, truth int64) bool { return offset == truth || offset == truth+1 }
	return binary.LittleEndian.Uint32(closing[:]) == sentinel &&
		near(start, dataStart(b.header.Count)-1) && near(end, b.size)
}

// Len returns the number of pictures. A file without pictures is legal, if of no use.
func (b *Reader) Len() int { return b.header.Count }

// Header returns what the file says of itself.
func (b *Reader) Header() Header { return b.header }

// Multiplier returns the unit that the file's timestamps count in.
func (b *Reader) Multiplier() time.Duration {
	return time.Duration(b.multiplier()) * time.Millisecond
}

// multiplier returns the unit in ms. The format says that 0 means 1000, and Plex writes 0.
func (b *Reader) multiplier() uint32 {
	if b.header.Multiplier == 0 {
		return 1000
	}
	return b.header.Multiplier
}

// Interval returns the time between two pictures, or 0 when it is not always the same. A single picture has no
// neighbour to tell; its interval is the multiplier.
func (b *Reader) Interval() time.Duration {
	if b.header.Count < 2 {
		return b.Multiplier()
	}
	return b.Multiplier() * time.Duration(b.stride)
}

// At returns the time in the video from which picture i is shown. It panics unless 0 <= i < Len.
func (b *Reader) At(i int) time.Duration {
	return time.Duration(binary.LittleEndian.Uint32(b.index[:entrySize*b.header.Count][entrySize*i:])) * b.Multiplier()
}

// Image reads picture i into buf, which grows when it is too small and may be nil, and returns it. It panics unless
// 0 <= i < Len.
func (b *Reader) Image(i int, buf []byte) ([]byte, error) {
	start := b.offset(i)
	n := int(b.offset(i+1) - start) // at most MaxPicture
	buf = slices.Grow(buf[:0], n)[:n]
	if err := b.readFull(buf, start); err != nil {
		return nil, fmt.Errorf("read picture %d of bif: %w", i, err)
	}
	return buf, nil
}

// offset returns where picture i begins; that of picture Len is the end of the file.
func (b *Reader) offset(i int) int64 {
	return int64(binary.LittleEndian.Uint32(b.index[entrySize*i+4:]))
}

// readFull fills p. A file that ends before was cut off since its size was asked.
func (b *Reader) readFull(p []byte, at int64) error {
	n, err := b.src.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return malformed(CutOff, "the file ends at byte %d", at+int64(n))
	}
	return err
}

func malformed(p Problem, format string, args ...any) *Malformed {
	return &Malformed{Problem: p, Detail: fmt.Sprintf(format, args...)}
}
