// Package sheet draws a contact sheet: the pictures of one BIF side by side in a PNG, each with its time, to look at
// and to show around.
//
// It takes pictures as they are, sound or not; whether a preview is good is for [bif.Check] to say. It knows nothing of
// videos and of how pictures are made.
package sheet

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"time"

	xdraw "golang.org/x/image/draw"

	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// Most is the largest number of pictures on a sheet. A preview that has more shows as many, spread evenly from its
// first to its last.
const Most = 60

// The colours of the house; quiet against dusk has a contrast of 7 to 1.
var (
	dusk  = color.RGBA{R: 0x1B, G: 0x2A, B: 0x3C, A: 0xFF} // ground
	night = color.RGBA{R: 0x12, G: 0x1C, B: 0x29, A: 0xFF} // around a picture that does not fill its place
	paper = color.RGBA{R: 0xF6, G: 0xF7, B: 0xF9, A: 0xFF} // the name
	quiet = color.RGBA{R: 0xA9, G: 0xB4, B: 0xC2, A: 0xFF} // times and facts
	brick = color.RGBA{R: 0xC8, G: 0x49, B: 0x3B, A: 0xFF} // a picture that does not decode
)

// Draw writes the contact sheet of a preview to w as PNG, under the given name and a line of facts. A picture that
// cannot be read or decoded is a brick-coloured box with an exclamation mark at its place. An error is one of w.
func Draw(w io.Writer, name string, preview *bif.Reader) error {
	p, err := newPen()
	if err != nil {
		return fmt.Errorf("draw contact sheet: %w", err)
	}
	chosen := spread(preview.Len(), Most)
	lay := layOut(len(chosen), shape(preview, chosen))
	s := &sheet{pen: p, layout: lay, canvas: image.NewRGBA(lay.bounds()), mask: rounded(lay.tile, corner)}
	draw.Draw(s.canvas, s.canvas.Bounds(), image.NewUniform(dusk), image.Point{}, draw.Src)
	s.pictures(preview, chosen)
	s.heading(name, facts(preview, s.size, len(chosen), s.broken))
	if err := png.Encode(w, s.canvas); err != nil {
		return fmt.Errorf("write contact sheet: %w", err)
	}
	return nil
}

// sheet is a sheet in the making.
type sheet struct {
	pen    *pen
	layout layout
	canvas *image.RGBA
	mask   *image.Alpha // the form of a tile
	size   image.Point  // of the first picture that decodes; zero when none did so far
	broken int          // pictures that do not decode
}

func (s *sheet) pictures(preview *bif.Reader, chosen []int) {
	var times []time.Duration
	for _, i := range chosen {
		times = append(times, preview.At(i))
	}
	label := clock(times)
	var buf []byte
	for n, i := range chosen {
		at := s.layout.place(n)
		if picture, err := preview.Image(i, buf); err == nil {
			buf = picture
			s.tile(at, picture)
		} else {
			s.brokenTile(at)
		}
		s.pen.centred(s.canvas, s.pen.label, quiet, label(times[n]), image.Rect(at.Min.X, at.Max.Y, at.Max.X, at.Max.Y+labelHeight))
	}
}

// tile draws one picture as large as it fits.
func (s *sheet) tile(at image.Rectangle, picture []byte) {
	img, err := bif.Decode(picture)
	if err != nil {
		s.brokenTile(at)
		return
	}
	size := img.Bounds().Size()
	if s.size == (image.Point{}) {
		s.size = size
	}
	tile := image.NewRGBA(image.Rectangle{Max: at.Size()})
	draw.Draw(tile, tile.Bounds(), image.NewUniform(night), image.Point{}, draw.Src)
	xdraw.CatmullRom.Scale(tile, fit(size, at.Size()), img, img.Bounds(), draw.Src, nil)
	draw.DrawMask(s.canvas, at, tile, image.Point{}, s.mask, image.Point{}, draw.Over)
}

func (s *sheet) brokenTile(at image.Rectangle) {
	s.broken++
	draw.DrawMask(s.canvas, at, image.NewUniform(brick), image.Point{}, s.mask, image.Point{}, draw.Over)
	s.pen.centred(s.canvas, s.pen.mark, paper, "!", at)
}

func (s *sheet) heading(name, facts string) {
	width := s.canvas.Bounds().Dx() - 2*margin
	s.pen.text(s.canvas, s.pen.name, paper, shorten(s.pen.name, clean(name), width), image.Pt(margin, nameBaseline))
	s.pen.text(s.canvas, s.pen.facts, quiet, shorten(s.pen.facts, facts, width), image.Pt(margin, factsBaseline))
}

// shape returns the size of the first chosen picture that says its size, or 16 by 9.
func shape(preview *bif.Reader, chosen []int) image.Point {
	var buf []byte
	for _, i := range chosen {
		picture, err := preview.Image(i, buf)
		if err != nil {
			continue
		}
		buf = picture
		if size, err := bif.Size(picture); err == nil {
			return size
		}
	}
	return image.Pt(16, 9)
}

// spread chooses at most most of n pictures, evenly from the first to the last.
func spread(n, most int) []int {
	out := make([]int, min(n, most))
	for k := range out {
		out[k] = k
		if n > most {
			out[k] = (k*(n-1) + (most-1)/2) / (most - 1)
		}
	}
	return out
}
