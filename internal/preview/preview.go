// Package preview holds the words that all of Scrubjay shares: what a person asks of a preview, the devices
// that can make one, the reasons why one could not be made, and the verdict on one that was.
//
// It imports the standard library only and knows nothing of FFmpeg, Plex, queues or screens. All its types are
// plain values: copy them, compare them, send them.
package preview

import (
	"fmt"
	"time"
)

// Accuracy says how near to its slot a picture must be.
type Accuracy string

// The values of Accuracy.
const (
	// Auto takes the nearest keyframe where it is near enough, and the exact frame where it is not.
	Auto Accuracy = "auto"
	// Keyframe takes the nearest keyframe, however far it is. The cheapest.
	Keyframe Accuracy = "keyframe"
	// Exact takes the frame that is on screen at the slot's time. The dearest.
	Exact Accuracy = "exact"
)

// Spec is what a person asks of a preview.
type Spec struct {
	// Interval is the time between two pictures, in whole milliseconds (the BIF header has no finer unit).
	Interval time.Duration
	// Width of the pictures in pixels. A video narrower than that keeps its own width. The height follows
	// from the video's shape.
	Width int
	// Quality is FFmpeg's -q:v for JPEG: 2 is best, 31 smallest.
	Quality int
	// Accuracy says how near to its slot a picture must be.
	Accuracy Accuracy
}

// DefaultSpec is what is made when nobody asks for anything else: Plex's width, a picture every ten seconds.
func DefaultSpec() Spec {
	return Spec{Interval: 10 * time.Second, Width: 320, Quality: 4, Accuracy: Auto}
}

// Limits of a Spec. The interval's lower limit keeps a two-hour preview below 36,000 pictures; the upper one is
// what still fits the BIF header's 32-bit milliseconds with room to spare.
const (
	MinInterval = 200 * time.Millisecond
	MaxInterval = time.Hour
	MinWidth    = 16
	MaxWidth    = 3840
	MinQuality  = 2
	MaxQuality  = 31
)

// Check says in the user's words what is wrong with the spec, or returns nil.
func (s Spec) Check() error {
	switch {
	case s.Interval < MinInterval || s.Interval > MaxInterval:
		return fmt.Errorf("interval must be between %v and %v, not %v", MinInterval, MaxInterval, s.Interval)
	case s.Interval%time.Millisecond != 0:
		return fmt.Errorf("interval must be whole milliseconds, not %v", s.Interval)
	case s.Width < MinWidth || s.Width > MaxWidth:
		return fmt.Errorf("width must be between %d and %d pixels, not %d", MinWidth, MaxWidth, s.Width)
	case s.Quality < MinQuality || s.Quality > MaxQuality:
		return fmt.Errorf("quality must be between %d (best) and %d (smallest), not %d", MinQuality, MaxQuality, s.Quality)
	}
	switch s.Accuracy {
	case Auto, Keyframe, Exact:
		return nil
	}
	return fmt.Errorf("accuracy must be auto, keyframe or exact, not %q", s.Accuracy)
}

// Slots returns how many pictures a video of the given duration gets: one at 0, Interval, 2*Interval ... below
// the duration, and at least one for any video that lasts at all.
func (s Spec) Slots(duration time.Duration) int {
	if duration <= 0 || s.Interval <= 0 {
		return 0
	}
	return int((duration-1)/s.Interval) + 1 // rounded up, without a sum that a hostile duration could overflow
}
