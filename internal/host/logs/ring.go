package logs

import (
	"context"
	"iter"
	"sync"
)

// Ring holds the last lines of a log.
type Ring struct {
	mu    sync.Mutex // guards what follows
	lines []Line     // line number n stands at n % len
	last  uint64     // number of the newest; 0 before there is one
	more  chan struct{}
}

func newRing(size int) *Ring { return &Ring{lines: make([]Line, size)} }

func (r *Ring) add(l Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	l.Number = r.last
	r.lines[r.last%uint64(len(r.lines))] = l
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
}

// Lines returns the newest n lines, or as many as there are, the oldest first. 0 is all.
func (r *Ring) Lines(n int) []Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n <= 0 || uint64(n) > r.last {
		return r.sinceLocked(0)
	}
	return r.sinceLocked(r.last - uint64(n))
}

// sinceLocked returns the lines after a number, as far as they are still there.
func (r *Ring) sinceLocked(number uint64) []Line {
	size := uint64(len(r.lines))
	if r.last > size {
		number = max(number, r.last-size)
	}
	var out []Line
	for n := number + 1; n <= r.last; n++ {
		out = append(out, r.lines[n%size])
	}
	return out
}

// Watch returns the lines until ctx ends: on the first turn those that there are, perhaps none, and then, each time,
// those that came since. Who is slow misses lines that left the ring meanwhile, and holds up nobody.
func (r *Ring) Watch(ctx context.Context) iter.Seq[[]Line] {
	return func(yield func([]Line) bool) {
		var seen uint64
		for first := true; ; first = false {
			r.mu.Lock()
			lines := r.sinceLocked(seen)
			seen = r.last
			if r.more == nil {
				r.more = make(chan struct{})
			}
			more := r.more
			r.mu.Unlock()
			if (first || len(lines) > 0) && !yield(lines) {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-more:
			}
		}
	}
}
