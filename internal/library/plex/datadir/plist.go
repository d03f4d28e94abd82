package datadir

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf16"
)

// plistStrings returns the strings in the topmost dictionary of a binary property list, in which macOS keeps programs'
// settings. What is not understood is left out; a damaged list gives fewer strings or none.
//
// The format is Apple's "bplist00" (CFBinaryPList.c): objects, a table of their offsets, and a trailer of 32 bytes that
// says where the table is. All numbers are big-endian.
func plistStrings(data []byte) map[string]string {
	const trailer = 32
	if !bytes.HasPrefix(data, []byte("bplist00")) || len(data) < len("bplist00")+trailer {
		return nil
	}
	t := data[len(data)-trailer:]
	p := plist{
		data:     data[:len(data)-trailer],
		offSize:  int(t[6]),
		refSize:  int(t[7]),
		count:    binary.BigEndian.Uint64(t[8:]),
		tableOff: binary.BigEndian.Uint64(t[24:]),
	}
	if p.offSize < 1 || p.offSize > 8 || p.refSize < 1 || p.refSize > 8 {
		return nil
	}
	kind, n, body := p.object(binary.BigEndian.Uint64(t[16:]))
	if kind != plistDict || n > len(body)/(2*p.refSize) {
		return nil
	}
	words := make(map[string]string)
	for i := range n {
		key, ok := p.text(number(body[i*p.refSize:][:p.refSize]))
		if !ok {
			continue
		}
		if value, ok := p.text(number(body[(n+i)*p.refSize:][:p.refSize])); ok {
			words[key] = value
		}
	}
	return words
}

type plist struct {
	data             []byte
	offSize, refSize int    // bytes of an offset and of a reference to an object
	count            uint64 // objects
	tableOff         uint64
}

// The kinds of object that are read: the upper half of their first byte.
const (
	plistASCII = 0x5
	plistUTF16 = 0x6
	plistDict  = 0xD
)

// object returns an object's kind, the length that its head says, and all that follows the head. The kind is 0 for one
// that does not exist.
func (p plist) object(ref uint64) (kind byte, length int, body []byte) {
	size, end := uint64(p.offSize), uint64(len(p.data))
	if ref >= p.count || p.tableOff > end || ref >= (end-p.tableOff)/size {
		return 0, 0, nil
	}
	at := number(p.data[p.tableOff+ref*size:][:size])
	if at >= end {
		return 0, 0, nil
	}
	head, body := p.data[at], p.data[at+1:]
	n := uint64(head & 0xF)
	if n == 0xF { // the length follows as an integer object
		if len(body) < 1 || body[0]>>4 != 1 || body[0]&0xF > 3 {
			return 0, 0, nil
		}
		width := 1 << (body[0] & 0xF)
		if len(body) < 1+width {
			return 0, 0, nil
		}
		n, body = number(body[1:][:width]), body[1+width:]
	}
	if n > math.MaxInt32 {
		return 0, 0, nil
	}
	return head >> 4, int(n), body
}

func (p plist) text(ref uint64) (string, bool) {
	switch kind, n, body := p.object(ref); {
	case kind == plistASCII && n <= len(body):
		return string(body[:n]), true
	case kind == plistUTF16 && n <= len(body)/2:
		units := make([]uint16, n)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(body[2*i:])
		}
		return string(utf16.Decode(units)), true
	}
	return "", false
}

func number(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
