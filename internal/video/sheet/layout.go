package sheet

import (
	"image"
	"image/color"
	"math"
)

// Distances in pixels.
const (
	margin        = 40
	gap           = 16
	corner        = 6   // radius of a picture's corners
	tileWidth     = 256 // of a picture that is wider than high
	tallest       = 300 // of a picture that is higher than wide
	slimmest      = 96  // leaves room for the time below
	nameBaseline  = margin + 22
	factsBaseline = nameBaseline + 30
	headHeight    = factsBaseline + 26
	labelHeight   = 28
	narrowest     = 800 // of a sheet, so that there is room for its heading
)

// layout is where the pictures go: a grid filled row by row.
type layout struct {
	tile          image.Point // size of one picture
	columns, rows int
}

// layOut arranges n pictures of a shape so that the sheet is about as wide as a screen, with few empty places at its
// end.
func layOut(n int, shape image.Point) layout {
	lay := layout{tile: tileSize(shape)}
	best := math.Inf(1)
	fewest := (narrowest - 2*margin + lay.tile.X + 2*gap - 1) / (lay.tile.X + gap)
	for columns := fewest; columns <= max(fewest, n); columns++ {
		try := layout{tile: lay.tile, columns: columns, rows: max(1, (n+columns-1)/columns)}
		size := try.bounds().Size()
		empty := float64(try.columns*try.rows-n) / float64(columns)
		score := math.Abs(math.Log(float64(size.X)/float64(size.Y)/1.6)) + empty/4
		if score < best {
			best, lay = score, try
		}
	}
	return lay
}

// tileSize keeps the shape of ordinary pictures; the freaks get bars.
func tileSize(shape image.Point) image.Point {
	ratio := float64(shape.X) / float64(shape.Y)
	size := image.Pt(tileWidth, int(math.Round(tileWidth/ratio)))
	if size.Y > tallest {
		size = image.Pt(int(math.Round(tallest*ratio)), tallest)
	}
	return image.Pt(max(size.X, slimmest), max(size.Y, slimmest))
}

func (l layout) bounds() image.Rectangle {
	return image.Rect(0, 0,
		2*margin+l.columns*(l.tile.X+gap)-gap,
		headHeight+l.rows*(l.tile.Y+labelHeight)+(l.rows-1)*gap/2+margin-gap/2)
}

// place returns where picture n goes; its label is right below.
func (l layout) place(n int) image.Rectangle {
	at := image.Pt(margin+n%l.columns*(l.tile.X+gap), headHeight+n/l.columns*(l.tile.Y+labelHeight+gap/2))
	return image.Rectangle{Min: at, Max: at.Add(l.tile)}
}

// fit returns where in a space of size space a picture of the given size goes, as large as possible and centred.
func fit(size, space image.Point) image.Rectangle {
	scale := min(float64(space.X)/float64(size.X), float64(space.Y)/float64(size.Y))
	w := max(1, int(math.Round(float64(size.X)*scale)))
	h := max(1, int(math.Round(float64(size.Y)*scale)))
	at := image.Pt((space.X-w)/2, (space.Y-h)/2)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// rounded returns a mask of the given size with smooth round corners.
func rounded(size image.Point, radius int) *image.Alpha {
	mask := image.NewAlpha(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			// Distance of the pixel's middle from the middle of the corner's circle; 0 outside of corners.
			dx := float64(max(radius-x, x-(size.X-1-radius), 0)) - 0.5
			dy := float64(max(radius-y, y-(size.Y-1-radius), 0)) - 0.5
			cover := 1.0
			if dx > 0 && dy > 0 {
				cover = min(1, max(0, float64(radius)-math.Hypot(dx, dy)+0.5))
			}
			mask.SetAlpha(x, y, color.Alpha{A: uint8(255 * cover)})
		}
	}
	return mask
}
