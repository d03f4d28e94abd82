package daemon

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

// picture is the n-th JPEG of a preview, unlike the others.
func picture(n int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 64, 36))
	for y := range 36 {
		for x := range 64 {
			m.Set(x, y, color.RGBA{uint8(4 * x), uint8(7 * y), uint8(80 * n), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
