package bif

import (
	"image"
	"image/color"
)

// What a decoder leaves behind that failed without saying so, as Dolby Vision and VA-API do: Y'CbCr 0, 0, 0, which is
// a green that depends on the matrix it is read with. Worked out from the three matrices in limited range; JPEG's own
// full range gives the first as well.
var brokenGreens = [...]color.RGBA{
	{G: 135}, // BT.601 and JPEG
	{G: 77},  // BT.709
	{G: 88},  // BT.2020
}

// How near to one of those greens a picture must be. A green screen is far away in colour (0, 177, 64), and a lawn is
// not of one colour.
const (
	greenTolerance = 12   // per channel, of 255: what JPEG does to a flat colour, and rounding on the way
	greenShare     = 0.98 // of the pixels
)

// solidGreen reports whether img shows nothing but the green of a picture that was never decoded. It looks at no
// more than about 4,000 pixels, evenly spread.
func solidGreen(img image.Image) bool {
	b := img.Bounds()
	step := 1
	for b.Dx()/step*(b.Dy()/step) > 4096 {
		step++
	}
	var seen int
	var near [len(brokenGreens)]int
	for y := b.Min.Y; y < b.Max.Y; y += step {
		for x := b.Min.X; x < b.Max.X; x += step {
			seen++
			c := rgbAt(img, x, y)
			for i, green := range brokenGreens {
				if close8(c.R, green.R) && close8(c.G, green.G) && close8(c.B, green.B) {
					near[i]++
				}
			}
		}
	}
	for _, n := range near {
		if seen > 0 && float64(n) >= greenShare*float64(seen) {
			return true
		}
	}
	return false
}

func rgbAt(img image.Image, x, y int) color.RGBA {
	if m, ok := img.(*image.YCbCr); ok { // what nearly every JPEG decodes to; At would allocate for each pixel
		c := m.YCbCrAt(x, y)
		r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
		return color.RGBA{R: r, G: g, B: b, A: 255}
	}
	return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
}

func close8(a, b uint8) bool { return max(a, b)-min(a, b) <= greenTolerance }
