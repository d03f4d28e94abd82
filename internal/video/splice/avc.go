package splice

import (
	"bytes"
	"errors"
)

// H.264 NAL unit types (ITU-T H.264, table 7-1).
const (
	nalSlice = 1
	nalIDR   = 5
	nalSPS   = 7
	nalPPS   = 8
)

// avc makes IDR pictures of H.264's other intra pictures. Blu-rays and broadcasts hardly have any IDR picture: their
// keyframes are open, with a recovery point, and FFmpeg's decoder drops one whose picture order count seems to
// have run backwards, which after a gap is a matter of luck.
//
// An IDR picture's slice header has an idr_pic_id more and another reference marking; both stand before the coded picture,
// which is copied. frame_num stays as it is, although an IDR picture's should be 0: the pictures that follow count on
// from it.
type avc struct {
	lengthSize int
	sps        map[uint32]sps
	pps        map[uint32]pps
	idr        uint32 // idr_pic_id of the next picture: neighbours must differ
}

// newAVC reads an avcC record; nil when it is none.
func newAVC(avcC []byte) *avc {
	if len(avcC) < 7 {
		return nil
	}
	a := &avc{lengthSize: int(avcC[4]&3) + 1, sps: make(map[uint32]sps), pps: make(map[uint32]pps)}
	rest := avcC[5:]
	for _, mask := range []byte{0x1f, 0xff} { // the SPS count shares its byte with reserved bits, the PPS count does not
		if len(rest) == 0 {
			return a
		}
		n := rest[0] & mask
		rest = rest[1:]
		for range n {
			if len(rest) < 2 {
				return a
			}
			size := int(rest[0])<<8 | int(rest[1])
			if rest = rest[2:]; size > len(rest) {
				return a
			}
			a.learn(rest[:size])
			rest = rest[size:]
		}
	}
	return a
}

// learn remembers a parameter set.
func (a *avc) learn(nal []byte) {
	if len(nal) < 2 {
		return
	}
	switch nal[0] & 0x1f {
	case nalSPS:
		if id, s, err := readSPS(unescape(nal[1:])); err == nil {
			a.sps[id] = s
		}
	case nalPPS:
		if id, p, err := readPPS(unescape(nal[1:])); err == nil {
			a.pps[id] = p
		}
	}
}

// splice returns the picture as an IDR picture, or as it is when it is one already or cannot be made one.
func (a *avc) splice(payload []byte) []byte {
	out := make([]byte, 0, len(payload)+64)
	var field *field // of the first slice; a second field stays what it is
	var failed error
	whole := units(payload, a.lengthSize, func(nal []byte) {
		at := len(out)
		out = append(out, make([]byte, a.lengthSize)...)
		switch {
		case len(nal) == 0:
		case nal[0]&0x1f == nalSlice && failed == nil:
			var err error
			if out, field, err = a.slice(out, nal, field); err != nil {
				failed = err
			}
		case nal[0]&0x1f == nalIDR:
			failed = errLeave
		default:
			a.learn(nal)
			out = append(out, nal...)
		}
		size := len(out) - at - a.lengthSize
		if size>>(8*a.lengthSize) != 0 {
			failed = errLeave // it grew out of its length field
		}
		for i := range a.lengthSize {
			out[at+i] = byte(size >> (8 * (a.lengthSize - 1 - i)))
		}
	})
	if !whole || failed != nil || field == nil {
		return payload
	}
	a.idr = (a.idr + 1) & 1
	return out
}

// useAVC goes by nal_ref_idc, which is 0 for pictures that are never referred to, whatever the profile.
func useAVC(nal []byte) use {
	switch {
	case len(nal) == 0:
		return silent
	case nal[0]&0x1f == nalSlice && nal[0]>>5&3 == 0:
		return spare
	case nal[0]&0x1f <= nalIDR:
		return needed
	}
	return silent
}

// errLeave means that a picture stays as it is.
var errLeave = errors.New("left alone")

// field says which field of a picture a slice belongs to.
type field struct{ single, bottom bool }

// slice appends a slice to out, as one of an IDR picture when it belongs to the first field.
func (a *avc) slice(out, nal []byte, first *field) ([]byte, *field, error) {
	rbsp := unescape(nal[1:])
	r := &bitReader{b: rbsp}
	r.ue() // first_mb_in_slice
	kind := r.ue()
	p, ok := a.pps[r.ue()]
	if !ok || p.groups {
		return out, first, errLeave
	}
	s, ok := a.sps[p.sps]
	if !ok {
		return out, first, errLeave
	}
	if s.separatePlanes {
		r.bits(2)
	}
	r.bits(s.frameNumBits)
	var f field
	if !s.framesOnly {
		if f.single = r.flag(); f.single {
			f.bottom = r.flag()
		}
	}
	if first != nil && *first != f {
		return append(out, nal...), first, nil
	}
	if kind%5 != 2 || nal[0]>>5&3 == 0 { // not intra, or nothing that others may refer to
		return out, first, errLeave
	}

	w := &bitWriter{b: make([]byte, 0, len(rbsp)+8)}
	w.copy(r, 0, r.pos)
	w.ue(a.idr)
	from := r.pos
	switch s.pocType {
	case 0:
		r.bits(s.pocBits)
		if p.bottomOrder && !f.single {
			r.se()
		}
	case 1:
		if !s.deltaZero {
			r.se()
			if p.bottomOrder && !f.single {
				r.se()
			}
		}
	}
	if p.redundant {
		r.ue()
	}
	w.copy(r, from, r.pos)
	skipMarking(r)
	w.bits(0, 2) // show what came before; a short-term reference
	from = r.pos
	r.se() // slice_qp_delta
	if p.deblocking {
		if r.ue() != 1 {
			r.se()
			r.se()
		}
	}
	if r.err != nil {
		return out, first, r.err
	}
	w.copy(r, from, r.pos)
	if p.cabac {
		w.align()
		w.b = append(w.b, rbsp[(r.pos+7)/8:]...)
	} else {
		w.copy(r, r.pos, 8*len(bytes.TrimRight(rbsp, "\x00")))
	}
	out = append(out, nal[0]&^0x1f|nalIDR)
	return escape(out, w.b), &f, nil
}

// skipMarking passes over dec_ref_pic_marking of a picture that is no IDR picture.
func skipMarking(r *bitReader) {
	if !r.flag() {
		return
	}
	for r.err == nil {
		switch r.ue() {
		case 0:
			return
		case 1, 2, 4, 6:
			r.ue()
		case 3:
			r.ue()
			r.ue()
		}
	}
}
