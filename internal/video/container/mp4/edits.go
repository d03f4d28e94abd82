package mp4

import (
	"math"
)

// edit is one entry of an edit list: a piece of the media, in ticks of the track.
type edit struct {
	media    int64 // where it starts
	duration int64
	at       int64 // where it is shown
}

func (e edit) shows(pts int64) bool { return pts >= e.media && pts-e.media < e.duration }

// editList is an elst without the empty edits at its start.
type editList struct {
	edits []edit
	empty int64 // ticks before the first edit
	total int64 // ticks of all edits, the empty ones included
	shift int64 // what FFmpeg subtracts from the times of fragments, which edits only shift
}

// maxEdits bounds an edit list. Each edit costs a walk through its part of the tables; what has more was cut by an
// editor, and FFmpeg may have it.
const maxEdits = 64

// editList reads an elst. Times in it are in ticks of the movie and of the track.
func (w *window) editList(b box, movie, track uint32) (editList, error) {
	var list editList
	if b.kind == "" {
		return list, nil
	}
	h, err := w.head(b, 8)
	if err != nil {
		return list, err
	}
	width := 12
	if h[0] == 1 {
		width = 20
	}
	// FFmpeg believes the box's size rather than its count.
	n := (b.size() - 8) / int64(width)
	start := int64(0) // the edit that says where the track starts, to FFmpeg
	if n > maxEdits {
		return list, fault(b.start, "elst: %d edits", n)
	}
	for i := range n {
		if h, err = w.bytes(b.body+8+i*int64(width), width); err != nil {
			return list, err
		}
		var duration, media int64
		if width == 12 {
			duration, media = int64(u32(h)), int64(int32(u32(h[4:])))
		} else {
			duration, media = int64(u64(h)), int64(u64(h[8:]))
		}
		rate := u32(h[width-4:])
		length, ok := rescale(duration, uint64(track), uint64(movie))
		switch {
		case !ok || length < 0 || length > maxTime-list.total || media > maxTime:
			return list, fault(b.start, "elst: edit %d at %d lasts %d", i, media, duration)
		case media == -1 && len(list.edits) == 0:
			list.empty += length
			if i == 0 {
				list.shift, start = -length, 1
			}
		case media < 0:
			return list, fault(b.start, "elst: edit %d is empty but not the first", i)
		case rate != 1<<16:
			return list, fault(b.start, "elst: edit %d plays at speed %d/65536", i, rate)
		default:
			if i == start {
				list.shift += media
			}
			list.edits = append(list.edits, edit{media: media, duration: length, at: list.total})
		}
		list.total += length
	}
	return list, nil
}

// segment is a run of samples that is shown with its times shifted by the same amount.
type segment struct {
	edit
	from, until uint32 // samples, in decoding order
	shift       int64  // from the track's own clock to the file's, in ticks
}

// everything is the segment of a track without edits.
func everything() segment {
	return segment{edit: edit{media: math.MinInt64 / 2, duration: math.MaxInt64}, until: math.MaxUint32}
}

// starts finds the sample to decode first for each edit: the last keyframe that is not shown after the edit starts,
// as FFmpeg finds it (mov.c, find_prev_closest_index).
func starts(c *cursor, edits []edit) ([]segment, error) {
	segs := make([]segment, len(edits))
	last := int64(math.MinInt64)
	for i, e := range edits {
		segs[i].edit = e
		last = max(last, e.media)
	}
	found := make([]bool, len(edits)) // a keyframe
	for {
		p, ok, err := c.next()
		if err != nil {
			return nil, err
		}
		if !ok || p.dts > last {
			return segs, nil
		}
		for i, e := range edits {
			switch {
			case p.dts > e.media:
			case p.key && (c.ctts.rows == 0 || p.pts <= e.media):
				segs[i].from, found[i] = p.sample, true
			case c.ctts.rows == 0 && !found[i]:
				segs[i].from = p.sample // no keyframe so far: any sample
			}
		}
	}
}

// cut walks through the samples of one edit and calls shown for each one that the edit shows, with the segment whose
// shift is then known; before the first, it calls hidden with the keyframe to decode from when that is not shown. It ends where FFmpeg ends the edit (mov.c, mov_fix_index): behind the first keyframe that
// reaches its end, or the second one where pictures are reordered.
func (s *segment) cut(c *cursor, hidden, shown func(packet)) error {
	if err := c.seek(s.from); err != nil {
		return err
	}
	first := true
	reached := false
	var before packet // the keyframe to decode from
	for {
		p, ok, err := c.next()
		if err != nil || !ok {
			return err
		}
		if s.shows(p.pts) {
			if first {
				first = false
				s.shift = s.at - p.dts
				if before.key {
					hidden(before)
				}
			}
			s.until = p.sample + 1
			shown(p)
		} else if first && p.sample == s.from {
			before = p
		}
		if p.key && p.pts+int64(p.duration)-s.media >= s.duration {
			if c.ctts.rows == 0 || reached {
				return nil
			}
			reached = true
		}
	}
}
