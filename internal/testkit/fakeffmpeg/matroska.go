package fakeffmpeg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"io"
	"time"
)

// element makes an EBML element with a size of eight bytes. The IDs are those of the Matroska specification.
func element(id uint32, body []byte) []byte {
	var out []byte
	for shift := 24; shift >= 0; shift -= 8 {
		if b := byte(id >> shift); b != 0 || len(out) > 0 {
			out = append(out, b)
		}
	}
	out = binary.BigEndian.AppendUint64(out, uint64(len(body))|1<<56)
	return append(out, body...)
}

func number(id uint32, n uint64) []byte {
	return element(id, binary.BigEndian.AppendUint64(nil, n))
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// header writes what comes before the first cluster: one MJPEG track, times in milliseconds.
func header(w io.Writer, width, height int) error {
	ebml := element(0x1A45DFA3, element(0x4282, []byte("matroska")))
	info := element(0x1549A966, number(0x2AD7B1, 1_000_000))
	track := element(0x1654AE6B, element(0xAE, join(
		number(0xD7, 1), number(0x73C5, 1), number(0x83, 1), element(0x86, []byte("V_MJPEG")),
		element(0xE0, join(number(0xB0, uint64(width)), number(0xBA, uint64(height)))),
	)))
	segment := []byte{0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF} // of unknown size
	_, err := w.Write(join(ebml, segment, info, track))
	return err
}

// block is a cluster with one picture.
func block(at time.Duration, jpg []byte) []byte {
	return element(0x1F43B675, join(
		number(0xE7, uint64(at.Milliseconds())),
		element(0xA3, append([]byte{0x81, 0, 0, 0x80}, jpg...)),
	))
}

// picture is the nth JPEG. Lively ones have coarse and fine structure that differs from each to the next.
func picture(n, width, height int, paint Paint) []byte {
	if paint == Alike {
		n = 7
	}
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	fill := func(plane []byte, v byte) {
		for i := range plane {
			plane[i] = v
		}
	}
	if paint != Green { // which is Y'CbCr 0, 0, 0: buffers that a failed decoder never wrote
		for i := range img.Y {
			x, y := i%img.YStride, i/img.YStride
			img.Y[i] = byte(40 + (x*(n%5+1)+y*(n%7+1)+n*31)%160)
		}
		fill(img.Cb, byte(96+n*13%64))
		fill(img.Cr, byte(96+n*29%64))
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 80}); err != nil {
		panic(err) // only for sizes that no test asks for
	}
	return out.Bytes()
}

// times sends the times of the wanted blocks of a Matroska stream, those at whole multiples of 1000 s. It goes down
// into segments and clusters, steps over all else, and stops at what it does not understand.
func times(r io.Reader, wanted chan<- time.Duration) {
	in := bufio.NewReader(r)
	var cluster int64
	scale := int64(time.Millisecond)
	for {
		id, _, err := vint(in, false)
		if err != nil {
			return
		}
		size, unknown, err := vint(in, true)
		if err != nil {
			return
		}
		switch id {
		case 0x18538067, 0x1F43B675, 0x1549A966, 0xA0: // Segment, Cluster, Info, BlockGroup: go inside
			continue
		}
		if unknown || size > 1<<30 {
			return
		}
		switch id {
		case 0xE7, 0x2AD7B1, 0xA3, 0xA1: // Timestamp, TimestampScale, SimpleBlock, Block
			body := make([]byte, size)
			if _, err := io.ReadFull(in, body); err != nil {
				return
			}
			switch {
			case id == 0xE7:
				cluster = unsigned(body)
			case id == 0x2AD7B1:
				scale = unsigned(body)
			case len(body) >= 4:
				at := time.Duration((cluster + int64(int16(binary.BigEndian.Uint16(body[1:])))) * scale)
				if at%(1000*time.Second) < time.Second/2 {
					wanted <- at.Truncate(time.Second)
				}
			}
		default:
			if _, err := io.CopyN(io.Discard, in, int64(size)); err != nil {
				return
			}
		}
	}
}

// vint reads an EBML number; sizes lose their length marker, IDs keep it.
func vint(r io.ByteReader, size bool) (n uint64, unknown bool, err error) {
	first, err := r.ReadByte()
	if err != nil {
		return 0, false, err
	}
	length := 1
	for mask := byte(0x80); length <= 8 && first&mask == 0; mask >>= 1 {
		length++
	}
	n = uint64(first)
	if size {
		n &= 1<<(8-min(length, 8)) - 1
	}
	for range length - 1 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, false, err
		}
		n = n<<8 | uint64(b)
	}
	return n, size && n == 1<<(7*length)-1, nil
}

func unsigned(b []byte) (n int64) {
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	return n
}
