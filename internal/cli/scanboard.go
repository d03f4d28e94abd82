package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// scanBoard is the present of a scan, as the engine's events tell it. The screen looks at it from another goroutine; no
// method blocks.
type scanBoard struct {
	now      func() time.Time
	paint    paint
	interval time.Duration

	mu       sync.Mutex     // guards what follows
	rows     map[int64]*row // that render, by task
	places   []place        // lines of the rows, from above
	far      map[int64]*row // that rendered and wait to go on elsewhere: what is shown of them never falls back
	showing  map[int64]bool // tasks whose previews wait for the media server
	devices  map[string]string
	jobs     []preview.Job // by ID, those that ended meanwhile included
	held     []event.Hold
	resting  []event.Device
	first    time.Time // the first of them began
	measured int       // videos that were rendered since
	stopping bool
}

// place is the line of a row: a row stays where it is while others come and go.
type place struct {
	task  int64     // 0 when it is free
	since time.Time // it is free
}

// briefly is how long a free line is kept for the next video. A line that nobody needs closes up.
const briefly = time.Second

func newScanBoard(now func() time.Time, p paint, interval time.Duration) *scanBoard {
	return &scanBoard{
		now: now, paint: p, interval: interval,
		rows: map[int64]*row{}, far: map[int64]*row{}, showing: map[int64]bool{}, devices: map[string]string{},
	}
}

// reset begins anew with the whole present.
func (b *scanBoard) reset(s event.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.rows)
	b.places, b.jobs, b.held = nil, slices.Clone(s.Jobs), s.Held
	b.devicesLocked(s.Devices)
	for _, r := range s.Tasks {
		b.beginLocked(r.Task)
		b.progressLocked(r.Progress)
	}
}

// take takes in what happened.
func (b *scanBoard) take(e event.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := e.(type) {
	case event.TaskChanged:
		b.taskLocked(e.Task)
	case event.Progress:
		b.progressLocked(e)
	case event.SlotsChanged:
		b.devicesLocked(e.Devices)
	case event.Held:
		b.held = e.By
	case event.JobChanged:
		if i := slices.IndexFunc(b.jobs, func(j preview.Job) bool { return j.ID == e.Job.ID }); i >= 0 {
			b.jobs[i] = e.Job
		} else {
			b.jobs = append(b.jobs, e.Job)
		}
	case event.Settled:
	}
}

// stop says that no more videos are begun.
func (b *scanBoard) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopping = true
}

// soon is how near a preview's turn at the media server is for it to count as waiting: the engine counts those that wait
// for longer as put off.
const soon = 20 * time.Second

func (b *scanBoard) taskLocked(t preview.Task) {
	delete(b.showing, t.ID)
	switch t.State {
	case preview.TaskRendering:
		b.beginLocked(t)
		return
	case preview.TaskQueued: // passed on to another device
		if r := b.rows[t.ID]; r != nil {
			b.far[t.ID] = r
		}
	case preview.TaskPublishing:
		if t.Due.Sub(b.now()) < soon {
			b.showing[t.ID] = true
		}
	}
	if b.rows[t.ID] != nil && t.Device != "" && t.State != preview.TaskQueued {
		b.measured++
	}
	delete(b.rows, t.ID)
	if i := b.placeLocked(t.ID); i >= 0 {
		b.places[i] = place{since: b.now()}
	}
	if t.State.Final() {
		delete(b.far, t.ID)
	}
}

func (b *scanBoard) beginLocked(t preview.Task) {
	r := cmp.Or(b.rows[t.ID], b.far[t.ID])
	delete(b.far, t.ID)
	if r == nil {
		r = &row{name: printable(cmp.Or(t.Video.Title, t.Video.Path)), bytes: t.Video.Size, begun: b.now()}
	}
	r.device = b.deviceLocked(t.Device)
	b.rows[t.ID] = r
	if b.placeLocked(t.ID) < 0 {
		if i := b.placeLocked(0); i >= 0 {
			b.places[i] = place{task: t.ID}
		} else {
			b.places = append(b.places, place{task: t.ID})
		}
	}
	if b.first.IsZero() {
		b.first = b.now()
	}
}

// placeLocked returns the line of a task, or the first free one for 0; -1 when there is none.
func (b *scanBoard) placeLocked(task int64) int {
	return slices.IndexFunc(b.places, func(p place) bool { return p.task == task })
}

func (b *scanBoard) progressLocked(p event.Progress) {
	r := b.rows[p.Task]
	if r == nil || p.Total <= 0 {
		return
	}
	r.total, r.device = p.Total, b.deviceLocked(p.Device)
	r.frames = min(max(r.frames, p.Frames), p.Total) // another attempt begins from the start
}

func (b *scanBoard) deviceLocked(id string) string {
	return printable(cmp.Or(b.devices[id], id))
}

func (b *scanBoard) devicesLocked(devices []event.Device) {
	b.resting = nil
	for _, d := range devices {
		b.devices[d.ID] = d.Name
		if !d.RestsUntil.IsZero() {
			b.resting = append(b.resting, d)
		}
	}
}

// lines draws the board for a terminal of the given size.
func (b *scanBoard) lines(width, height int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	width = min(width-1, widest)
	now := b.now()
	quiet := func(text string) string { return b.paint.quiet(fitOnly(text, width)) }
	held := func(text string) string { return b.paint.held(fitOnly(text, width)) }

	var below []string
	for _, d := range b.resting {
		below = append(below, held(fmt.Sprintf("  %s rests for %s: %s", printable(d.Name), took(max(0, d.RestsUntil.Sub(now))), d.Because.Text())))
	}
	for _, h := range b.held {
		below = append(below, held("  "+printable(h.Text)))
	}
	if b.stopping {
		below = append(below, held("  Stopping ..."))
	} else {
		below = append(below, quiet("  "+b.footLocked(width-2)))
	}

	out := b.metersLocked(width)
	if room := max(1, height-2-len(below)); len(out) > room {
		more := len(out) - room
		out = append(out[:room:room], quiet(fmt.Sprintf("  and %d more", more)))
	}
	return append(out, below...)
}

// metersLocked draws a line for each video that renders.
func (b *scanBoard) metersLocked(width int) []string {
	now := b.now()
	b.places = slices.DeleteFunc(b.places, func(p place) bool { return p.task == 0 && now.Sub(p.since) > briefly })
	for len(b.places) > 0 && b.places[len(b.places)-1].task == 0 {
		b.places = b.places[:len(b.places)-1]
	}
	if len(b.places) == 0 {
		return nil
	}
	var meters []meter
	for _, p := range b.places {
		if p.task != 0 {
			meters = append(meters, b.rows[p.task].meter(now, b.interval))
		}
	}
	drawn := meterLines(b.paint, meters, width)
	out := make([]string, len(b.places))
	for i, p := range b.places {
		if p.task != 0 {
			out[i], drawn = drawn[0], drawn[1:]
		}
	}
	return out
}

// footLocked says how far all of it is:
//
//	listing 3000 of 12000 · 8 of 112 · 1 failed · 2 waiting for Plex · 2888 already there · about 2 h left
func (b *scanBoard) footLocked(width int) string {
	var parts []string
	var c preview.Counts
	lists, seen, total := false, 0, 0
	for _, j := range b.jobs {
		n := j.Counts
		c.Videos += n.Videos
		c.Already += n.Already
		c.Published += n.Published
		c.Failed += n.Failed
		c.Later += n.Later
		c.Waiting += n.Waiting
		c.Cancelled += n.Cancelled
		if j.State == preview.JobListing || j.State == preview.JobQueued {
			lists, seen, total = true, seen+j.Listed, total+j.Total
		}
	}
	if lists {
		parts = append(parts, listed(seen, total))
	}
	if all := c.Videos - c.Already; all > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d", c.Published+c.Failed+c.Cancelled, all))
	}
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(c.Failed, "failed")
	add(len(b.showing), "waiting for Plex")
	add(c.Later, "put off")
	add(c.Already, "already there")
	sure := len(parts)
	if d, ok := b.remainingLocked(c.Waiting); ok {
		parts = append(parts, left(d))
	}
	for len(parts) > 2 && columns(strings.Join(parts, " · ")) > width {
		sure-- // what matters least goes first
		parts = slices.Delete(parts, sure, sure+1)
	}
	if len(parts) == 0 {
		return "Looking ..."
	}
	return strings.Join(parts, " · ")
}

// remainingLocked guesses the time for the videos that wait, from those that were rendered in this run. It knows nothing
// before some of that work is done.
func (b *scanBoard) remainingLocked(waiting int) (time.Duration, bool) {
	elapsed := b.now().Sub(b.first)
	done, rest := float64(b.measured), float64(waiting-len(b.showing))
	for _, r := range b.rows {
		if r.total > 0 {
			part := float64(r.frames) / float64(r.total)
			done, rest = done+part, rest-part
		}
	}
	if b.measured < 2 || elapsed < 2*time.Second || rest <= 0 {
		return 0, false
	}
	return time.Duration(float64(elapsed) * rest / done), true
}
