package render

import (
	"time"

	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// shelf has a place for every slot and puts the pictures into the BIF in order, however they come. It holds a few pictures
// at the most. A slot without a picture of its own gets its neighbour's: offsets in a BIF must rise, so the bytes are
// stored again.
type shelf struct {
	out   *bif.Writer
	slots int
	stamp string
	tell  func(done int) // progress; may be nil

	next    int            // the slot to be written next
	last    []byte         // the picture in the slot before
	early   map[int]placed // pictures whose slot is not next yet
	missing int            // slots whose picture never came
	shared  int            // slots that show the same picture as the one before, because none is nearer
	noted   int            // slots whose picture's offset is known
	total   float64        // of the offsets' sizes, in nanoseconds: those of a hostile file may pass a Duration
	largest time.Duration
}

// placed is a picture for the slots up to last.
type placed struct {
	jpeg   []byte
	last   int
	offset time.Duration // of the picture from its first slot
}

// earlyLimit is how many pictures wait for one that is missing. Decoders that give pictures out of order do so by a
// handful.
const earlyLimit = 16

func newShelf(out *bif.Writer, slots int, stamp string, tell func(int)) *shelf {
	return &shelf{out: out, slots: slots, stamp: stamp, tell: tell, early: make(map[int]placed)}
}

// put hands over the picture for a slot. The bytes are the shelf's from then on. A picture for a slot that was given up
// comes too late and is dropped.
func (s *shelf) put(slot int, p placed, interval time.Duration) error {
	if slot < s.next || slot >= s.slots {
		return nil
	}
	s.early[slot] = p
	if len(s.early) > earlyLimit {
		if err := s.fillUpTo(s.lowest()); err != nil {
			return err
		}
	}
	return s.flush(interval)
}

// flush writes the pictures that are next.
func (s *shelf) flush(interval time.Duration) error {
	for {
		p, ok := s.early[s.next]
		if !ok {
			return nil
		}
		delete(s.early, s.next)
		for first := s.next; s.next <= min(p.last, s.slots-1); {
			s.note(p.offset - time.Duration(s.next-first)*interval)
			if s.next > first {
				s.shared++
			}
			if err := s.add(p.jpeg); err != nil {
				return err
			}
		}
	}
}

// finish gives every slot that is left a neighbour's picture.
func (s *shelf) finish(interval time.Duration) error {
	for len(s.early) > 0 {
		if err := s.fillUpTo(s.lowest()); err != nil {
			return err
		}
		if err := s.flush(interval); err != nil {
			return err
		}
	}
	return s.fillUpTo(s.slots)
}

// fillUpTo repeats the neighbour's picture in the slots before limit: the one before, or at the very beginning the one
// after.
func (s *shelf) fillUpTo(limit int) error {
	neighbour := s.last
	if neighbour == nil {
		neighbour = s.early[limit].jpeg
	}
	if neighbour == nil {
		return nil // there is no picture at all; whoever asked sees that nothing was written
	}
	for s.next < limit {
		s.missing++
		if err := s.add(neighbour); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) add(jpeg []byte) error {
	s.last = jpeg
	if s.next == 0 {
		jpeg = stamped(jpeg, s.stamp)
	}
	if err := s.out.Add(jpeg); err != nil {
		return faultOfTarget(err)
	}
	s.next++
	if s.tell != nil {
		s.tell(s.next)
	}
	return nil
}

func (s *shelf) note(offset time.Duration) {
	s.noted++
	s.total += float64(offset.Abs())
	s.largest = max(s.largest, offset.Abs())
}

func (s *shelf) lowest() int {
	low := s.slots
	for slot := range s.early {
		low = min(low, slot)
	}
	return low
}

// mean is the mean offset of the slots that did not have to be filled.
func (s *shelf) mean() time.Duration {
	if s.noted == 0 {
		return 0
	}
	return time.Duration(s.total / float64(s.noted))
}
