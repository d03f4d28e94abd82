package recipe

import (
	"math"

	"github.com/scrubjay/scrubjay/internal/video/probe"
)

// shape is the way from the coded picture to the preview's: scale first, then turn.
type shape struct {
	scaleW, scaleH int // the size to scale the coded picture to
	width, height  int // the size after turning: the preview's
	mirror         bool
	turn           int // clockwise degrees: 0, 90, 180, 270
}

// maxHeight bounds the height of a preview: a 2 x 20000 video is not worth more.
const maxHeight = 4096

// shapeOf fits the video into pictures of the given width. Samples that are not square are made square (a DVD's
// 720 x 576 at 64:45 is shown as 1024 x 576), a phone's video is turned upright, a video narrower than asked for
// keeps its width, and both sides are even: 4:2:0 pictures and scale_vaapi need that.
func shapeOf(v probe.Info, width int) shape {
	w, h := float64(max(v.Width, 1)), float64(max(v.Height, 1))
	if v.SampleAspect > 0 {
		w *= v.SampleAspect
	}
	s := shape{mirror: v.Mirrored, turn: v.Rotation}
	sideways := s.turn == 90 || s.turn == 270
	if sideways {
		w, h = h, w
	}
	s.width = even(math.Min(float64(width), w))
	s.height = min(even(float64(s.width)*h/w), maxHeight)
	s.scaleW, s.scaleH = s.width, s.height
	if sideways {
		s.scaleW, s.scaleH = s.height, s.width
	}
	return s
}

// even rounds to the nearest even number of at least 2. It caps what passes any picture, and NaN, before they are made a
// whole number.
func even(x float64) int {
	if !(x < 1<<20) {
		x = 1 << 20
	}
	return max(2, int(math.Round(x/2))*2)
}

// onDevice is the size that a GPU scales to: twice the final one, where the video is that large. Scalers on GPUs
// look at 4 x 4 samples, however much they shrink, and leave jagged edges; the last halving is the CPU's, at a
// cost that cannot be measured.
func (s shape) onDevice(v probe.Info) (w, h int) {
	w, h = 2*s.scaleW, 2*s.scaleH
	if w > v.Width || h > v.Height {
		return s.scaleW, s.scaleH
	}
	return w, h
}

// shrinks reports whether the coded picture is at least so many times the preview's size.
func (s shape) shrinks(v probe.Info, times int) bool {
	return v.Width >= times*s.scaleW && v.Height >= times*s.scaleH
}

// filters turns the scaled picture upright.
func (s shape) filters() []filter {
	var out []filter
	if s.mirror {
		out = append(out, filter{name: "hflip"})
	}
	switch s.turn {
	case 90:
		out = append(out, filter{name: "transpose", args: []string{"clock"}})
	case 180:
		out = append(out, filter{name: "hflip"}, filter{name: "vflip"})
	case 270:
		out = append(out, filter{name: "transpose", args: []string{"cclock"}})
	}
	// Without this the JPEG would carry the video's sample aspect in its JFIF density.
	return append(out, filter{name: "setsar", args: []string{"1"}})
}
