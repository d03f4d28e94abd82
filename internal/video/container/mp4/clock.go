package mp4

import (
	"math"
	"math/bits"
	"time"
)

// rescale returns v*mul/div, rounded to the nearest, halves away from zero, as FFmpeg's av_rescale does. It reports
// false when the result does not fit.
func rescale(v int64, mul, div uint64) (int64, bool) {
	if div == 0 {
		return 0, false
	}
	abs := uint64(v)
	if v < 0 {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, mul)
	lo, carry := bits.Add64(lo, div/2, 0)
	hi += carry
	if hi >= div {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, div)
	if q > math.MaxInt64 {
		return 0, false
	}
	if v < 0 {
		return -int64(q), true
	}
	return int64(q), true
}

// ticks turns a time of a track into nanoseconds.
func ticks(v int64, timescale uint32) (time.Duration, bool) {
	ns, ok := rescale(v, uint64(time.Second), uint64(timescale))
	return time.Duration(ns), ok
}
