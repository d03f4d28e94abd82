package mkv

import "sync"

// spare holds what Key has read of payloads until Read asks for it. It holds so few that a caller who asks for
// many keys before the first payload gets nothing from it, which costs a second read and is otherwise right.
// The zero value is ready; it may be used from several goroutines at once.
type spare struct {
	mu   sync.Mutex
	held [8]piece // guarded by mu, as is the rest
	next int      // the one of held that is overwritten next
	free [][]byte
}

// piece is the beginning of a payload.
type piece struct {
	off  int64  // in the file
	data []byte // nil for none
	buf  []byte // the storage that data lies in
}

// put keeps data, which lies in buf and stands at off in the file. buf must not be used by the caller any more.
func (s *spare) put(off int64, data, buf []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(data) == 0 {
		s.giveLocked(buf)
		return
	}
	s.giveLocked(s.held[s.next].buf)
	s.held[s.next] = piece{off, data, buf}
	s.next = (s.next + 1) % len(s.held)
}

// take copies what is held of the payload at off to out, forgets it, and returns how many bytes that were.
func (s *spare) take(off int64, out []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.held {
		if p.data != nil && p.off == off {
			s.held[i] = piece{}
			s.giveLocked(p.buf)
			return copy(out, p.data)
		}
	}
	return 0
}

// buffer returns storage for a window, which may be nil.
func (s *spare) buffer() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free)
	if n == 0 {
		return nil
	}
	buf := s.free[n-1]
	s.free = s.free[:n-1]
	return buf[:0]
}

// give takes storage back.
func (s *spare) give(buf []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveLocked(buf)
}

func (s *spare) giveLocked(buf []byte) {
	if buf != nil && len(s.free) < len(s.held) {
		s.free = append(s.free, buf)
	}
}
