package cli

import (
	"cmp"
	"fmt"
	"maps"
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

	mu      sync.Mutex        // guards what follows
	rows    map[int64]*row    // by task
	devices map[string]string // names by ID
	jobs    []preview.Job     // that are open
	held    []event.Hold
	resting []event.Device
	through int           // videos that this run is through with, those that needed nothing left out
	spent   time.Duration // since the first of them began
	first   time.Time
}

// reset begins anew with the whole present.
func (b *scanBoard) reset(s event.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.rows)
	b.jobs, b.held = s.Jobs, s.Held
	b.devicesLocked(s.Devices)
	for _, r := range s.Tasks {
		b.rowLocked(r.Task)
		b.progressLocked(r.Progress)
	}
}

func (b *scanBoard) take(e event.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := e.(type) {
	case event.TaskChanged:
		if e.Task.State == preview.TaskRendering {
			b.rowLocked(e.Task)
			return
		}
		delete(b.rows, e.Task.ID)
		switch e.Task.State {
		case preview.TaskPublishing, preview.TaskFailed:
			b.through++
			b.spent = b.now().Sub(b.first)
		}
	case event.Progress:
		b.progressLocked(e)
	case event.SlotsChanged:
		b.devicesLocked(e.Devices)
	case event.Held:
		b.held = e.By
	case event.JobChanged:
		b.jobs = slices.DeleteFunc(b.jobs, func(j preview.Job) bool { return j.ID == e.Job.ID })
		if !e.Job.State.Final() {
			b.jobs = append(b.jobs, e.Job)
		}
	}
}

func (b *scanBoard) rowLocked(t preview.Task) {
	name := t.Video.Title
	if name == "" {
		name = t.Video.Path
	}
	b.rows[t.ID] = &row{name: printable(name), bytes: t.Video.Size, begun: b.now(), device: b.deviceLocked(t.Device)}
	if b.first.IsZero() {
		b.first = b.now()
	}
}

func (b *scanBoard) progressLocked(p event.Progress) {
	if r := b.rows[p.Task]; r != nil && p.Total > 0 {
		r.frames, r.total, r.device = p.Frames, p.Total, b.deviceLocked(p.Device)
	}
}

func (b *scanBoard) deviceLocked(id string) string {
	return printable(cmp.Or(b.devices[id], id))
}

func (b *scanBoard) devicesLocked(devices []event.Device) {
	b.resting = b.resting[:0]
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
	var meters []meter
	for _, id := range slices.Sorted(maps.Keys(b.rows)) {
		meters = append(meters, b.rows[id].meter(now, b.interval))
	}
	more := 0
	if room := max(1, height-4); len(meters) > room {
		more = len(meters) - room
		meters = meters[:room]
	}
	var out []string
	if len(meters) > 0 {
		out = meterLines(b.paint, meters, width)
	}
	if more > 0 {
		out = append(out, b.paint.quiet(fitOnly(fmt.Sprintf("  and %d more", more), width)))
	}
	for _, d := range b.resting {
		out = append(out, b.paint.held(fitOnly(fmt.Sprintf("  %s rests for %s: %s", printable(d.Name),
			took(max(0, d.RestsUntil.Sub(now))), d.Because.Text()), width)))
	}
	for _, h := range b.held {
		out = append(out, b.paint.held(fitOnly("  "+h.Text, width)))
	}
	return append(out, b.paint.quiet(fitOnly("  "+b.footLocked(), width)))
}

// footLocked says how far all of it is: "listing 3000 of 12000 · 112 waiting · 7 failed · about 2 h left".
func (b *scanBoard) footLocked() string {
	var parts []string
	var c preview.Counts
	for _, j := range b.jobs {
		c.Waiting += j.Counts.Waiting
		c.Published += j.Counts.Published
		c.Failed += j.Counts.Failed
		c.Already += j.Counts.Already
		if j.State != preview.JobListing {
			continue
		}
		if j.Total > 0 {
			parts = append(parts, fmt.Sprintf("listing %d of %d", j.Listed, j.Total))
		} else {
			parts = append(parts, "listing")
		}
	}
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(c.Waiting-len(b.rows), "waiting")
	add(c.Published, "published")
	add(c.Already, "already there")
	add(c.Failed, "failed")
	// An estimate needs some measured work.
	if b.through >= 2 && b.spent > 2*time.Second && c.Waiting > 0 {
		parts = append(parts, left(time.Duration(float64(b.spent)/float64(b.through)*float64(c.Waiting))))
	}
	if len(parts) == 0 {
		return "Looking ..."
	}
	return strings.Join(parts, " · ")
}
