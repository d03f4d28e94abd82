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

func (r *row) share() float64 {
	if r.total == 0 {
		return 0
	}
	return min(1, float64(r.frames)/float64(r.total))
}

// begin says that a slot starts with a video.
func (b *board) begin(slot int, in input, device string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows[slot] = &row{name: printable(filepath.Base(in.path)), bytes: in.bytes, begun: b.now(), device: device}
}

// progress says how far a slot is.
func (b *board) progress(slot int, p render.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rows[slot]; r != nil {
		r.frames, r.total, r.device = p.Frames, p.Total, p.Device.Name
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
	var running []*row
	for _, r := range b.rows {
		if r != nil {
			running = append(running, r)
		}
	}
	room := max(1, height-3)
	var out []string
	devices := map[string]bool{}
	for _, r := range running {
		devices[r.device] = true
	}
	for i, r := range running {
		if i == room {
			out = append(out, b.paint.quiet(fit(fmt.Sprintf("  and %d more", len(running)-i), width)))
			break
		}
		out = append(out, b.line(r, width, len(devices) > 1))
	}
	if b.total > 1 || b.stopping {
		out = append(out, b.foot(running, width))
	}
	return out
}

// line draws one running video:
//
//	Heat (1995).mkv          ━━━━━━━━━━━━━━━━━━━━   62 %    149/240   1333×          2 s left
func (b *board) line(r *row, width int, named bool) string {
	elapsed := b.now().Sub(r.begun)
	var figures, remaining string
	if r.total == 0 {
		figures = "reading the index"
	} else {
		figures = fmt.Sprintf("%3.0f %%  %*d/%d", 100*r.share(), len(fmt.Sprint(r.total)), r.frames, r.total)
		if elapsed > 0 && r.frames > 0 {
			figures += fmt.Sprintf("  %5s", speed(time.Duration(r.frames)*b.interval, elapsed))
			remaining = left(time.Duration(float64(elapsed) * float64(r.total-r.frames) / float64(r.frames)))
		}
	}
	if named && width >= 90 {
		figures = fit(printable(r.device), 18) + "  " + figures
	}
	// What there is no room for goes from the right, the bar first: the figures say the same.
	if room := width - columns(figures) - 2 - 20; remaining != "" && room >= 16 {
		figures += "  " + remaining
	}
	bar := 0
	if room := width - columns(figures) - 30; room >= 8 {
		bar = min(room, 24)
	}
	name := width - 2 - 2 - columns(figures)
	if bar > 0 {
		name -= bar + 2
		figures = b.bar(r.share(), bar) + "  " + figures
	}
	if name < 4 {
		return fit("  "+r.name, width)
	}
	return "  " + fit(r.name, name) + "  " + figures
}

// bar draws how much of something is done.
func (b *board) bar(share float64, width int) string {
	n := int(share*float64(width) + 0.5)
	return b.paint.work(strings.Repeat("━", n)) + b.paint.quiet(strings.Repeat("─", width-n))
}

// foot draws the line below the running videos: "3 of 14 done, 1 failed, about 4 min left".
func (b *board) foot(running []*row, width int) string {
	if b.stopping {
		return b.paint.held(fit("  Stopping ...", width))
	}
	parts := []string{fmt.Sprintf("%d of %d", b.done+b.skipped+b.failed, b.total)}
	if b.skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d skipped", b.skipped))
	}
	if b.failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", b.failed))
	}
	if d, ok := b.remaining(running); ok {
		parts = append(parts, left(d))
	}
	return b.paint.quiet(fit("  "+strings.Join(parts, " · "), width))
}

// remaining guesses the time for all videos that are left, from the bytes of those that took time so far. It knows
// nothing before some of that work is done.
func (b *board) remaining(running []*row) (time.Duration, bool) {
	elapsed := b.now().Sub(b.begun)
	worked := float64(b.worked)
	for _, r := range running {
		worked += r.share() * float64(r.bytes)
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
