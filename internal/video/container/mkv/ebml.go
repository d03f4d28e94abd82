package mkv

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// maxHeader is the longest element header: four bytes of ID and eight of size.
const maxHeader = 12

// element is one EBML element's place in a file.
type element struct {
	id   uint32
	pos  int64 // of its first byte
	data int64 // of its payload
	size int64 // of its payload, or unknown
}

func (e element) end() int64 { return e.data + e.size }

var (
	errShort   = errors.New("more bytes needed")
	errInvalid = errors.New("not an EBML element")
)

// parseHeader reads an element's ID and size. errShort means that b ends too early.
func parseHeader(b []byte) (id uint32, size int64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, 0, errShort
	}
	idLen := bits.LeadingZeros8(b[0]) + 1
	if idLen > 4 {
		return 0, 0, 0, errInvalid
	}
	if len(b) < idLen {
		return 0, 0, 0, errShort
	}
	for _, c := range b[:idLen] {
		id = id<<8 | uint32(c)
	}
	// All zeros and all ones are reserved (RFC 8794 section 5).
	if v := id & (1<<(7*idLen) - 1); v == 0 || v == 1<<(7*idLen)-1 {
		return 0, 0, 0, errInvalid
	}
	v, sizeLen, err := parseVint(b[idLen:])
	if err != nil {
		return 0, 0, 0, err
	}
	size = int64(v)
	if v == 1<<(7*sizeLen)-1 {
		size = unknown
	}
	return id, size, idLen + sizeLen, nil
}

// parseVint reads a variable-size integer of up to eight bytes without its marker, and says how many bytes it took.
func parseVint(b []byte) (v uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, errShort
	}
	n = bits.LeadingZeros8(b[0]) + 1
	if n > 8 {
		return 0, 0, errInvalid
	}
	if len(b) < n {
		return 0, 0, errShort
	}
	for _, c := range b[:n] {
		v = v<<8 | uint64(c)
	}
	return v & (1<<(7*n) - 1), n, nil
}

// parseUint reads an unsigned integer of up to eight bytes.
func parseUint(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// parseFloat reads a float of 0, 4 or 8 bytes; other lengths and what is not a number are 0.
func parseFloat(b []byte) float64 {
	var f float64
	switch len(b) {
	case 4:
		f = float64(math.Float32frombits(uint32(parseUint(b))))
	case 8:
		f = math.Float64frombits(parseUint(b))
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// damaged says that the file does not make sense at pos. FFmpeg, which searches for the next sound spot, may
// still make something of it.
func damaged(pos int64, format string, args ...any) error {
	return &container.Error{Offset: pos, What: fmt.Sprintf(format, args...), Err: container.ErrNoIndex}
}

// cutOff says that the file ends inside the element at pos.
func cutOff(pos int64, what string) error {
	return &container.Error{Offset: pos, What: what, Err: io.ErrUnexpectedEOF}
}

// isDamage reports whether err is about what stands in the file, and not about reading it.
func isDamage(err error) bool {
	_, ok := errors.AsType[*container.Error](err)
	return ok
}
