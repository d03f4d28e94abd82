package mp4

import (
	"bytes"
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// entry is what a sample description says: the format of the packets.
type entry struct {
	codec         string // Matroska codec ID, "" when there is none
	private       []byte
	width, height int
}

// maxPrivate bounds a decoder configuration. Real ones are below 10 KB.
const maxPrivate = 1 << 20

// codecs that need nothing but their name.
var codecs = map[string]string{
	"vp08": "V_VP8",
	"vp09": "V_VP9",
	"jpeg": "V_MJPEG",
	"mjpa": "V_MJPEG",
	"m1v1": "V_MPEG1", "m1v ": "V_MPEG1", "mpg1": "V_MPEG1", "mp1v": "V_MPEG1",
	"m2v1": "V_MPEG2", "mpg2": "V_MPEG2", "mp2v": "V_MPEG2",
}

// proRes are the flavours of ProRes. Their Matroska CodecPrivate is the four characters.
var proRes = []string{"ap4x", "ap4h", "apch", "apcn", "apcs", "apco"}

// configured are the formats whose CodecPrivate is the content of a box in the sample description. Without that box
// nobody can cut their packets.
var configured = map[string]struct{ codec, box string }{
	"avc1": {"V_MPEG4/ISO/AVC", "avcC"},
	"avc3": {"V_MPEG4/ISO/AVC", "avcC"},
	"dva1": {"V_MPEG4/ISO/AVC", "avcC"},
	"dvav": {"V_MPEG4/ISO/AVC", "avcC"},
	"hvc1": {"V_MPEGH/ISO/HEVC", "hvcC"},
	"hev1": {"V_MPEGH/ISO/HEVC", "hvcC"},
	"dvh1": {"V_MPEGH/ISO/HEVC", "hvcC"},
	"dvhe": {"V_MPEGH/ISO/HEVC", "hvcC"},
	"av01": {"V_AV1", "av1C"},
	"dav1": {"V_AV1", "av1C"},
}

// entry reads sample description number id of a track; they count from 1.
func (w *window) entry(stsd box, id uint32) (entry, error) {
	if stsd.size() < 8 {
		return entry{}, fault(stsd.start, "stsd is missing or empty")
	}
	var n uint32
	for b, err := range w.boxes(stsd.body+8, stsd.end) {
		if err != nil {
			return entry{}, err
		}
		if n++; n == id {
			return w.visual(b)
		}
	}
	return entry{}, fault(stsd.start, "stsd: sample description %d of %d is in use", id, n)
}

// visualHead is the size of a VisualSampleEntry before its boxes.
const visualHead = 78

func (w *window) visual(b box) (entry, error) {
	if b.kind == "encv" {
		return entry{}, fault(b.start, "the track is encrypted")
	}
	h, err := w.head(b, visualHead)
	if err != nil {
		return entry{}, err
	}
	e := entry{width: int(u16(h[24:])), height: int(u16(h[26:]))}
	switch conf, ok := configured[b.kind]; {
	case ok:
		c, err := w.config(b, conf.box)
		if err != nil {
			return entry{}, err
		}
		if len(c) > 0 {
			e.codec, e.private = conf.codec, c
		}
	case b.kind == "mp4v":
		c, err := w.config(b, "esds")
		if err != nil {
			return entry{}, err
		}
		e.codec, e.private = elementary(c)
	case slices.Contains(proRes, b.kind):
		e.codec, e.private = "V_PRORES", []byte(b.kind)
	case strings.HasPrefix(b.kind, "hdv"), strings.HasPrefix(b.kind, "xdv"), strings.HasPrefix(b.kind, "xd5"):
		e.codec = "V_MPEG2" // cameras: HDV and XDCAM name the frame rate in the last character
	default:
		e.codec = codecs[b.kind]
	}
	return e, nil
}

// config returns the content of a box in a sample description, or nothing.
func (w *window) config(b box, kind string) ([]byte, error) {
	for c, err := range w.boxes(b.body+visualHead, b.end) {
		if err != nil {
			return nil, err
		}
		if c.kind != kind {
			continue
		}
		if c.size() > maxPrivate {
			return nil, fault(c.start, "%s: %d bytes", kind, c.size())
		}
		h, err := w.bytes(c.body, int(c.size()))
		return bytes.Clone(h), err
	}
	return nil, nil
}

// elementary reads an esds box (ISO/IEC 14496-1, 7.2.6): the object type says the format. It gives up without an
// error where the descriptors make no sense; FFmpeg then has to look at the packets.
func elementary(esds []byte) (codec string, private []byte) {
	if len(esds) < 4 {
		return "", nil
	}
	tag, es := descriptor(esds[4:])
	if tag == 3 { // some files lack this outer one
		if len(es) < 3 {
			return "", nil
		}
		flags := es[2]
		skip := 3
		if flags&0x80 != 0 { // depends on another stream
			skip += 2
		}
		if flags&0x40 != 0 && len(es) > skip { // URL
			skip += 1 + int(es[skip])
		}
		if flags&0x20 != 0 { // OCR
			skip += 2
		}
		tag, es = descriptor(es[min(skip, len(es)):])
	}
	if tag != 4 || len(es) < 13 {
		return "", nil
	}
	if t, info := descriptor(es[13:]); t == 5 {
		private = info
	}
	switch object := es[0]; {
	case object == 0x20:
		return "V_MPEG4/ISO/ASP", private
	case object >= 0x60 && object <= 0x65:
		return "V_MPEG2", private
	case object == 0x6a:
		return "V_MPEG1", private
	case object == 0x6c:
		return "V_MJPEG", nil
	}
	return "", nil
}

// descriptor reads a tag, a length of up to four bytes of seven bits, and that much content, or what is there of it.
func descriptor(b []byte) (tag byte, content []byte) {
	if len(b) == 0 {
		return 0, nil
	}
	tag, b = b[0], b[1:]
	var n int
	for range 4 {
		if len(b) == 0 {
			break
		}
		c := b[0]
		b = b[1:]
		n = n<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			break
		}
	}
	return tag, b[:min(n, len(b))]
}

// info turns a sample description into what others see of the track.
func (e entry) info(id uint32) container.TrackInfo {
	return container.TrackInfo{
		ID: uint64(id), Codec: e.codec, Private: e.private, Width: e.width, Height: e.height, Complete: true,
	}
}
