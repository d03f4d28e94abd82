package ffmpeg

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatchdog(t *testing.T) {
	const limit = 60 * time.Second
	type step struct {
		until time.Duration // what follows holds from the last step to this time
		moves bool          // the figure grows
		held  bool          // suspended
	}
	for name, c := range map[string]struct {
		steps []step
		want  time.Duration // when it bites; 0 for never
	}{
		"nothing from the start":    {[]step{}, limit},
		"progress, then nothing":    {[]step{{until: 5 * time.Minute, moves: true}}, 6 * time.Minute},
		"a pause within the limit":  {[]step{{until: 50 * time.Second}, {until: 100 * time.Second, moves: true}, {until: time.Hour, held: true}}, time.Hour + limit},
		"suspended for a long time": {[]step{{until: 10 * time.Hour, held: true}}, 10*time.Hour + limit},
		"always moving":             {[]step{{until: 100 * time.Hour, moves: true}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Hour)
				defer cancel()
				start := time.Now()
				var n int64
				bit := stalled(ctx, limit, func() (int64, bool) {
					at := time.Since(start)
					for _, s := range c.steps {
						if at <= s.until {
							if s.moves {
								n++
							}
							return n, !s.held
						}
					}
					return n, true
				})
				took := time.Since(start)
				if bit != (c.want != 0) {
					t.Fatalf("bit: %v after %v", bit, took)
				}
				if bit && (took < c.want || took > c.want+limit/5) {
					t.Errorf("bit after %v, want about %v", took, c.want)
				}
			})
		})
	}
}
