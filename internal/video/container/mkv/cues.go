package mkv

import (
	"errors"
	"io"
	"slices"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// cue is one CueTrackPositions.
type cue struct {
	track   uint64
	cluster uint64 // from the segment's payload
	rel     uint64 // from the cluster's payload; 0 when it does not say, for there stands the cluster's timestamp
}

// readCues reads the Cues and gives each video track its keyframes, unless what they say is not true.
//
// CueBlockNumber is not looked at: a cue without CueRelativePosition is found in its cluster by its time, which
// is the block's own and names one block of a track.
func (f *File) readCues(w *window) error {
	if f.cues.size == 0 {
		return nil
	}
	tracks := map[uint64]*track{}
	for _, t := range f.tracks {
		if tracks[t.info.ID] == nil {
			tracks[t.info.ID] = t
		}
	}
	// Half an index would pass for a whole one, so damaged Cues count as none.
	if err := f.eachCue(w, tracks); err != nil {
		if !isDamage(err) {
			return err
		}
		for _, t := range tracks {
			t.keep(0)
		}
	}
	for _, t := range tracks {
		t.sort()
		if err := t.prove(newWindow(f.src, headers, 64<<10)); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) eachCue(w *window, tracks map[uint64]*track) error {
	var places []cue
	for point, err := range w.children(f.cues) {
		if err != nil {
			return err
		}
		if point.id != idCuePoint {
			continue
		}
		var at uint64
		places = places[:0]
		for e, err := range w.children(point) {
			switch {
			case err != nil:
			case e.id == idCueTime:
				at, err = w.uint(e)
			case e.id == idCueTrackPos:
				var c cue
				if c, err = readCue(w, e); err == nil && tracks[c.track] != nil {
					places = append(places, c)
				}
			}
			if err != nil {
				return err
			}
		}
		for _, c := range places {
			f.addCue(tracks[c.track], at, c)
		}
	}
	return nil
}

func readCue(w *window, pos element) (c cue, err error) {
	for e, err := range w.children(pos) {
		switch {
		case err != nil:
		case e.id == idCueTrack:
			c.track, err = w.uint(e)
		case e.id == idCueClusterPos:
			c.cluster, err = w.uint(e)
		case e.id == idCueRelativePos:
			c.rel, err = w.uint(e)
		}
		if err != nil {
			return cue{}, err
		}
	}
	return c, nil
}

// addCue gives t a keyframe. Cues that point behind the end of the file mean that it was cut off.
func (f *File) addCue(t *track, at uint64, c cue) {
	cluster, ok := f.place(c.cluster)
	ns, fits := nanoseconds(at, f.scale)
	switch {
	case !ok || !fits:
		return
	case cluster >= f.src.Size || c.rel >= uint64(f.src.Size-cluster):
		t.info.Complete = false
		return
	}
	// The relative position counts from the payload of the cluster, and how long its header is we do not know.
	t.add(container.Keyframe{At: ns, Ref: -int64(c.rel)}, cluster)
}

// prove looks at the first, the middle and the last cue. The last ones of a file that was cut off are dropped
// where their packet is not whole. When most of those looked at are not true, no cue is believed.
func (t *track) prove(w *window) error {
	for range 16 {
		if t.info.Complete || len(t.keys) == 0 {
			break
		}
		if _, err := t.find(len(t.keys)-1, w, headers); !errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		t.keep(len(t.keys) - 1)
	}
	if len(t.keys) == 0 {
		return nil
	}
	asked := slices.Compact([]int{0, len(t.keys) / 2, len(t.keys) - 1})
	wrong := 0
	for _, k := range asked {
		if _, err := t.find(k, w, headers); isDamage(err) {
			wrong++
		} else if err != nil {
			return err
		}
	}
	if 2*wrong >= len(asked) {
		t.keep(0)
	}
	return nil
}
