package render

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// group makes packets in decode order from their times in frames of 40 ms; the first is the keyframe.
func group(frames ...int) []container.Sample {
	var out []container.Sample
	for i, f := range frames {
		out = append(out, container.Sample{At: time.Duration(f) * 40 * time.Millisecond, Key: i == 0, Offset: int64(f)})
	}
	return out
}

func frames(samples []container.Sample) []int {
	var out []int
	for _, s := range samples {
		out = append(out, int(s.Offset))
	}
	return out
}

func TestResolve(t *testing.T) {
	plan := recipe.Plan{Interval: 200 * time.Millisecond, Slots: 100} // five frames
	exact := func(slots ...int) span {
		s := span{}
		for _, n := range slots {
			s.picks = append(s.picks, recipe.Pick{First: n, Last: n, Exact: true})
		}
		return s
	}
	// I0 P3 B1 B2 P6 B4 B5 P9 B7 B8, then the open group I12 b10 b11 P15 B13 B14
	closed := group(0, 3, 1, 2, 6, 4, 5, 9, 7, 8)
	open := group(12, 10, 11, 15, 13, 14)
	tests := []struct {
		name   string
		span   span
		group  []container.Sample
		next   []container.Sample
		feed   []int
		wanted []int // frames, by slot
	}{
		{"only what is needed is fed", exact(1), closed, open, []int{0, 3, 1, 2, 6, 4, 5}, []int{5}},
		{"a frame between two times is the one on screen", exact(0), group(-1, 2), nil, []int{-1}, []int{-1}},
		{"a leading picture needs the next keyframe", exact(2), closed, open, []int{0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10}, []int{10}},
		{"without leading pictures the last frame stays on screen", exact(2), closed, group(12, 15, 13), []int{0, 3, 1, 2, 6, 4, 5, 9}, []int{9}},
		{"leading pictures of the first keyframe are left out", exact(3), open, nil, []int{12, 15}, []int{15}},
		{"two slots of a slow video share a frame", exact(0, 1), group(0, 20), nil, []int{0}, []int{0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := resolve(tt.span, plan, tt.group, func() ([]container.Sample, error) { return tt.next, nil })
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, w := range r.wanted {
				got = append(got, int(r.samples[w.sample].Offset))
			}
			if diff := cmp.Diff(tt.wanted, got); diff != "" {
				t.Errorf("wanted frames (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.feed, frames(r.samples)); diff != "" {
				t.Errorf("fed frames (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFeedTimes holds for any run: times rise in the order in which the frames are shown, a wanted one has its slot's time,
// no other one passes the filter, and runs for neighbouring slots never overlap.
func TestFeedTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "frames")
		shown := rapid.Permutation(upTo(n)).Draw(t, "shown")
		r := run{}
		for _, f := range shown {
			r.samples = append(r.samples, container.Sample{At: time.Duration(f) * time.Second})
		}
		byTime := order(r.samples)
		slot, first := rapid.IntRange(0, 50).Draw(t, "slot"), 0
		first = slot
		for _, i := range byTime {
			if rapid.Bool().Draw(t, "wanted") || len(r.wanted) == 0 && i == byTime[n-1] {
				r.wanted = append(r.wanted, wanted{sample: i, first: slot, last: slot})
				slot += rapid.IntRange(1, 3).Draw(t, "step")
			}
		}
		times := r.feedTimes()
		slots := map[int]int{}
		for _, w := range r.wanted {
			slots[w.sample] = w.first
		}
		last := slotTime(first) - recipe.Step/2
		for _, i := range byTime {
			at := times[i]
			if at <= last {
				t.Fatalf("frame %d is at %v, the one before at %v", i, at, last)
			}
			last = at
			passes := at.Seconds()-float64(int(at/recipe.Step))*recipe.Step.Seconds() < 0.5
			if s, ok := slots[i]; ok {
				if at != slotTime(s) || slotAt(at) != s || !passes {
					t.Fatalf("slot %d is at %v", s, at)
				}
			} else if passes {
				t.Fatalf("a frame that nobody wants passes at %v", at)
			}
		}
		if end := slotTime(r.wanted[len(r.wanted)-1].first) + recipe.Step/2; last >= end {
			t.Fatalf("the run ends at %v, where the next may have begun at %v", last, end)
		}
	})
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
