package sheet

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"sort"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// pen holds the faces of one sheet; a face is for one goroutine.
type pen struct {
	name, facts, label, mark font.Face
}

func newPen() (*pen, error) {
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	var errs []error
	face := func(f *opentype.Font, pixels float64) font.Face {
		out, err := opentype.NewFace(f, &opentype.FaceOptions{Size: pixels, DPI: 72, Hinting: font.HintingVertical})
		errs = append(errs, err)
		return out
	}
	p := &pen{name: face(bold, 28), facts: face(regular, 17), label: face(regular, 15), mark: face(bold, 44)}
	return p, errors.Join(errs...)
}

// text writes s with its baseline beginning at a point.
func (p *pen) text(dst draw.Image, face font.Face, c color.Color, s string, at image.Point) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: face, Dot: fixed.P(at.X, at.Y)}
	d.DrawString(s)
}

// centred writes s into the middle of a space.
func (p *pen) centred(dst draw.Image, face font.Face, c color.Color, s string, space image.Rectangle) {
	width := font.MeasureString(face, s).Ceil()
	high := face.Metrics().CapHeight.Ceil()
	p.text(dst, face, c, s, image.Pt(space.Min.X+(space.Dx()-width)/2, space.Min.Y+(space.Dy()+high)/2))
}

// shorten takes as much out of the middle of s as it must to fit a width; a file's name ends with what tells most.
func shorten(face font.Face, s string, width int) string {
	if len(s) > 4096 { // measuring costs time, and nothing of that length fits
		s = s[:2048] + s[len(s)-2048:]
	}
	if font.MeasureString(face, s).Ceil() <= width {
		return s
	}
	runes := []rune(s)
	cut := func(out int) string {
		head := (len(runes) - out + 1) / 2
		return string(runes[:head]) + "…" + string(runes[head+out:])
	}
	return cut(sort.Search(len(runes), func(out int) bool {
		return font.MeasureString(face, cut(out)).Ceil() <= width
	}))
}
