package probe

import (
	"math"
	"strings"
)

// turned returns how a player turns the picture: clockwise degrees in steps of 90, and whether it flips left and
// right before that. The stream's display matrix counts; a frame's own (an SEI message) where the stream has none;
// else the tag that FFmpeg wrote before it knew display matrices.
func turned(s stream, f frame) (clockwise int, mirrored bool) {
	for _, data := range [][]sideData{s.SideData, f.SideData} {
		for _, d := range data {
			if clockwise, mirrored, ok := d.turn(); ok {
				return clockwise, mirrored
			}
		}
	}
	if v, ok := s.Tags["rotate"].number(); ok {
		return quarter(v), false
	}
	return 0, false
}

func (d sideData) turn() (clockwise int, mirrored, ok bool) {
	if clockwise, mirrored, ok := matrixTurn(d.DisplayMatrix); ok {
		return clockwise, mirrored, true
	}
	// Printed counterclockwise: -90 stands for a quarter turn clockwise (av_display_rotation_get).
	if v, ok := d.Rotation.number(); ok {
		return quarter(-v), false, true
	}
	return 0, false, false
}

// matrixTurn reads ffprobe's dump of the nine numbers a b u c d v x y w, three a line with the line's number before
// them. A point (x, y) of the coded picture is shown at (a*x + c*y, b*x + d*y), y downwards.
func matrixTurn(dump scalar) (clockwise int, mirrored, ok bool) {
	var m []float64
	for _, word := range strings.Fields(string(dump)) {
		if strings.HasSuffix(word, ":") {
			continue
		}
		v, ok := scalar(word).number()
		if !ok {
			return 0, false, false
		}
		m = append(m, v)
	}
	if len(m) != 9 {
		return 0, false, false
	}
	a, b, c, d := m[0], m[1], m[3], m[4]
	size := a*d - b*c
	if size == 0 {
		return 0, false, false
	}
	if size < 0 { // take the flip off, the turn is left
		a, b = -a, -b
	}
	return quarter(math.Atan2(b, a) * 180 / math.Pi), size < 0, true
}

// quarter rounds clockwise degrees to 0, 90, 180 or 270.
func quarter(degrees float64) int {
	return (int(math.Round(math.Mod(degrees, 360)/90))*90 + 360) % 360
}
