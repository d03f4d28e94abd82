package clip

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// BarSpec is what a clip of colour bars is like: two seconds of H.264 in MKV, ten pictures a second, a keyframe
// every second. The zero value is 640x360, BT.601, limited range, tagged so.
type BarSpec struct {
	Matrix        string // "bt601" or "bt709": how the RGB of [BarColors] became luma and chroma
	FullRange     bool   // luma and chroma use 0 to 255
	Untagged      bool   // the stream says neither matrix nor range; a player goes by the size (SD: BT.601)
	Width, Height int    // pixels
}

// BarColors returns the colours of the bars, left to right: 75 % bars, two soft tones, dark and light grey. None is
// so near to black or white that an error in range or matrix could hide in clipping.
func BarColors() []color.RGBA {
	return []color.RGBA{
		{191, 191, 191, 255},
		{191, 191, 0, 255},
		{0, 191, 191, 255},
		{0, 191, 0, 255},
		{191, 0, 191, 255},
		{191, 0, 0, 255},
		{0, 0, 191, 255},
		{224, 172, 140, 255}, // skin
		{70, 110, 60, 255},   // leaves
		{40, 40, 40, 255},
	}
}

// Bars returns the path of a clip with colour bars. We compute luma and chroma ourselves, from the formulas of
// ITU-R BT.601 and BT.709, so that no error of FFmpeg's conversion can cancel out against another.
func Bars(t testing.TB, s BarSpec) string {
	t.Helper()
	s.Matrix = cmp.Or(s.Matrix, "bt601")
	s.Width, s.Height = cmp.Or(s.Width, 640), cmp.Or(s.Height, 360)
	return cached(t, s, "mkv", s.make)
}

// ReadBars returns the mean colour of the middle of each bar of a JPEG picture, read as JFIF says: BT.601, full
// range.
func ReadBars(picture []byte) ([]color.RGBA, error) {
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("read bars of picture: %w", err)
	}
	n := len(BarColors())
	out := make([]color.RGBA, n)
	for i := range out {
		out[i] = meanColor(img, cell(img.Bounds(), i, 0, n, 1))
	}
	return out, nil
}

func meanColor(img image.Image, area image.Rectangle) color.RGBA {
	var r, g, b, n uint64
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			r, g, b, n = r+uint64(red), g+uint64(green), b+uint64(blue), n+1
		}
	}
	mean := func(sum uint64) uint8 { return uint8((sum + n*257/2) / (max(n, 1) * 257)) }
	return color.RGBA{mean(r), mean(g), mean(b), 255}
}

func (s BarSpec) make(ctx context.Context, dir string) (string, error) {
	raw := filepath.Join(dir, "bars.raw")
	if err := os.WriteFile(raw, slices.Repeat(s.frame(), 20), 0o600); err != nil {
		return "", err
	}
	out := filepath.Join(dir, "bars.mkv")
	tags := []string{"-color_range", "tv"}
	if s.FullRange {
		tags[1] = "pc"
	}
	switch {
	case s.Untagged:
		tags = nil
	case s.Matrix == "bt709":
		tags = append(tags, "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
	default:
		tags = append(tags, "-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m")
	}
	// The tags stand before the input too: FFmpeg then sees nothing to convert.
	args := append([]string{"-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", fmt.Sprintf("%dx%d", s.Width, s.Height), "-framerate", "10"}, tags...)
	args = append(args, "-i", raw, "-c:v", "libx264", "-preset", "veryfast", "-qp", "4", "-g", "10", "-pix_fmt", "yuv420p")
	return out, ffmpeg(ctx, append(append(args, tags...), out)...)
}

// frame is one picture in planar 4:2:0.
func (s BarSpec) frame() []byte {
	colors := BarColors()
	luma := make([]byte, 0, s.Width*s.Height*3/2)
	plane := func(width, height, channel int) {
		row := make([]byte, width)
		for x := range row {
			row[x] = s.convert(colors[x*len(colors)/width])[channel]
		}
		for range height {
			luma = append(luma, row...)
		}
	}
	plane(s.Width, s.Height, 0)
	plane(s.Width/2, s.Height/2, 1)
	plane(s.Width/2, s.Height/2, 2)
	return luma
}

// convert computes Y, Cb and Cr of a colour: BT.601-7 2.5.1 and BT.709-6 3.2 to 3.4, with 8 bits.
func (s BarSpec) convert(c color.RGBA) [3]byte {
	kr, kb := 0.299, 0.114
	if s.Matrix == "bt709" {
		kr, kb = 0.2126, 0.0722
	}
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	y := kr*r + (1-kr-kb)*g + kb*b
	cb, cr := (b-y)/(2*(1-kb)), (r-y)/(2*(1-kr))
	base, yScale, cScale := 16.0, 219.0, 224.0
	if s.FullRange {
		base, yScale, cScale = 0, 255, 255
	}
	return [3]byte{byte(math.Round(base + yScale*y)), byte(math.Round(128 + cScale*cb)), byte(math.Round(128 + cScale*cr))}
}
