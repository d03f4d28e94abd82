package event

import (
	"context"
	"iter"
	"sync"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// patience is how many events wait for a watcher that looks away before it is given the present anew instead. It bounds
// the memory of a window that hangs.
const patience = 4096

// Hub tells watchers what happens. Its zero value is ready, and its methods may be called from any goroutine: telling
// never waits for a watcher, however slow that one is.
type Hub struct {
	mu    sync.Mutex // guards seats
	seats map[*seat]struct{}
}

// Publish tells all watchers.
func (h *Hub) Publish(events ...Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.seats {
		for _, e := range events {
			s.tell(e)
		}
	}
}

// Watch follows what happens from now on, until ctx ends or the loop is left; what happened before ctx ended is still
// given. present returns the present and must call begin while nothing can happen, so that nothing is lost between the
// two.
//
// A watcher of everything is told of [Settled] too, and is never given the present anew: for those who write down what
// happens. Its events wait for it in memory, so it should not look away for long.
func (h *Hub) Watch(ctx context.Context, everything bool, present func(begin func()) Snapshot) iter.Seq[Update] {
	s := &seat{everything: everything, wake: make(chan struct{}, 1)}
	look := func() {
		shot := present(func() {
			s.clear()
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.seats == nil {
				h.seats = map[*seat]struct{}{}
			}
			h.seats[s] = struct{}{}
		})
		s.show(&shot)
	}
	leave := func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.seats, s)
	}
	look()
	unhook := context.AfterFunc(ctx, leave) // also for a loop that never begins
	return func(yield func(Update) bool) {
		defer unhook()
		defer leave()
		for last := false; ; {
			u, lost := s.take()
			if lost {
				look()
				continue
			}
			if (u.Snapshot != nil || len(u.Events) > 0) && !yield(u) {
				return
			}
			if last {
				return
			}
			select {
			case <-s.wake:
			case <-ctx.Done():
				last = true
			}
		}
	}
}

// seat is the place of one watcher.
type seat struct {
	everything bool
	wake       chan struct{} // of size 1: something waits

	mu       sync.Mutex // guards what follows
	snapshot *Snapshot
	events   []Event     // nil where a later one took the place
	at       map[key]int // of the events that a later one replaces
	waiting  int         // events that are not nil
	lost     bool        // too many waited: the present has to be looked at anew
}

// key names what an event is about.
type key struct {
	kind byte
	id   int64
}

const (
	aJob = iota
	aTask
	aProgress
	theSlots
	theHolds
)

func (s *seat) tell(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost {
		return
	}
	switch e := e.(type) {
	case JobChanged:
		s.dropLocked(key{aJob, e.Job.ID})
		s.addLocked(e, key{aJob, e.Job.ID}, !e.Job.State.Final())
	case TaskChanged:
		s.dropLocked(key{aTask, e.Task.ID})
		if e.Task.State != preview.TaskRendering {
			s.dropLocked(key{aProgress, e.Task.ID})
		}
		s.addLocked(e, key{aTask, e.Task.ID}, !e.Task.State.Final())
	case Progress:
		s.dropLocked(key{aProgress, e.Task})
		s.addLocked(e, key{aProgress, e.Task}, true)
	case SlotsChanged:
		s.dropLocked(key{theSlots, 0})
		s.addLocked(e, key{theSlots, 0}, true)
	case Held:
		s.dropLocked(key{theHolds, 0})
		s.addLocked(e, key{theHolds, 0}, true)
	case Settled:
		if !s.everything {
			return
		}
		s.addLocked(e, key{}, false)
	}
	if !s.everything && s.waiting > patience {
		s.clearLocked()
		s.lost = true
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// dropLocked forgets an event that waits and has become old news.
func (s *seat) dropLocked(k key) {
	if i, ok := s.at[k]; ok {
		s.events[i] = nil
		s.waiting--
		delete(s.at, k)
	}
}

func (s *seat) addLocked(e Event, k key, replaceable bool) {
	if len(s.events) > 2*s.waiting+64 {
		s.packLocked()
	}
	if replaceable {
		if s.at == nil {
			s.at = map[key]int{}
		}
		s.at[k] = len(s.events)
	}
	s.events = append(s.events, e)
	s.waiting++
}

// packLocked closes the gaps.
func (s *seat) packLocked() {
	moved := make([]int, len(s.events))
	packed := make([]Event, 0, s.waiting+64)
	for i, e := range s.events {
		if e != nil {
			moved[i] = len(packed)
			packed = append(packed, e)
		}
	}
	for k, i := range s.at {
		s.at[k] = moved[i]
	}
	s.events = packed
}

func (s *seat) show(shot *Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = shot
}

func (s *seat) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearLocked()
}

func (s *seat) clearLocked() {
	s.snapshot, s.events, s.at, s.waiting, s.lost = nil, nil, nil, 0, false
}

func (s *seat) take() (u Update, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lost = s.lost
	u.Snapshot = s.snapshot
	if s.waiting > 0 {
		s.packLocked()
		u.Events = s.events
	}
	s.clearLocked()
	return u, lost
}
