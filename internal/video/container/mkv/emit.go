package mkv

import (
	"encoding/binary"
	"math/bits"
)

// The functions here append EBML elements to a buffer.

func appendID(b []byte, id uint32) []byte {
	n := (bits.Len32(id) + 7) / 8
	for i := n - 1; i >= 0; i-- {
		b = append(b, byte(id>>(8*i)))
	}
	return b
}

// appendSize appends a size in as few bytes as hold it. All ones would mean an unknown size.
func appendSize(b []byte, size int) []byte {
	n := 1
	for n < 8 && uint64(size) >= 1<<(7*n)-1 {
		n++
	}
	for i := n - 1; i >= 0; i-- {
		c := byte(uint64(size) >> (8 * i))
		if i == n-1 {
			c |= 0x80 >> (n - 1)
		}
		b = append(b, c)
	}
	return b
}

func appendBytes(b []byte, id uint32, payload []byte) []byte {
	return append(appendSize(appendID(b, id), len(payload)), payload...)
}

func appendText(b []byte, id uint32, s string) []byte { return appendBytes(b, id, []byte(s)) }

// appendUint appends an unsigned integer in as few bytes as hold it, but at least one.
func appendUint(b []byte, id uint32, v uint64) []byte {
	var full [8]byte
	binary.BigEndian.PutUint64(full[:], v)
	n := max((bits.Len64(v)+7)/8, 1)
	return appendBytes(b, id, full[8-n:])
}
