package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"syscall"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/container/mkv"
	"github.com/scrubjay/scrubjay/internal/video/probe"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
	"github.com/scrubjay/scrubjay/internal/video/splice"
)

// feed writes the packets of a plan to FFmpeg's stdin, as a small Matroska stream whose times are the feed's clock.
type feed struct {
	track container.Track
	plan  recipe.Plan
	video probe.Info

	mu     sync.Mutex
	served map[int]served // by the first slot of the picture; what was fed and has not come back yet
	cut    error          // why the feed ended before the plan's end, if it did
}

// served is what a fed picture fills.
type served struct {
	last   int // slot
	offset time.Duration
}

// step is one packet to be fed: keyframe key of the track, or sample when key is negative.
type step struct {
	key     int
	given   container.Sample
	at      time.Duration // on the feed's clock
	first   bool          // of a run
	picture *wanted       // nil for a packet that is only decoded on the way
}

// find says where the packet is.
func (s step) find(track container.Track) (container.Sample, error) {
	if s.key >= 0 {
		return track.Key(s.key)
	}
	return s.given, nil
}

func newFeed(track container.Track, plan recipe.Plan, v probe.Info) *feed {
	return &feed{track: track, plan: plan, video: v, served: make(map[int]served)}
}

// learning is how many packets are fed before pictures that nobody needs are left out. Some H.264 streams do not say how
// far their pictures are reordered; FFmpeg learns it from what it sees, and would drop the first that came out of order.
const learning = 100

// write feeds everything. A file that ends before its time ends the feed, not the attempt: the pictures up to there are
// worth having, and cutOff tells.
func (f *feed) write(ctx context.Context, w io.Writer) error {
	info := f.track.Info()
	out, err := mkv.NewWriter(w, mkv.StreamHeader{
		Codec: info.Codec, Private: info.Private,
		Width: f.video.Width, Height: f.video.Height,
		Colour: colourOf(f.video),
	})
	if err != nil {
		return err
	}
	beginning := splice.New(info.Codec, info.Private)
	fed := 0
	for p := range readAhead(ctx, f.track, f.steps()) {
		if errors.Is(p.err, io.ErrUnexpectedEOF) || errors.Is(p.err, io.EOF) {
			f.mu.Lock()
			f.cut = p.err
			f.mu.Unlock()
			return nil
		}
		if p.err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if isDamage(p.err) && p.key >= 0 {
				continue // one picture is missing; the shelf knows how many are too many
			}
			return faultOfPacket(p)
		}
		data := p.data
		if len(data) == 0 { // as left over by a damaged compression; no decoder makes anything of it
			continue
		}
		switch {
		case p.first:
			data = beginning.Keyframe(data)
		case p.picture == nil && fed >= learning && beginning.Disposable(data):
			continue
		}
		fed++
		if p.picture != nil {
			f.mu.Lock()
			f.served[p.picture.first] = served{last: p.picture.last, offset: p.picture.offset}
			f.mu.Unlock()
		}
		if err := out.Packet(p.at, p.sample.Key || p.first, data); err != nil {
			return err
		}
	}
	return nil
}

// isDamage reports whether an error is about what stands in the file.
func isDamage(err error) bool {
	_, ok := errors.AsType[*container.Error](err)
	return ok
}

// faultOfPacket names the reason of a packet's error, unless it has one.
func faultOfPacket(p *packet) error {
	reason := preview.ReasonOf(p.err)
	switch {
	case reason != preview.Unknown:
	case isDamage(p.err):
		reason = preview.VideoDamaged
	default:
		if _, ok := errors.AsType[syscall.Errno](p.err); ok {
			reason = preview.VideoReadFailed
		}
	}
	return preview.Because(reason, "read the picture at %v: %w", p.sample.At, p.err)
}

// take returns what the picture of a slot fills, once.
func (f *feed) take(slot int) (served, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.served[slot]
	delete(f.served, slot)
	return s, ok
}

// cutOff says why the feed ended early, or returns nil.
func (f *feed) cutOff() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cut
}

// steps lists the packets of the plan in the order of feeding. Groups are looked at when their turn comes; the pictures of a
// damaged one are missing.
func (f *feed) steps() iter.Seq2[step, error] {
	return func(yield func(step, error) bool) {
		keys := f.track.Keyframes()
		for s := range spans(f.plan) {
			if s.single() {
				pick := s.picks[0]
				w := &wanted{first: pick.First, last: pick.Last, offset: keys[pick.Key].At - f.plan.At(pick.First)}
				if !yield(step{key: pick.Key, at: slotTime(pick.First), first: true, picture: w}, nil) {
					return
				}
				continue
			}
			err := f.runSteps(s, yield)
			if err == nil || isDamage(err) && !errors.Is(err, io.ErrUnexpectedEOF) {
				continue
			}
			if !errors.Is(err, errStopped) {
				yield(step{key: -1}, err)
			}
			return
		}
	}
}

// errStopped means that the consumer of the steps has had enough.
var errStopped = errors.New("stopped")

func (f *feed) runSteps(s span, yield func(step, error) bool) error {
	group, err := f.track.Group(s.key)
	if err != nil {
		return err
	}
	if len(group) == 0 {
		return &container.Error{What: fmt.Sprintf("keyframe %d has no packets", s.key)}
	}
	r, err := resolve(s, f.plan, group, func() ([]container.Sample, error) {
		if s.key+1 >= len(f.track.Keyframes()) {
			return nil, nil
		}
		return f.track.Group(s.key + 1)
	})
	if err != nil {
		return err
	}
	pictures := make(map[int]*wanted, len(r.wanted))
	for i := range r.wanted {
		w := &r.wanted[i]
		w.offset = r.samples[w.sample].At - f.plan.At(w.first)
		pictures[w.sample] = w
	}
	for i, at := range r.feedTimes() {
		if !yield(step{key: -1, given: r.samples[i], at: at, first: i == 0, picture: pictures[i]}, nil) {
			return errStopped
		}
	}
	return nil
}

// colourOf writes the colours as code points of ISO/IEC 23091-2, which Matroska uses. What a decoder reads in the
// stream itself wins over it; VP9 in particular says little there.
func colourOf(v probe.Info) mkv.Colour {
	c := mkv.Colour{Matrix: codePoint(matrices, v.Matrix), Transfer: codePoint(transfers, v.Transfer), Primaries: codePoint(primaries, v.Primaries)}
	if v.FullRange {
		c.Range = mkv.RangeFull
	}
	return c
}

func codePoint(table map[string]uint8, name string) uint8 {
	if n, ok := table[name]; ok {
		return n
	}
	return 2 // unspecified
}

var (
	matrices = map[string]uint8{
		"gbr": 0, "bt709": 1, "fcc": 4, "bt470bg": 5, "smpte170m": 6, "smpte240m": 7, "ycgco": 8, "bt2020nc": 9, "bt2020c": 10, "ictcp": 14,
	}
	transfers = map[string]uint8{
		"bt709": 1, "bt470m": 4, "bt470bg": 5, "smpte170m": 6, "smpte240m": 7, "linear": 8,
		"iec61966-2-1": 13, "bt2020-10": 14, "bt2020-12": 15, "smpte2084": 16, "arib-std-b67": 18,
	}
	primaries = map[string]uint8{
		"bt709": 1, "bt470m": 4, "bt470bg": 5, "smpte170m": 6, "smpte240m": 7, "film": 8, "bt2020": 9, "smpte431": 11, "smpte432": 12,
	}
)
