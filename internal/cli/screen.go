package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// redraw is the time between two looks of the live part: five a second are smooth enough, and cheap over SSH.
const redraw = 200 * time.Millisecond

// screen is stderr, with a live part at its foot while one is shown. Everything written to it stands above that
// part. Its methods may be called from any goroutine; none waits for more than one write to the terminal.
type screen struct {
	w    io.Writer
	size func() (width, height int, ok bool)

	mu      sync.Mutex
	live    func(width, height int) []string // nil: nothing is shown
	pending bytes.Buffer                     // written since the last look
	drawn   []int                            // columns of the live lines that stand on the terminal
}

func newScreen(w io.Writer, size func(io.Writer) (int, int, bool)) *screen {
	return &screen{w: w, size: func() (int, int, bool) { return size(w) }}
}

// Write prints p, at the next look when a live part is shown. p should end with a newline.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		return s.pending.Write(p)
	}
	return s.w.Write(p)
}

// show keeps the lines that live returns at the foot of the terminal until stop is called; stop wipes them away.
// Without a terminal it does nothing. live is called from another goroutine; its lines hold printable text and
// colours, and must not be wider than width.
func (s *screen) show(live func(width, height int) []string) (stop func()) {
	if _, _, ok := s.size(); !ok {
		return func() {}
	}
	s.mu.Lock()
	s.live = live
	s.mu.Unlock()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.draw()
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.live = func(int, int) []string { return nil }
		s.drawLocked()
		s.live = nil
	}
}

func (s *screen) draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawLocked()
}

// drawLocked replaces the live part in one write, so that nobody sees it half done.
func (s *screen) drawLocked() {
	width, height, ok := s.size()
	if !ok { // the terminal went away; what follows goes nowhere, but must not stop the work
		width, height = 80, 24
	}
	var b bytes.Buffer
	if len(s.drawn) > 0 {
		rows := 0
		for _, n := range s.drawn {
			rows += max(1, (n+width-1)/width) // the terminal may have become narrower: lines wrapped
		}
		b.WriteString("\r")
		if rows > 1 {
			fmt.Fprintf(&b, "\x1b[%dA", rows-1)
		}
		b.WriteString("\x1b[J")
	}
	b.Write(s.pending.Bytes())
	s.pending.Reset()
	lines := s.live(width, height)
	b.WriteString(strings.Join(lines, "\n"))
	if len(lines) > 0 {
		b.WriteString("\r") // the terminal echoes ^C at the cursor: at the end of a full line it would begin a new one
	}
	s.drawn = s.drawn[:0]
	for _, line := range lines {
		s.drawn = append(s.drawn, columns(plain(line)))
	}
	if b.Len() > 0 {
		_, _ = s.w.Write(b.Bytes()) // a terminal that is gone is no reason to fail
	}
}

// plain returns s without the colours of paint.
func plain(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(after, "m")
	}
}
