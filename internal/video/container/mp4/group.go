package mp4

import (
	"errors"
	"fmt"
	"io"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

func (t *track) Info() container.TrackInfo { return t.info }

func (t *track) Keyframes() []container.Keyframe { return t.keys }

// Key reads nothing: where the keyframes are is known since the file was opened.
func (t *track) Key(k int) (container.Sample, error) {
	s, err := t.spot(k)
	if err != nil {
		return container.Sample{}, err
	}
	return container.Sample{At: t.keys[k].At, Offset: s.offset, Size: int(s.size), Key: true}, nil
}

func (t *track) spot(k int) (spot, error) {
	if k < 0 || k >= len(t.keys) {
		return spot{}, &container.Error{What: fmt.Sprintf("keyframe %d of %d", k, len(t.keys))}
	}
	return t.spots[t.keys[k].Ref], nil
}

// Group reads the rows of the group from the sample tables, or the headers of its fragments. Packets that an edit
// list cuts out are in the group as long as one that is shown comes after them. The group ends where the file does.
func (t *track) Group(k int) ([]container.Sample, error) {
	s, err := t.spot(k)
	if err != nil {
		return nil, err
	}
	g := group{track: t}
	if s.segment < 0 {
		err = g.fragmented(t.moofs[-1-s.segment], s.sample)
	} else {
		err = g.plain(&t.segments[s.segment], s.sample)
	}
	if err != nil {
		return nil, err
	}
	return g.samples, nil
}

// groupMost bounds the packets of one group: five hours at 60 a second. A file of a few bytes can claim a hundred million
// packets of one byte.
const groupMost = 1 << 20

// group collects the packets of one group.
type group struct {
	*track
	samples []container.Sample
	err     error
}

// add takes a packet in; it reports false behind the end of the group.
func (g *group) add(p packet, pts int64) bool {
	if p.key && len(g.samples) > 0 || !p.inside(g.src.Size) {
		return false
	}
	if p.size == 0 {
		return true // QuickTime's way to show the last picture for longer
	}
	if len(g.samples) == groupMost {
		g.err = fault(p.offset, "more than %d packets from one keyframe to the next", groupMost)
		return false
	}
	at, ok := ticks(pts, g.timescale)
	if !ok {
		g.err = fault(p.offset, "a packet at %d/%d s", pts, g.timescale)
		return false
	}
	g.samples = append(g.samples, container.Sample{At: at, Offset: p.offset, Size: int(p.size), Key: p.key})
	return true
}

func (g *group) plain(s *segment, sample uint32) error {
	c, err := newCursor(g.tables, groupStep)
	if err != nil {
		return err
	}
	if err := c.seek(sample); err != nil {
		return err
	}
	for c.sample < s.until {
		p, ok, err := c.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if !g.add(p, p.pts+s.shift) {
			return g.err
		}
	}
	if g.fragments == nil || c.sample < c.t.samples {
		return nil
	}
	// The samples of the moov are over: the group goes on in the first fragment.
	return g.fragmented(moofMark{at: g.fragments.first, reel: g.fragments.start}, 0)
}

func (g *group) fragmented(from moofMark, sample uint32) error {
	f := g.fragments
	w := newWindow(g.src, headerStep)
	err := f.moofs(w, from.at, &from.reel, func(moof box) (bool, error) {
		more := true
		err := f.packets(w, moof, &from.reel, func(p packet) bool {
			if moof.start == from.at && p.sample < sample {
				return true
			}
			more = g.add(p, p.pts)
			return more
		})
		return more, errors.Join(err, g.err)
	})
	if errors.Is(err, errCut) {
		return nil
	}
	return err
}

// Read reads a packet as it is stored: MP4 has no compression of its own.
func (t *track) Read(s container.Sample, buf []byte) ([]byte, error) {
	if s.Offset < 0 || s.Size < 0 || s.Offset > t.src.Size || int64(s.Size) > t.src.Size-s.Offset {
		return nil, &container.Error{Offset: s.Offset, What: fmt.Sprintf("packet of %d bytes", s.Size), Err: io.ErrUnexpectedEOF}
	}
	if cap(buf) < s.Size {
		buf = make([]byte, s.Size)
	}
	buf = buf[:s.Size]
	n, err := t.src.R.ReadAt(buf, s.Offset)
	if n == s.Size {
		return buf, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, &container.Error{Offset: s.Offset, What: fmt.Sprintf("packet of %d bytes: %d read", s.Size, n), Err: err}
}
