package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// scanTold tells people and scripts what became of each video of a scan. Its methods are called one at a time.
type scanTold struct {
	*app
	live   bool       // people watch a board
	json   *jsonLines // nil without --json
	spoke  time.Time  // when a listing was told of last
	paused string
}

func newScanTold(a *app, asJSON bool) *scanTold {
	t := &scanTold{app: a, spoke: a.Now()}
	_, _, t.live = a.Screen(a.Stderr)
	if asJSON {
		t.json = newJSONLines(a.Stdout)
	}
	return t
}

// tell tells of a video. Those that needed nothing are no news to people.
func (t *scanTold) tell(r taskRecord) error {
	switch {
	case r.State == preview.TaskAlready:
	case t.live:
		fmt.Fprint(t.stderr, t.row(r))
	default:
		fmt.Fprint(t.stderr, t.line(r))
	}
	return t.print(r)
}

// print prints a record for scripts, where there are any.
func (t *scanTold) print(record any) error {
	if t.json == nil {
		return nil
	}
	return t.json.print(record)
}

// patience is how long a log may be silent while a library is listed.
const patience = 30 * time.Second

// listing says how far a listing is where there is no board, now and then.
func (t *scanTold) listing(j preview.Job) {
	if now := t.Now(); !t.live && j.State == preview.JobListing && now.Sub(t.spoke) >= patience {
		t.spoke = now
		fmt.Fprintf(t.stderr, "%s: %s\n", printable(j.Title), listed(j.Listed, j.Total))
	}
}

// held says what holds work back where there is no board: a log that stands still looks like a program that hangs.
func (t *scanTold) held(by []event.Hold) {
	texts := make([]string, len(by))
	for i, h := range by {
		texts[i] = h.Text
	}
	text := join(texts...)
	if !t.live && text != "" && text != t.paused {
		fmt.Fprintln(t.stderr, printable(text))
	}
	t.paused = text
}

// listed says how far a listing is.
func listed(n, total int) string {
	switch {
	case total > 0:
		return fmt.Sprintf("listing %d of %d", n, total)
	case n > 0:
		return fmt.Sprintf("listing %d", n)
	}
	return "listing"
}

// row is a finished video on a terminal:
//
//	✓ Heat (1995)                    240 pictures    1.8 s  shown
func (t *scanTold) row(r taskRecord) string {
	width, _, _ := t.Screen(t.Stderr)
	width = min(width-1, widest)
	name := printable(nameOf(r))
	if r.State != preview.TaskPublished {
		mark := t.paint.bad("✗ ")
		if r.State == preview.TaskLater {
			mark = t.paint.held("◐ ")
		}
		text := "    " + r.Reason
		if r.Hint != "" {
			text += "\n    " + t.paint.quiet(r.Hint)
		}
		return mark + fitOnly(name, width-2) + "\n" + text + "\n"
	}
	mark := t.paint.good("✓ ")
	if !r.Shown {
		mark = t.paint.quiet("· ") // it is in place, and that is all that is known
	}
	number, noun, _ := strings.Cut(count(r.Frames, "picture"), " ")
	figures := fmt.Sprintf("%6s %-8s  %8s  %-9s", number, noun, spent(r), showing(r))
	if room := width - 2 - 2 - columns(figures); room >= 12 {
		return mark + fit(name, room) + "  " + t.paint.quiet(figures) + "\n"
	}
	return mark + fitOnly(name, width-2) + "\n"
}

// line is a finished video where there is no terminal, such as in a log:
//
//	published: Heat (1995): 240 pictures in 1.8 s, cpu, shown
func (t *scanTold) line(r taskRecord) string {
	name := printable(nameOf(r))
	switch {
	case r.State == preview.TaskLater:
		return fmt.Sprintf("put off: %s: %s\n", name, join(r.Reason, r.Hint))
	case r.State != preview.TaskPublished:
		return fmt.Sprintf("%s: %s: %s\n", r.State, name, join(r.Reason, r.Hint))
	}
	made := ""
	if r.Device != "" {
		made = fmt.Sprintf(" in %s, %s", spent(r), printable(r.Device))
	}
	return fmt.Sprintf("published: %s: %s%s, %s\n", name, count(r.Frames, "picture"), made, showing(r))
}

func nameOf(r taskRecord) string {
	if r.Title != "" {
		return r.Title
	}
	return r.Video
}

// spent says how long a preview took; nothing when it lay there already.
func spent(r taskRecord) string {
	if r.Device == "" {
		return ""
	}
	return took(time.Duration(r.ElapsedMS) * time.Millisecond)
}

func showing(r taskRecord) string {
	if r.Shown {
		return "shown"
	}
	return "not shown"
}
