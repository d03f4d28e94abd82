package splice

import "encoding/binary"

// HEVC NAL unit types (ITU-T H.265, table 7-1).
const (
	nalBLAnLP = 18 // broken link, no leading pictures
	nalCRA    = 21 // clean random access
)

// spliceHEVC turns every slice of type CRA into BLA_N_LP, in place: the slice header is the same. A CRA picture that comes
// out of nowhere keeps its old place in the output order, so keyframes taken by themselves came out as 20, 30 ...
// 290, 10, 0; and an end-of-sequence NAL unit before each made the decoder throw pictures away (30 in, none out).
func spliceHEVC(payload []byte, lengthSize int) []byte {
	units(payload, lengthSize, func(nal []byte) {
		if len(nal) < 2 {
			return
		}
		header := binary.BigEndian.Uint16(nal)
		if header>>9&0x3f == nalCRA {
			binary.BigEndian.PutUint16(nal, header&^(0x3f<<9)|nalBLAnLP<<9)
		}
	})
	return payload
}

// nalSliceMost is the last type of NAL unit that is a slice; below nalFirstKey they are of pictures that do not decode by
// themselves, and the even ones of those are not referred to by pictures of their own temporal layer.
const (
	nalFirstKey  = 16
	nalSliceMost = 31
)

func useHEVC(nal []byte) use {
	if len(nal) < 2 {
		return silent
	}
	switch kind := nal[0] >> 1 & 0x3f; {
	case kind > nalSliceMost:
		return silent
	case kind < nalFirstKey && kind%2 == 0 && nal[0]&1 == 0 && nal[1] == 1: // layer 0, temporal layer 0
		return spare
	}
	return needed
}

// oneLayer reports whether an hvcC record says that there is but one temporal layer: pictures of a higher one may refer to
// any below.
func oneLayer(hvcC []byte) bool { return hvcC[21]>>3&7 == 1 }

// hevcLengthSize reads from an hvcC record how many bytes stand before each NAL unit; 0 when it is none.
func hevcLengthSize(hvcC []byte) int {
	if len(hvcC) < 23 {
		return 0
	}
	return int(hvcC[21]&3) + 1
}
