package splice

import "errors"

var errBits = errors.New("the bits end too early")

// bitReader reads an RBSP: a NAL unit without emulation prevention. After the first error all reads give zeros.
type bitReader struct {
	b   []byte
	pos int // in bits
	err error
}

func (r *bitReader) left() int { return 8*len(r.b) - r.pos }

func (r *bitReader) bit() uint32 { return r.bits(1) }

func (r *bitReader) flag() bool { return r.bits(1) == 1 }

// bits reads up to 32 bits.
func (r *bitReader) bits(n int) uint32 {
	if r.err != nil || n > r.left() {
		r.err = errBits
		return 0
	}
	var v uint32
	for range n {
		v = v<<1 | uint32(r.b[r.pos>>3]>>(7-r.pos&7)&1)
		r.pos++
	}
	return v
}

// ue reads an unsigned Exp-Golomb code (ITU-T H.264, 9.1).
func (r *bitReader) ue() uint32 {
	zeros := 0
	for r.err == nil && !r.flag() {
		if zeros++; zeros > 31 {
			r.err = errBits
		}
	}
	if r.err != nil {
		return 0
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

// se reads a signed Exp-Golomb code.
func (r *bitReader) se() int32 {
	u := int64(r.ue())
	if u&1 == 1 {
		return int32((u + 1) / 2)
	}
	return int32(-u / 2)
}

// bitWriter writes an RBSP.
type bitWriter struct {
	b    []byte
	free int // bits of the last byte
}

func (w *bitWriter) bit(v uint32) {
	if w.free == 0 {
		w.b = append(w.b, 0)
		w.free = 8
	}
	w.free--
	w.b[len(w.b)-1] |= byte(v&1) << w.free
}

func (w *bitWriter) bits(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		w.bit(v >> i)
	}
}

// ue writes an unsigned Exp-Golomb code.
func (w *bitWriter) ue(v uint32) {
	n := 0
	for x := uint64(v) + 1; x > 1; x >>= 1 {
		n++
	}
	w.bits(0, n)
	for i := n; i >= 0; i-- {
		w.bit(uint32((uint64(v) + 1) >> i))
	}
}

// copy moves bits from the reader's place to the writer's.
func (w *bitWriter) copy(r *bitReader, from, until int) {
	at := bitReader{b: r.b, pos: from}
	for until-at.pos >= 8 {
		w.byte(byte(at.bits(8)))
	}
	for at.pos < until {
		w.bit(at.bit())
	}
}

// byte writes eight bits wherever the writer stands.
func (w *bitWriter) byte(v byte) {
	if w.free == 0 {
		w.b = append(w.b, v)
		return
	}
	w.b[len(w.b)-1] |= v >> (8 - w.free)
	w.b = append(w.b, v<<w.free)
}

// align fills the byte up with ones, as CABAC wants it (cabac_alignment_one_bit).
func (w *bitWriter) align() {
	for w.free > 0 {
		w.bit(1)
	}
}

// unescape drops emulation prevention: the 3 in 0 0 3 (ITU-T H.264, 7.4.1).
func unescape(nal []byte) []byte {
	out := make([]byte, 0, len(nal))
	zeros := 0
	for _, b := range nal {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		out = append(out, b)
	}
	return out
}

// escape appends the RBSP to out with emulation prevention.
func escape(out, rbsp []byte) []byte {
	zeros := 0
	for _, b := range rbsp {
		if zeros >= 2 && b <= 3 {
			out = append(out, 3)
			zeros = 0
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		out = append(out, b)
	}
	return out
}
