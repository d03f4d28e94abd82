package render

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// run is a stretch of packets that decode from its first one on, with the frames among them that are wanted.
type run struct {
	samples []container.Sample // in decode order; the first is a keyframe
	wanted  []wanted           // by rising slot
}

// wanted is a frame of a run and the slots that it fills.
type wanted struct {
	sample      int // index into the run's samples
	first, last int // slots
	offset      time.Duration
}

// span is the part of a plan that is served by decoding from one keyframe on.
type span struct {
	key   int
	picks []recipe.Pick // the plan's own
}

// spans splits a plan where decoding begins anew.
func spans(p recipe.Plan) iter.Seq[span] {
	return func(yield func(span) bool) {
		for rest := p.Picks; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].Exact && rest[n].Key == rest[0].Key {
				n++
			}
			if !yield(span{key: rest[0].Key, picks: rest[:n:n]}) {
				return
			}
			rest = rest[n:]
		}
	}
}

// single reports whether the span is just its keyframe.
func (s span) single() bool { return len(s.picks) == 1 && !s.picks[0].Exact }

// resolve turns a span into a run, given the packets of the keyframe's group and, where a wanted time lies behind the
// last frame of that group, those of the next one, whose leading pictures are shown before their keyframe and need
// this group to be decoded. next is called at most once and may return nothing. The group is resolve's from then on:
// that of a film with a single keyframe takes megabytes.
func resolve(s span, p recipe.Plan, group []container.Sample, next func() ([]container.Sample, error)) (run, error) {
	key := group[0]
	// Leading pictures of this keyframe belong to the run before.
	samples := slices.DeleteFunc(group, func(s container.Sample) bool { return s.At < key.At })
	latest := key.At
	for _, sample := range samples {
		latest = max(latest, sample.At)
	}
	if final := p.At(s.picks[len(s.picks)-1].First); final > latest {
		more, err := next()
		if err != nil {
			return run{}, err
		}
		// A leading picture needs its keyframe too, so all of them are taken, and what is not needed is cut below.
		if len(more) > 0 && slices.ContainsFunc(more, func(s container.Sample) bool { return s.At < more[0].At }) {
			samples = append(samples, more...)
		}
	}

	byTime := order(samples)
	r := run{}
	needed := 0
	for _, pick := range s.picks {
		at := p.At(pick.First)
		index := 0
		if pick.Exact {
			index = onScreen(samples, byTime, at)
		}
		needed = max(needed, index)
		if n := len(r.wanted); n > 0 && r.wanted[n-1].sample == index {
			r.wanted[n-1].last = pick.Last
			continue
		}
		r.wanted = append(r.wanted, wanted{sample: index, first: pick.First, last: pick.Last})
	}
	r.samples = samples[:needed+1]
	return r, nil
}

// order lists the indexes of samples by presentation time.
func order(samples []container.Sample) []int {
	out := make([]int, len(samples))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(samples[a].At, samples[b].At) })
	return out
}

// onScreen returns the index of the sample that is shown at the given time: the last that is not later.
func onScreen(samples []container.Sample, byTime []int, at time.Duration) int {
	n, _ := slices.BinarySearchFunc(byTime, at, func(i int, at time.Duration) int {
		if samples[i].At <= at {
			return -1
		}
		return 1
	})
	return byTime[max(n-1, 0)]
}

// feedTimes gives every sample of a run a time on the feed's clock: a wanted one the multiple of [recipe.Step] that says
// its slot, the others times in between, in the order in which they are shown. Between two slots the first half of
// the step belongs to what follows the earlier picture, the second half to what precedes the later one, so that the
// end of one run and the beginning of the next never overlap.
func (r run) feedTimes() []time.Duration {
	slots := make(map[int]int, len(r.wanted))
	for _, w := range r.wanted {
		slots[w.sample] = w.first
	}
	times := make([]time.Duration, len(r.samples))
	var between []int // shown since the last wanted one
	base := time.Duration(-1)
	spread := func(from time.Duration) {
		apart := (recipe.Step/2 - 2*time.Second) / time.Duration(max(len(between), 1))
		for i, sample := range between {
			times[sample] = from + time.Second + time.Duration(i)*apart
		}
		between = between[:0]
	}
	for _, i := range order(r.samples) {
		slot, ok := slots[i]
		if !ok {
			between = append(between, i)
			continue
		}
		at := slotTime(slot)
		if base < 0 {
			spread(at - recipe.Step/2)
		} else {
			spread(base)
		}
		times[i], base = at, at
	}
	spread(base)
	return times
}

// slotTime is where the picture of a slot stands on the feed's clock; slotAt is the way back. The clock begins at one
// Step, to leave room for what is decoded before the first wanted frame.
func slotTime(slot int) time.Duration { return time.Duration(slot+1) * recipe.Step }

func slotAt(t time.Duration) int { return int((t+recipe.Step/2)/recipe.Step) - 1 }
