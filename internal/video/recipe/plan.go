package recipe

import (
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
)

// Plan says which frame of the video goes into which slot of the preview. Slot n stands for the time
// Start + n*Interval on the file's own clock.
type Plan struct {
	Start    time.Duration // file clock of slot 0
	Interval time.Duration
	Slots    int
	Picks    []Pick // by rising slot; together they cover every slot
}

// Pick is one frame to be had, and the slots that it fills.
type Pick struct {
	// First and Last slot that show this frame. They differ where keyframes are further apart than slots and
	// only keyframes are wanted.
	First, Last int
	// Key is an index into the track's keyframes: the frame itself, or the one to begin decoding at.
	Key int
	// Exact asks for the frame that is on screen at slot First, found by decoding from Key on. Otherwise the
	// keyframe itself is the frame.
	Exact bool
}

// At returns the time of a slot on the file's clock.
func (p Plan) At(slot int) time.Duration { return p.Start + time.Duration(slot)*p.Interval }

// near is how far a keyframe may be from its slot before Auto takes the exact frame instead, in intervals. Half an
// interval would be enough if keyframes came as regularly as slots; encoders that aim at one every 10 s place
// them at 10.4 s as well, and losing the cheap way for those made a peer 20 times slower (research/users.md, rows
// 1 and 2: 6 % are allowed).
const near = 0.5 / (1 - 0.06)

// NewPlan chooses frames for a video of the given duration whose first slot is at start on the file's clock. The
// keyframes are sorted by time, and there is at least one. Hidden ones come first.
func NewPlan(keys []container.Keyframe, start, duration time.Duration, spec preview.Spec) Plan {
	p := Plan{Start: start, Interval: spec.Interval, Slots: spec.Slots(duration)}
	for slot := range p.Slots {
		pick := choose(keys, p.At(slot), spec)
		pick.First, pick.Last = slot, slot
		if n := len(p.Picks); n > 0 && !pick.Exact && !p.Picks[n-1].Exact && p.Picks[n-1].Key == pick.Key {
			p.Picks[n-1].Last = slot
			continue
		}
		p.Picks = append(p.Picks, pick)
	}
	return p
}

// choose picks a frame for one slot.
func choose(keys []container.Keyframe, at time.Duration, spec preview.Spec) Pick {
	// after is the first keyframe later than at, before the last one that is not.
	after, _ := slices.BinarySearchFunc(keys, at, func(k container.Keyframe, at time.Duration) int {
		if k.At <= at {
			return -1
		}
		return 1
	})
	before := max(after-1, 0)
	nearest := before
	if after < len(keys) && (keys[before].Hidden || keys[after].At-at < (at-keys[before].At).Abs()) {
		nearest = after
	}
	distance := (keys[nearest].At - at).Abs()
	exact := spec.Accuracy == preview.Exact && distance > 0 || keys[nearest].Hidden ||
		spec.Accuracy == preview.Auto && distance > NearEnough(spec.Interval)
	if exact && keys[before].At <= at {
		return Pick{Key: before, Exact: true}
	}
	return Pick{Key: nearest}
}

// NearEnough is how far a picture may be from its slot before [preview.Auto] asks for a better one.
func NearEnough(interval time.Duration) time.Duration {
	return time.Duration(near * float64(interval))
}

// KeyframesOnly reports whether no pick of the plan needs more than its keyframe.
func (p Plan) KeyframesOnly() bool {
	return !slices.ContainsFunc(p.Picks, func(pick Pick) bool { return pick.Exact })
}
