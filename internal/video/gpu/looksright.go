package gpu

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"

	"github.com/scrubjay/scrubjay/assets"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// tolerance is how far, of 255, the mean colour of a bar may be off in each channel. Sound decoding is within 4; the
// colours of one matrix read by another, which is ugly and no fault of the device, within 27; green, garbage, a lost or
// swapped colour plane are off by 80 and more.
const tolerance = 40

// LooksRight checks a picture that was decoded from a probe clip, at any size, against the bars that are in the clip.
// The error has the reason [preview.DeviceWrong].
func LooksRight(picture []byte) error {
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return preview.Because(preview.DeviceWrong, "read picture: %w", err)
	}
	if cfg.Width < 64 || cfg.Height < 36 || cfg.Width > 4096 || cfg.Height > 4096 {
		return preview.Because(preview.DeviceWrong, "read picture: it has %dx%d pixels", cfg.Width, cfg.Height)
	}
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		return preview.Because(preview.DeviceWrong, "read picture: %w", err)
	}
	var wrong []error
	bars := assets.ProbeBars()
	for i, want := range bars {
		// The middle half of each bar, away from edges that scaling blurs, and well above the part that moves.
		w, h := img.Bounds().Dx(), img.Bounds().Dy()
		area := image.Rect(w*(4*i+1)/(4*len(bars)), h/16, w*(4*i+3)/(4*len(bars)), h*11/16).Add(img.Bounds().Min)
		if got := mean(img, area); far(got.R, want.R) || far(got.G, want.G) || far(got.B, want.B) {
			wrong = append(wrong, fmt.Errorf("bar %d should be %s and is %s", i+1, hexOf(want), hexOf(got)))
		}
	}
	if len(wrong) > 0 {
		return preview.Because(preview.DeviceWrong, "compare picture: %w", errors.Join(wrong...))
	}
	return nil
}

func mean(img image.Image, area image.Rectangle) color.RGBA {
	var r, g, b, n uint64
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			pr, pg, pb, _ := img.At(x, y).RGBA()
			r, g, b, n = r+uint64(pr>>8), g+uint64(pg>>8), b+uint64(pb>>8), n+1
		}
	}
	if n == 0 {
		return color.RGBA{}
	}
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 0xFF}
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > tolerance }

func hexOf(c color.RGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }
