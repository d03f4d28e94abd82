package clip

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"time"
)

// A picture is divided into 8x4 fields, black or white: 24 bits of time in milliseconds, as two's complement, the
// highest bit at the top left, then 8 bits that check them. Whole fields of pure black and white survive every
// conversion that a preview may go through, and the check tells a blend of two pictures from a picture.
const (
	columns, rows = 8, 4
	dark, light   = 40, 180 // luma of the fields, inside both ranges and not clipped by a tone map
)

// ErrNoTime means that a picture carries no time: it is not of a clip, or it is damaged, or a mix of two.
var ErrNoTime = errors.New("the picture carries no time")

// paint returns the fields that say at, one byte each.
func paint(at time.Duration) []byte {
	ms := uint32(at.Round(time.Millisecond).Milliseconds()) & 0xFFFFFF
	code := ms<<8 | uint32(check(ms))
	out := make([]byte, columns*rows)
	for i := range out {
		out[i] = dark
		if code<<i>>31 == 1 {
			out[i] = light
		}
	}
	return out
}

// check is CRC-8 with polynomial 7 over three bytes. It starts with ones so that all black is wrong.
func check(ms uint32) byte {
	crc := byte(0xFF)
	for _, b := range [...]byte{byte(ms >> 16), byte(ms >> 8), byte(ms)} {
		crc ^= b
		for range 8 {
			high := crc&0x80 != 0
			crc <<= 1
			if high {
				crc ^= 7
			}
		}
	}
	return crc
}

// ReadTime returns the time that a picture carries, to the millisecond. The picture may be of any size from about
// 64x32 pixels up.
func ReadTime(picture []byte) (time.Duration, error) {
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		return 0, fmt.Errorf("read time of picture: %w", err)
	}
	return readTime(img)
}

func readTime(img image.Image) (time.Duration, error) {
	var field [columns * rows]int
	low, high := 255, 0
	for i := range field {
		field[i] = mean(img, cell(img.Bounds(), i%columns, i/columns, columns, rows))
		low, high = min(low, field[i]), max(high, field[i])
	}
	if high-low < 40 {
		return 0, fmt.Errorf("%w: all of it has the same brightness", ErrNoTime)
	}
	var code uint32
	for i, luma := range field {
		code <<= 1
		switch place := 100 * (luma - low) / (high - low); {
		case place >= 65:
			code |= 1
		case place > 35:
			return 0, fmt.Errorf("%w: field %d is neither black nor white", ErrNoTime, i)
		}
	}
	ms := code >> 8
	if check(ms) != byte(code) {
		return 0, fmt.Errorf("%w: the check does not fit", ErrNoTime)
	}
	return time.Duration(int32(code)>>8) * time.Millisecond, nil
}

// cell returns the middle of one field of a grid: half its width and height, away from what the neighbours blur.
func cell(b image.Rectangle, x, y, columns, rows int) image.Rectangle {
	return image.Rect(
		b.Min.X+b.Dx()*(4*x+1)/(4*columns), b.Min.Y+b.Dy()*(4*y+1)/(4*rows),
		b.Min.X+b.Dx()*(4*x+3)/(4*columns), b.Min.Y+b.Dy()*(4*y+3)/(4*rows),
	)
}

// mean returns the mean luma of an area, 0 to 255.
func mean(img image.Image, area image.Rectangle) int {
	sum, n := 0, 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			sum += int(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
			n++
		}
	}
	return sum / max(n, 1)
}
