package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/render"
)

// board is the present of a generate: what runs and how far it is. The workers tell it, the screen looks at it; none
// of its methods blocks.
type board struct {
	now      func() time.Time
	paint    paint
	interval time.Duration
	total    int   // videos
	bytes    int64 // of all videos

	mu       sync.Mutex // guards what follows
	begun    time.Time
	rows     []*row // by slot; nil where nothing runs
	done     int
	skipped  int
	failed   int
	worked   int64 // bytes of the videos that are through and took time
	passed   int64 // bytes of the videos that were skipped or could not begin
	stopping bool
}

// row is one running video.
type row struct {
	name   string
	bytes  int64
	begun  time.Time
	frames int
	total  int // 0 until it is known
	device string
}

// begin says that a slot starts with a video.
func (b *board) begin(slot int, in input, device string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows[slot] = &row{name: printable(filepath.Base(in.path)), bytes: in.bytes, begun: b.now(), device: printable(device)}
}

// progress says how far a slot is.
func (b *board) progress(slot int, p render.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rows[slot]; r != nil {
		r.frames, r.total, r.device = p.Frames, p.Total, printable(p.Device.Name)
	}
}

// end says that a slot is through with its video.
func (b *board) end(slot int, in input, s status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows[slot] = nil
	switch s {
	case done:
		b.done++
		b.worked += in.bytes
	case skipped:
		b.skipped++
		b.passed += in.bytes
	case failed:
		b.failed++
		b.passed += in.bytes
	}
}

// stop says that no more videos are begun.
func (b *board) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopping = true
}

// counts returns what became of the videos that are through.
func (b *board) counts() (done, skipped, failed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.done, b.skipped, b.failed
}

// widest is how wide the live lines become at most: on a wider terminal the eye would lose the row.
const widest = 110

// lines draws the board for a terminal of the given size.
func (b *board) lines(width, height int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	width = min(width-1, widest) // the last column stays free: some terminals wrap already when it is written
	now := b.now()
	var meters []meter
	for _, r := range b.rows {
		if r != nil {
			meters = append(meters, r.meter(now, b.interval))
		}
	}
	more := 0
	if room := max(1, height-3); len(meters) > room {
		more = len(meters) - room
		meters = meters[:room]
	}
	out := meterLines(b.paint, meters, width)
	if more > 0 {
		out = append(out, b.paint.quiet(fitOnly(fmt.Sprintf("  and %d more", more), width)))
	}
	if b.total > 1 || b.stopping {
		out = append(out, b.footLocked(width))
	}
	return out
}

// footLocked draws the line below the running videos: "3 of 14 · 1 failed · about 4 min left".
func (b *board) footLocked(width int) string {
	if b.stopping {
		return b.paint.held(fitOnly("  Stopping ...", width))
	}
	parts := []string{fmt.Sprintf("%d of %d", b.done+b.skipped+b.failed, b.total)}
	if b.skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d skipped", b.skipped))
	}
	if b.failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", b.failed))
	}
	if d, ok := b.remainingLocked(); ok {
		parts = append(parts, left(d))
	}
	for len(parts) > 1 && columns(strings.Join(parts, " · "))+2 > width {
		parts = parts[:len(parts)-1]
	}
	return b.paint.quiet(fitOnly("  "+strings.Join(parts, " · "), width))
}

// remainingLocked guesses the time for all videos that are left, from the bytes of those that took time so far. It
// knows nothing before some of that work is done.
func (b *board) remainingLocked() (time.Duration, bool) {
	elapsed := b.now().Sub(b.begun)
	worked := float64(b.worked)
	for _, r := range b.rows {
		if r != nil && r.total > 0 {
			worked += float64(r.bytes) * float64(r.frames) / float64(r.total)
		}
	}
	rest := float64(b.bytes-b.passed) - worked
	if worked <= 0 || rest < 0 || elapsed < 2*time.Second {
		return 0, false
	}
	return time.Duration(float64(elapsed) * rest / worked), true
}

// speed says how many times faster than the video itself its preview was made.
func speed(video, elapsed time.Duration) string {
	if elapsed <= 0 {
		return ""
	}
	return times(video.Seconds() / elapsed.Seconds())
}
