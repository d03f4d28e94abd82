// Package splice makes a keyframe the beginning of something new.
//
// Frames that are taken out of a video here and there reach the decoder with gaps between them. A picture that resets the
// decoder (IDR) does not mind. The keyframes of an open GOP do not reset it: their place in the output order is
// counted from pictures that the decoder never saw, and it then drops them or hands them out in the wrong order.
// An editing program that cuts in such a place marks it in the stream; so do we, by changing a few bits of the
// picture's headers. The coded picture itself stays as it is.
//
// It also tells which pictures nobody needs but who wants to see them: on the way to an exact frame they need not be decoded
// (54,000 pictures of a film with one keyframe took 105 s of CPU instead of 158 s, with the same pictures to the last byte).
//
// The package knows NAL units with lengths in front, as MP4 and Matroska store them, and nothing of files. What it does
// not understand it leaves alone: the pictures that come out are judged later anyway.
package splice

// Splicer marks keyframes of one video track. It may be used by one goroutine at a time.
type Splicer struct {
	splice     func(payload []byte) []byte
	lengthSize int                  // bytes in front of each NAL unit; 0 for codecs without
	useOf      func(nal []byte) use // what a NAL unit says of its picture; nil where none says it
}

// use is what a NAL unit says about whether others are decoded from its picture.
type use int

const (
	silent use = iota
	needed
	spare
)

// New returns the splicer for a track, given Matroska's codec ID and CodecPrivate. Codecs whose keyframes always reset
// the decoder get one that changes nothing.
func New(codec string, private []byte) *Splicer {
	switch codec {
	case "V_MPEGH/ISO/HEVC":
		if n := hevcLengthSize(private); n > 0 {
			s := &Splicer{splice: func(p []byte) []byte { return spliceHEVC(p, n) }, lengthSize: n}
			if oneLayer(private) {
				s.useOf = useHEVC
			}
			return s
		}
	case "V_MPEG4/ISO/AVC":
		if s := newAVC(private); s != nil {
			return &Splicer{splice: s.splice, lengthSize: s.lengthSize, useOf: useAVC}
		}
	}
	return &Splicer{splice: func(p []byte) []byte { return p }}
}

// Keyframe returns the payload of a keyframe with what marks a beginning. It may change the payload or return other
// memory.
func (s *Splicer) Keyframe(payload []byte) []byte { return s.splice(payload) }

// Disposable reports whether a picture is one that no other is decoded from, so that whoever does not want to see it can
// leave it out. It does not change the payload.
func (s *Splicer) Disposable(payload []byte) bool {
	if s.useOf == nil {
		return false
	}
	all := silent
	whole := units(payload, s.lengthSize, func(nal []byte) {
		if u := s.useOf(nal); u != silent && all != needed {
			all = u
		}
	})
	return whole && all == spare
}

// units splits a payload into NAL units with lengths of size bytes in front. It ends at the first length that does not
// fit and reports whether everything fitted.
func units(payload []byte, size int, yield func(nal []byte)) bool {
	for len(payload) > 0 {
		if len(payload) < size {
			return false
		}
		var n uint64
		for _, b := range payload[:size] {
			n = n<<8 | uint64(b)
		}
		payload = payload[size:]
		if n > uint64(len(payload)) {
			return false
		}
		yield(payload[:n])
		payload = payload[n:]
	}
	return true
}
