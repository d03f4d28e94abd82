package mp4

import "slices"

// tiny makes a small MP4 by hand. What is left empty gets a plain value: a track of four samples, one a second,
// keyframes at 0 and 2.
type tiny struct {
	entry  []byte   // the sample description
	stbl   [][]byte // boxes that replace those of the same kind
	trak   [][]byte // boxes added to the trak
	moov   [][]byte // boxes added to the moov
	flags  uint32   // of tkhd; 0 means enabled
	noMdat bool
}

const tinySample = 100 // bytes

// avc1 is a sample description with something like an avcC.
func avc1() []byte { return visualEntry("avc1", mk("avcC", "\x01\x64\x00\x0a\xff\xe0\x00")) }

func visualEntry(kind string, boxes ...[]byte) []byte {
	return mk(kind, make([]byte, 6), uint16(1), make([]byte, 16), uint16(160), uint16(90), make([]byte, 50), slices.Concat(boxes...))
}

func (c tiny) bytes() []byte {
	ftyp := mk("ftyp", "isom", uint32(512), "isomiso2")
	mdat := mk("mdat", make([]byte, 4*tinySample))
	first := uint32(len(ftyp) + 8)
	if c.entry == nil {
		c.entry = avc1()
	}
	if c.flags == 0 {
		c.flags = 7
	}
	boxes := [][]byte{
		mk("stsd", uint32(0), uint32(1), c.entry),
		mk("stts", uint32(0), uint32(1), uint32(4), uint32(1000)),
		mk("stss", uint32(0), uint32(2), uint32(1), uint32(3)),
		mk("stsc", uint32(0), uint32(1), uint32(1), uint32(4), uint32(1)),
		mk("stsz", uint32(0), uint32(tinySample), uint32(4)),
		mk("stco", uint32(0), uint32(1), first),
	}
	for _, b := range c.stbl {
		i := slices.IndexFunc(boxes, func(o []byte) bool { return string(o[4:8]) == string(b[4:8]) })
		if i < 0 {
			boxes = append(boxes, b)
		} else {
			boxes[i] = b
		}
	}
	trak := mk("trak", mk("tkhd", c.flags, uint64(0), uint32(1), make([]byte, 68)), slices.Concat(c.trak...), mk("mdia",
		mk("mdhd", uint32(0), uint64(0), uint32(1000), uint32(4000), uint32(0)),
		mk("hdlr", uint64(0), "vide", make([]byte, 13)),
		mk("minf", mk("stbl", slices.Concat(boxes...)))))
	moov := mk("moov", mk("mvhd", uint32(0), uint64(0), uint32(1000), uint32(4000), make([]byte, 80)), trak, slices.Concat(c.moov...))
	if c.noMdat {
		mdat = nil
	}
	return slices.Concat(ftyp, mdat, moov)
}

// fragment makes a moof and its mdat, with keyframes at the start: n samples of a second each.
func fragment(n, tfdt uint32) []byte {
	build := func(offset uint32) []byte {
		return mk("moof", mk("mfhd", uint64(0)), mk("traf",
			mk("tfhd", uint32(tfhdBaseIsMoof), uint32(1)),
			mk("tfdt", uint32(0), tfdt),
			mk("trun", uint32(trunOffset|trunFirstFlags), n, offset, uint32(0))))
	}
	moof := build(uint32(len(build(0)) + 8))
	return append(moof, mk("mdat", make([]byte, n*tinySample))...)
}

// tinyFragments is a file whose samples are all in fragments.
func tinyFragments() []byte {
	empty := tiny{noMdat: true, stbl: [][]byte{
		mk("stts", uint64(0)), mk("stss", uint64(0)), mk("stsc", uint64(0)), mk("stsz", uint64(0), uint32(0)), mk("stco", uint64(0)),
	}, moov: [][]byte{mk("mvex", mk("trex", uint32(0), uint32(1), uint32(1), uint32(1000), uint32(tinySample), uint32(sampleNotSync)))}}
	b := empty.bytes()
	for i := range uint32(3) {
		b = append(b, fragment(4, i*4000)...)
	}
	return b
}
