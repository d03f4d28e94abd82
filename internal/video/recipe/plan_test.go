package recipe

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
)

func keysAt(times ...float64) []container.Keyframe {
	var keys []container.Keyframe
	for _, t := range times {
		keys = append(keys, container.Keyframe{At: time.Duration(t * float64(time.Second))})
	}
	return keys
}

func spec(interval time.Duration, a preview.Accuracy) preview.Spec {
	s := preview.DefaultSpec()
	s.Interval, s.Accuracy = interval, a
	return s
}

func TestPlan(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name     string
		keys     []container.Keyframe
		start    time.Duration
		duration time.Duration
		spec     preview.Spec
		want     []Pick
	}{
		{
			"nearest keyframe, before or after", keysAt(0, 9, 21, 30), 0, 31 * s, spec(10*s, preview.Auto),
			[]Pick{{0, 0, 0, false}, {1, 1, 1, false}, {2, 2, 2, false}, {3, 3, 3, false}},
		},
		{
			"a keyframe every 10.4 s is near enough for 10 s", keysAt(0, 10.4, 20.8, 31.2, 41.6, 52), 0, 52 * s, spec(10*s, preview.Auto),
			[]Pick{{0, 0, 0, false}, {1, 1, 1, false}, {2, 2, 2, false}, {3, 3, 3, false}, {4, 4, 4, false}, {5, 5, 5, false}},
		},
		{
			"auto takes exact frames where keyframes are far", keysAt(0, 10), 0, 12 * s, spec(2*s, preview.Auto),
			[]Pick{{0, 0, 0, false}, {1, 1, 0, true}, {2, 2, 0, true}, {3, 3, 0, true}, {4, 4, 0, true}, {5, 5, 1, false}},
		},
		{
			"keyframe repeats the nearest instead", keysAt(0, 10), 0, 12 * s, spec(2*s, preview.Keyframe),
			[]Pick{{0, 2, 0, false}, {3, 5, 1, false}},
		},
		{
			"exact decodes from the keyframe before", keysAt(0, 4), 0, 10 * s, spec(5*s, preview.Exact),
			[]Pick{{0, 0, 0, false}, {1, 1, 1, true}},
		},
		{
			"slots count from the file's start", keysAt(1.5, 11.5), 1500 * time.Millisecond, 15 * s, spec(10*s, preview.Exact),
			[]Pick{{0, 0, 0, false}, {1, 1, 1, false}},
		},
		{
			"nothing is before the first keyframe", keysAt(7), 0, 12 * s, spec(2*s, preview.Exact),
			[]Pick{{0, 3, 0, false}, {4, 4, 0, true}, {5, 5, 0, true}},
		},
		{
			"a hidden keyframe is for decoding only", append([]container.Keyframe{{At: -2 * s, Hidden: true}}, keysAt(8, 18)...), 0, 20 * s, spec(10*s, preview.Auto),
			[]Pick{{0, 0, 0, true}, {1, 1, 1, false}},
		},
		{
			"and is no picture in keyframe mode", append([]container.Keyframe{{At: -2 * s, Hidden: true}}, keysAt(8, 18)...), 0, 20 * s, spec(10*s, preview.Keyframe),
			[]Pick{{0, 1, 1, false}},
		},
		{"one second long", keysAt(0), 0, s, spec(10*s, preview.Auto), []Pick{{0, 0, 0, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := NewPlan(tt.keys, tt.start, tt.duration, tt.spec)
			if diff := cmp.Diff(tt.want, got.Picks); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPlanProperties holds for any keyframes: every slot is served once and in order, a keyframe pick is the nearest one
// there is, and an exact pick begins at or before its time.
func TestPlanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(-5_000, 400_000), 1, 60).Draw(t, "keyframes")
		slices.Sort(times)
		var keys []container.Keyframe
		for _, ms := range times {
			keys = append(keys, container.Keyframe{At: time.Duration(ms) * time.Millisecond})
		}
		sp := spec(
			time.Duration(rapid.Int64Range(200, 30_000).Draw(t, "interval"))*time.Millisecond,
			rapid.SampledFrom([]preview.Accuracy{preview.Auto, preview.Keyframe, preview.Exact}).Draw(t, "accuracy"),
		)
		start := time.Duration(rapid.Int64Range(0, 3_000).Draw(t, "start")) * time.Millisecond
		p := NewPlan(keys, start, time.Duration(rapid.Int64Range(1, 400_000).Draw(t, "duration"))*time.Millisecond, sp)

		next := 0
		for _, pick := range p.Picks {
			if pick.First != next || pick.Last < pick.First {
				t.Fatalf("slot %d is not served in turn: %+v", next, pick)
			}
			next = pick.Last + 1
			for slot := pick.First; slot <= pick.Last; slot++ {
				at := p.At(slot)
				distance := (keys[pick.Key].At - at).Abs()
				if pick.Exact {
					if keys[pick.Key].At > at || pick.Last != pick.First {
						t.Fatalf("exact pick %+v begins after %v", pick, at)
					}
					continue
				}
				for _, k := range keys {
					if (k.At - at).Abs() < distance {
						t.Fatalf("slot %d at %v has %v, %v is nearer", slot, at, keys[pick.Key].At, k.At)
					}
				}
				if sp.Accuracy == preview.Auto && distance > NearEnough(sp.Interval) && keys[0].At <= at {
					t.Fatalf("slot %d at %v takes a keyframe %v away", slot, at, distance)
				}
			}
		}
		if next != p.Slots {
			t.Fatalf("%d of %d slots are served", next, p.Slots)
		}
	})
}
