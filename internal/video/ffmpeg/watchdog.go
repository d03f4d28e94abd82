package ffmpeg

import (
	"context"
	"time"
)

// stalled watches a figure that changes with progress, until ctx ends (false) or the figure stayed the same for
// limit (true). While ok is false no progress is expected, and waiting starts anew afterwards.
//
// It counts its own turns rather than the clock, so that a computer that slept, or was too busy to run us, does not
// take its own pause for the program's.
func stalled(ctx context.Context, limit time.Duration, progress func() (n int64, ok bool)) bool {
	const turns = 20
	tick := time.NewTicker(max(limit/turns, time.Millisecond))
	defer tick.Stop()
	var last int64 = -1
	for idle := 0; idle < turns; idle++ {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		n, ok := progress()
		if !ok || n != last {
			idle = -1
		}
		last = n
	}
	return true
}
