package recipe

import (
	"math"
	"testing"

	"github.com/scrubjay/scrubjay/internal/video/probe"
)

// TestShapeOfOddVideos wants sides that FFmpeg takes, whatever the video claims to be.
func TestShapeOfOddVideos(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {1, 1}, {1, 20000}, {20000, 1}, {32768, 32768}, {-5, 7}, {math.MaxInt32, 1}, {1, math.MaxInt32}} {
		for _, aspect := range []float64{0, -1, 1, 1e-300, 1e300, math.Inf(1), math.Inf(-1), math.NaN()} {
			for _, turn := range []int{0, 90, 180, 270} {
				s := shapeOf(probe.Info{Width: size[0], Height: size[1], SampleAspect: aspect, Rotation: turn}, 320)
				for _, side := range []int{s.width, s.height, s.scaleW, s.scaleH} {
					if side < 2 || side%2 != 0 || side > maxHeight {
						t.Errorf("%v at %v turned by %d becomes %+v", size, aspect, turn, s)
						break
					}
				}
			}
		}
	}
}
