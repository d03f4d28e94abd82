package mkv

import (
	"math"
	"slices"
	"sort"
	"sync/atomic"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// track is one video track. What Open has written is not changed afterwards, so that its methods need no lock but
// that of spare.
//
// The timestamp of a V_MS/VFW/FOURCC block is when it is decoded, not when it is shown; only FFmpeg's decoders know
// the difference, which is a few frames.
type track struct {
	file *File
	info container.TrackInfo

	frame     uint64  // nanoseconds between two frames; 0 when the file does not say
	timeScale float64 // Segment Ticks in a Track Tick; 1 in every file made since 2010
	tick      uint64  // nanoseconds in a Track Tick
	encoding  encoding

	// keys and clusters go in parallel; a cluster is the position of the one that holds the keyframe. Ref of a
	// keyframe is above 0 the position of its block, below 0 the negative of its distance from the payload of
	// its cluster, and 0 when only the cluster is known.
	keys     []container.Keyframe
	clusters []int64

	guess atomic.Int64 // how large the next keyframe may be, in bytes
	spare spare
}

var _ container.Track = (*track)(nil)

// Info implements [container.Track]. Where the file says no duration and its blocks were walked, it is the end of the
// last picture.
func (t *track) Info() container.TrackInfo { return t.info }

// Keyframes implements [container.Track]. Of a laced block only the first frame counts.
func (t *track) Keyframes() []container.Keyframe { return t.keys }

// add gives the track a keyframe; sort must follow.
func (t *track) add(k container.Keyframe, cluster int64) {
	t.keys, t.clusters = append(t.keys, k), append(t.clusters, cluster)
}

// keep forgets all but the first n keyframes.
func (t *track) keep(n int) { t.keys, t.clusters = t.keys[:n], t.clusters[:n] }

// sort orders the keyframes by time and leaves one for each time.
func (t *track) sort() {
	if by := (byTime{t}); !sort.IsSorted(by) {
		sort.Stable(by)
	}
	n := 0
	for i, k := range t.keys {
		if n > 0 && t.keys[n-1].At == k.At {
			continue
		}
		t.keys[n], t.clusters[n] = k, t.clusters[i]
		n++
	}
	t.keep(n)
}

// byTime sorts the two slices of a track as one.
type byTime struct{ *track }

func (b byTime) Len() int           { return len(b.keys) }
func (b byTime) Less(i, j int) bool { return b.keys[i].At < b.keys[j].At }
func (b byTime) Swap(i, j int) {
	b.keys[i], b.keys[j] = b.keys[j], b.keys[i]
	b.clusters[i], b.clusters[j] = b.clusters[j], b.clusters[i]
}

// at returns the presentation time of a block, as FFmpeg computes it. ok is false for one that no clock shows.
func (t *track) at(b block) (at time.Duration, ok bool) {
	ticks := b.ticks
	if t.timeScale != 1 {
		ticks = int64(float64(ticks) / t.timeScale)
	}
	ticks += int64(b.rel)
	if ticks < 0 {
		ns, ok := nanoseconds(uint64(-ticks), t.tick)
		return -ns, ok
	}
	return nanoseconds(uint64(ticks), t.tick)
}

// nanoseconds multiplies, unless that comes to more than 70 years.
func nanoseconds(ticks, scale uint64) (time.Duration, bool) {
	if ticks > math.MaxInt64/4/scale {
		return 0, false
	}
	return time.Duration(ticks * scale), true
}

// listed reports whether a keyframe of this time is in Keyframes.
func (t *track) listed(at time.Duration) bool {
	_, ok := slices.BinarySearchFunc(t.keys, at, func(k container.Keyframe, at time.Duration) int {
		return int(min(max(k.At-at, -1), 1))
	})
	return ok
}

// samples turns a block into its frames. Those behind the first are spread over the block's duration, or over
// DefaultDuration, rounded down to ticks, and never count as keyframes, as with FFmpeg.
func (t *track) samples(out []container.Sample, b block, w *window) ([]container.Sample, error) {
	frames, err := b.frames(w)
	if err != nil {
		return out, err
	}
	at, ok := t.at(b)
	if !ok {
		return out, damaged(b.pos, "timestamp %d", b.ticks)
	}
	n := uint64(len(frames))
	duration := min(b.duration, math.MaxInt32)
	if duration == 0 && n > 1 {
		duration = min(t.frame, uint64(time.Hour)) * n / t.file.scale
	}
	for i, f := range frames {
		later := time.Duration(duration * uint64(i) / n * t.tick)
		out = append(out, container.Sample{At: at + later, Offset: f.off, Size: int(f.size), Key: b.key && i == 0})
	}
	return out, nil
}
