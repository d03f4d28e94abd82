package mp4

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// track is one video track. It does not change after it was opened.
type track struct {
	src       container.Source
	info      container.TrackInfo
	timescale uint32
	tables    *tables
	segments  []segment  // of the samples in the moov
	fragments *fragments // nil when there are none
	moofs     []moofMark // those that hold keyframes
	keys      []container.Keyframe
	spots     []spot // where the keyframes are; Keyframe.Ref counts in it
}

var _ container.Track = (*track)(nil)

// spot is where a keyframe is. Its number in the segment or moof serves to find the packets behind it.
type spot struct {
	offset  int64
	size    uint32
	sample  uint32 // of the track, or of the track's packets in the moof
	segment int32  // of the track, or -1-i for moof i
}

// moofMark is a place from which to walk through fragments.
type moofMark struct {
	at   int64
	reel reel // before it
}

// bytesPerKey is what a keyframe must take up of a file at least, so that a small file cannot make us keep a long
// list. The smallest keyframes of real encoders are around 30 bytes, and their row in stsz.
const bytesPerKey = 16

// openStep and groupStep are what is read at once of each sample table, for all of it and for one group.
const (
	openStep  = 64 << 10
	groupStep = 4 << 10
)

func openTrack(w *window, m *movie, tr *trak) (*track, error) {
	if tr.err != nil {
		return nil, tr.err
	}
	timescale := cmp.Or(tr.timescale, m.timescale, 1)
	t := &track{src: w.src, timescale: timescale, tables: &tr.tables}
	if err := t.tables.check(tr.stsd.start); err != nil {
		return nil, err
	}
	list, err := w.editList(tr.elst, cmp.Or(m.timescale, 1), timescale)
	if err != nil {
		return nil, err
	}

	r := reader{track: t, complete: true}
	var c *cursor
	if t.tables.samples > 0 {
		if c, err = openCursor(t.tables); err != nil {
			return nil, err
		}
		if err = r.plain(c, list); err != nil {
			return nil, err
		}
	}
	number := uint32(0)
	if c != nil {
		number = c.entry
	}
	if m.fragments {
		t.fragments = &fragments{src: t.src, track: tr.id, defaults: m.defaults[tr.id], first: m.end, shift: list.shift}
		t.fragments.start = reel{last: math.MinInt64, entry: number}
		if c != nil {
			t.fragments.start.end = c.dts
			t.fragments.start.last = r.lastDts - c.delay
			t.fragments.start.delay = c.delay
		}
		if number, err = r.fragmented(w); err != nil {
			return nil, err
		}
	}

	e, err := w.entry(tr.stsd, cmp.Or(number, 1))
	if err != nil {
		return nil, err
	}
	t.info = e.info(tr.id)
	t.info.Complete = r.complete
	if err := r.finish(tr, list); err != nil {
		return nil, err
	}
	return t, nil
}

// reader builds a track's list of keyframes.
type reader struct {
	*track
	complete bool
	found    []found
	end      int64 // of the track, in ticks, where its header does not say
	lastDts  int64
	crowded  bool // there are more keyframes than the file can hold
}

// found is a keyframe in ticks.
type found struct {
	pts    int64
	hidden bool
	spot
}

// see takes note of a packet that is shown at pts.
func (r *reader) see(p packet, pts int64, segment int32) {
	r.end = max(r.end, pts+int64(p.duration))
	r.note(p, pts, segment, false)
}

// note keeps a packet in mind when it is a keyframe.
func (r *reader) note(p packet, pts int64, segment int32, hidden bool) {
	if !p.inside(r.src.Size) {
		r.complete = false
		return
	}
	if !p.key || p.size == 0 {
		return
	}
	if r.crowded = int64(len(r.found)) >= r.src.Size/bytesPerKey; !r.crowded {
		r.found = append(r.found, found{pts, hidden, spot{p.offset, p.size, p.sample, segment}})
	}
}

// plain walks through the samples of the moov.
func (r *reader) plain(c *cursor, list editList) error {
	if len(list.edits) == 0 && list.empty == 0 {
		return r.whole(c)
	}
	var err error
	if r.segments, err = starts(c, list.edits); err != nil {
		return err
	}
	low := int64(-1) // as FFmpeg has it: a negative one is forgotten when the next comes
	for i := range r.segments {
		s := &r.segments[i]
		hidden := func(p packet) {
			if i == 0 { // one in a later edit would lie in the time of an earlier one
				r.note(p, p.pts+s.shift, 0, true)
			}
		}
		err := s.cut(c, hidden, func(p packet) {
			pts := p.pts + s.shift
			if low < 0 {
				low = pts
			} else {
				low = min(low, pts)
			}
			r.see(p, pts, int32(i))
			r.lastDts = p.dts + s.shift
		})
		if err != nil {
			return err
		}
	}
	// The first picture is shown at 0, or when the empty edits are over.
	if low -= list.empty; low > 0 {
		for i := range r.segments {
			r.segments[i].shift -= low
		}
		for i := range r.found {
			r.found[i].pts -= low
		}
		r.end -= low
		r.lastDts -= low
	}
	return nil
}

// whole walks through all samples of a track without edits.
func (r *reader) whole(c *cursor) error {
	r.segments = []segment{everything()}
	for {
		p, ok, err := c.next()
		if err != nil || !ok {
			return err
		}
		r.see(p, p.pts, 0)
		r.lastDts = p.dts
	}
}

// fragmented walks through the moofs. It returns the number of the sample description in use.
func (r *reader) fragmented(w *window) (uint32, error) {
	f := r.fragments
	state := f.start
	err := f.moofs(w, f.first, &state, func(moof box) (bool, error) {
		mark := moofMark{at: moof.start, reel: state}
		before := len(r.found)
		err := f.packets(w, moof, &state, func(p packet) bool {
			if !p.hidden {
				r.see(p, p.pts, -1-int32(len(r.moofs)))
			}
			return true
		})
		if len(r.found) > before {
			r.moofs = append(r.moofs, mark)
		}
		return true, err
	})
	if errors.Is(err, errCut) {
		r.complete, err = false, nil
	}
	r.end = state.end
	return state.entry, err
}

// finish turns ticks into times.
func (r *reader) finish(tr *trak, list editList) error {
	if r.crowded {
		return fault(tr.stsd.start, "more than %d keyframes in a file of %d bytes", len(r.found), r.src.Size)
	}
	slices.SortStableFunc(r.found, func(a, b found) int { return cmp.Compare(a.pts, b.pts) })
	r.keys = make([]container.Keyframe, len(r.found))
	r.spots = make([]spot, len(r.found))
	for i, k := range r.found {
		at, ok := ticks(k.pts, r.timescale)
		if !ok {
			return fault(tr.stsd.start, "a keyframe at %d/%d s", k.pts, r.timescale)
		}
		r.keys[i] = container.Keyframe{At: at, Ref: int64(i), Hidden: k.hidden}
		r.spots[i] = k.spot
	}
	// The length is what ffprobe prints for the track: that of the media, or of the edits when they are shorter.
	end := max(r.end, 0)
	if r.fragments == nil {
		if tr.duration > 0 && tr.duration < maxTime {
			end = int64(tr.duration)
		}
		if len(list.edits) > 0 {
			end = min(end, list.total)
		}
	}
	r.info.Duration, _ = ticks(end, r.timescale)
	return nil
}
