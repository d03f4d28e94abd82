package render

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// nearest gives each slot the picture that is nearest to it in time, for the rungs on which FFmpeg reads the whole file
// and hands out pictures as it finds them.
type nearest struct {
	shelf    *shelf
	interval time.Duration
	strict   bool // refuse a picture that is further away than recipe.NearEnough

	waiting []timed // by time; a few pictures, in case they come out of order
	before  *timed  // the latest picture that was judged
	slot    int
	placed  time.Duration // time of the picture in the slot before
	latest  time.Duration // time of the latest picture
}

type timed struct {
	at   time.Duration // from the file's start
	jpeg []byte
}

// reorderDepth is how many pictures wait to be sorted. Some HEVC files hand their keyframes out of order by one or two
// (research/users.md, row 32).
const reorderDepth = 4

// errSparse means that keyframes alone leave slots without a picture that is near enough.
var errSparse = errors.New("keyframes are too far apart")

// put takes a picture; the bytes are its from then on.
func (n *nearest) put(p timed) error {
	i, _ := slices.BinarySearchFunc(n.waiting, p, func(a, b timed) int { return cmp.Compare(a.at, b.at) })
	n.waiting = slices.Insert(n.waiting, i, p)
	if len(n.waiting) <= reorderDepth {
		return nil
	}
	first := n.waiting[0]
	n.waiting = slices.Delete(n.waiting, 0, 1)
	return n.judge(first)
}

// finish gives the slots behind the last picture that picture.
func (n *nearest) finish() error {
	for _, p := range n.waiting {
		if err := n.judge(p); err != nil {
			return err
		}
	}
	n.waiting = nil
	for n.before != nil && n.slot < n.shelf.slots {
		if err := n.place(*n.before); err != nil {
			return err
		}
	}
	return nil
}

// judge decides the slots between the picture before and this one.
func (n *nearest) judge(p timed) error {
	if n.before != nil && p.at < n.before.at {
		return nil // later than sorting could mend
	}
	n.latest = max(n.latest, p.at)
	for n.slot < n.shelf.slots {
		at := time.Duration(n.slot) * n.interval
		if at > p.at {
			break
		}
		chosen := p
		if n.before != nil && at-n.before.at <= p.at-at {
			chosen = *n.before
		}
		if err := n.place(chosen); err != nil {
			return err
		}
	}
	n.before = &p
	return nil
}

func (n *nearest) place(p timed) error {
	offset := p.at - time.Duration(n.slot)*n.interval
	if n.strict && offset.Abs() > recipe.NearEnough(n.interval) {
		return fmt.Errorf("%w: the nearest to %v is %v away", errSparse, time.Duration(n.slot)*n.interval, offset.Abs())
	}
	slot := n.slot
	n.slot++
	if slot > 0 && p.at == n.placed {
		n.shelf.shared++
	}
	n.placed = p.at
	return n.shelf.put(slot, placed{jpeg: p.jpeg, last: slot, offset: offset}, n.interval)
}
