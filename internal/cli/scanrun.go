package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// scanRun tells what a scan came to, from the engine's events. take is called from one goroutine.
type scanRun struct {
	*app
	live  bool
	json  *json.Encoder // nil without --json
	board *scanBoard
	begun time.Time

	mu       sync.Mutex // guards what follows
	summary  summaryRecord
	open     map[int64]preview.Task // tasks that are neither over nor waiting for a slot
	replaced int
	unshown  int // published, and not shown
	jobs     map[int64]preview.Job
	wrote    error // stdout takes no more
}

func newScanRun(a *app, d *daemon.Daemon, asJSON bool) *scanRun {
	r := &scanRun{
		app: a, begun: a.Now(), open: map[int64]preview.Task{}, jobs: map[int64]preview.Job{},
		board:   &scanBoard{now: a.Now, paint: a.paint, interval: d.Spec().Interval, rows: map[int64]*row{}, devices: map[string]string{}},
		summary: summaryRecord{Event: "summary"},
	}
	_, _, r.live = a.Screen(a.Stderr)
	if asJSON {
		r.json = json.NewEncoder(a.Stdout)
		r.json.SetEscapeHTML(false)
	}
	return r
}

// take takes in what happened. Its error is a stdout that takes no more.
func (r *scanRun) take(u event.Update) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if u.Snapshot != nil {
		r.board.reset(*u.Snapshot)
	}
	for _, e := range u.Events {
		r.board.take(e)
		switch e := e.(type) {
		case event.Settled:
			r.summary.Already += len(e.Videos)
			if r.json != nil {
				for _, v := range e.Videos {
					r.printLocked(settledRecord(e.Job, v))
				}
			}
		case event.TaskChanged:
			r.taskLocked(e.Task)
		case event.JobChanged:
			r.jobs[e.Job.ID] = e.Job
		}
		if r.wrote != nil {
			return r.wrote
		}
	}
	return nil
}

func (r *scanRun) taskLocked(t preview.Task) {
	if !t.State.Final() {
		r.open[t.ID] = t
		return
	}
	delete(r.open, t.ID)
	r.finalLocked(t)
}

// finalLocked counts and tells of a task that this run is through with.
func (r *scanRun) finalLocked(t preview.Task) {
	record := newTaskRecord(t)
	switch record.State {
	case preview.TaskAlready:
		r.summary.Already++
	case preview.TaskPublished:
		r.summary.Published++
		if t.Shown {
			r.summary.Shown++
		} else {
			r.unshown++
		}
		if t.Replaced {
			r.replaced++
		}
	case preview.TaskFailed, preview.TaskResting:
		r.summary.Failed++
	case preview.TaskLater:
		r.summary.Later++
	case preview.TaskCancelled:
		return // people know that they cancelled it
	}
	if r.live {
		fmt.Fprint(r.stderr, r.row(record))
	} else if record.State != preview.TaskAlready {
		fmt.Fprint(r.stderr, r.line(record))
	}
	if r.json != nil {
		r.printLocked(record)
	}
}

func (r *scanRun) printLocked(record any) {
	if err := r.json.Encode(record); err != nil && r.wrote == nil {
		r.wrote = &writeError{err}
	}
}

func (r *scanRun) began(j preview.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs[j.ID] = j
}

func (r *scanRun) ended(j preview.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs[j.ID] = j
}

// sum says how it all went. All events were taken.
func (r *scanRun) sum(ctx context.Context, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		fmt.Fprintf(r.stderr, "%s %s; what is left goes on with the next scan.\n", r.paint.held("Interrupted:"), r.tally())
		return ctx.Err()
	}
	// What was put off is told in the end: until then it might have come after all.
	for _, id := range slices.Sorted(maps.Keys(r.open)) {
		switch t := r.open[id]; t.State {
		case preview.TaskLater, preview.TaskPublishing:
			r.finalLocked(t)
		}
	}
	var failed []preview.Job
	for _, id := range slices.Sorted(maps.Keys(r.jobs)) {
		if j := r.jobs[id]; j.Reason != "" {
			failed = append(failed, j)
		}
	}
	s := &r.summary
	s.Videos = s.Already + s.Published + s.Failed + s.Later
	s.ElapsedMS = r.Now().Sub(r.begun).Milliseconds()
	if len(failed) > 0 {
		reason := failed[0].Reason
		s.ReasonID, s.Reason, s.Hint = string(reason), reason.Text(), reason.Hint()
	}
	if r.json != nil && err == nil {
		r.printLocked(r.summary)
	}
	if r.wrote != nil {
		return r.wrote
	}
	if err != nil {
		return err
	}
	return r.judge(failed)
}

// judge says the end in words, and what the exit status is.
func (r *scanRun) judge(failed []preview.Job) error {
	s := r.summary
	if s.Videos > 0 || len(failed) == 0 {
		fmt.Fprintf(r.stderr, "%s in %s.\n", r.tally(), took(r.Now().Sub(r.begun)))
	}
	if r.replaced > 0 {
		fmt.Fprintln(r.stderr, "Plex keeps previews in memory: it may show the old ones of those that were replaced until it restarts.")
	}
	whole := false // a job that could not be carried out at all
	for _, j := range failed {
		text := j.Reason.Text()
		if j.Detail != "" {
			text = strings.TrimSuffix(text, ".") + ": " + j.Detail
		}
		fmt.Fprintf(r.stderr, "%s %s\n", r.paint.bad(printable(j.Title)+":"), printable(join(sentence(text), j.Reason.Hint())))
		whole = whole || j.State == preview.JobFailed
	}
	switch {
	case whole && s.Published+s.Already == 0:
		return errSaid
	case whole || s.Failed > 0 || len(failed) > 0:
		return errSomeFailed
	}
	return nil
}

// tally says "8 videos: 5 published, 3 already there", leaving out what did not happen.
func (r *scanRun) tally() string {
	s := r.summary
	total := s.Already + s.Published + s.Failed + s.Later
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(s.Published, "published")
	add(r.unshown, "of them not shown yet")
	add(s.Already, "already there")
	add(s.Failed, "failed")
	add(s.Later, "put off")
	if len(parts) == 0 {
		return count(total, "video")
	}
	return count(total, "video") + ": " + strings.Join(parts, ", ")
}

// row is a finished video on a terminal:
//
//	✓ Heat (1995)                    240 pictures    1.8 s  shown
func (r *scanRun) row(t taskRecord) string {
	width, _, _ := r.Screen(r.Stderr)
	width = min(width-1, widest)
	name := printable(nameOf(t))
	switch t.State {
	case preview.TaskAlready:
		return r.paint.quiet("· "+fit(name, width-2-16)+"  up to date") + "\n"
	case preview.TaskFailed, preview.TaskResting, preview.TaskLater:
		mark := r.paint.bad("✗ ")
		if t.State == preview.TaskLater {
			mark = r.paint.held("◐ ")
		}
		text := "    " + t.Reason
		if t.Hint != "" {
			text += "\n    " + r.paint.quiet(t.Hint)
		}
		return mark + fitOnly(name, width-2) + "\n" + text + "\n"
	}
	figures := fmt.Sprintf("%6d %-8s  %8s  %-9s", t.Frames, pictures(t.Frames), spent(t), showing(t))
	if room := width - 2 - 2 - columns(figures); room >= 12 {
		return r.paint.good("✓ ") + fit(name, room) + "  " + r.paint.quiet(figures) + "\n"
	}
	return r.paint.good("✓ ") + fitOnly(name, width-2) + "\n"
}

// line is a finished video where there is no terminal, such as in a log:
//
//	published: Heat (1995): 240 pictures in 1.8 s, cpu, shown
func (r *scanRun) line(t taskRecord) string {
	name := printable(nameOf(t))
	if t.State != preview.TaskPublished {
		return fmt.Sprintf("%s: %s: %s\n", t.State, name, join(t.Reason, t.Hint))
	}
	made := ""
	if t.Device != "" {
		made = fmt.Sprintf(" in %s, %s", spent(t), t.Device)
	}
	return fmt.Sprintf("published: %s: %s%s, %s\n", name, count(t.Frames, "picture"), made, showing(t))
}

func nameOf(t taskRecord) string {
	if t.Title != "" {
		return t.Title
	}
	return t.Video
}

func pictures(n int) string {
	_, noun, _ := strings.Cut(count(n, "picture"), " ")
	return noun
}

// spent says how long a preview took; nothing when it lay there already.
func spent(t taskRecord) string {
	if t.Device == "" {
		return ""
	}
	return took(time.Duration(t.ElapsedMS) * time.Millisecond)
}

func showing(t taskRecord) string {
	if t.Shown {
		return "shown"
	}
	return "not shown"
}
