package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// clockwork is a clock that a test turns.
type clockwork struct{ at time.Time }

func newClockwork() *clockwork { return &clockwork{time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)} }

func (c *clockwork) now() time.Time           { return c.at }
func (c *clockwork) pass(d time.Duration)     { c.at = c.at.Add(d) }
func (c *clockwork) board(p paint) *scanBoard { return newScanBoard(c.now, p, 10*time.Second) }

// task is a task of job 1 in a state.
func task(id int64, title string, s preview.TaskState) preview.Task {
	return preview.Task{ID: id, Job: 1, State: s, Device: "cpu", Video: preview.Video{Title: title, Path: "/films/" + title + ".mkv"}}
}

func changed(t preview.Task) event.Event { return event.TaskChanged{Task: t} }

// counted is job 1 with these figures.
func counted(s preview.JobState, c preview.Counts) event.Event {
	return event.JobChanged{Job: preview.Job{ID: 1, Title: "Scan Films", State: s, Counts: c}}
}

// inTheMiddle is a board in the middle of a scan on a GPU and the CPU.
func inTheMiddle() *scanBoard {
	c := newClockwork()
	b := c.board(paint{})
	b.reset(event.Snapshot{Devices: []event.Device{
		{ID: "cuda:0", Name: "NVIDIA GeForce RTX 3060", Slots: 2}, {ID: "cpu", Name: "CPU", Slots: 1},
	}})
	gpu := func(t preview.Task) preview.Task { t.Device = "cuda:0"; return t }
	for id, title := range []string{"", "Ran (1985)", "Stalker (1979)", "Alien (1979)", "千と千尋の神隠し (2001)"} {
		if id > 0 {
			b.take(changed(gpu(task(int64(id), title, preview.TaskRendering))))
		}
	}
	c.pass(4900 * time.Millisecond)
	b.take(changed(gpu(task(1, "Ran (1985)", preview.TaskPublishing))))
	b.take(changed(gpu(task(3, "Alien (1979)", preview.TaskPublishing))))
	b.take(changed(task(5, "Some Series – S01E01 – The very long name of a pilot that does not fit", preview.TaskRendering)))
	b.take(changed(gpu(task(1, "Ran (1985)", preview.TaskPublished))))
	b.take(changed(gpu(task(2, "Stalker (1979)", preview.TaskFailed))))
	b.lines(110, 24)
	c.pass(1100 * time.Millisecond) // Ran and Stalker left their lines, and nobody took them
	b.take(event.Progress{Task: 4, Frames: 375, Total: 750, Device: "cuda:0"})
	b.take(event.JobChanged{Job: preview.Job{
		ID: 1, State: preview.JobListing, Listed: 3000, Total: 12000,
		Counts: preview.Counts{Videos: 3000, Already: 2888, Published: 1, Failed: 1, Waiting: 110},
	}})
	return b
}

func TestScanTable(t *testing.T) {
	for width, want := range map[int]string{
		110: `
  …ilot that does not fit  CPU                      ────────────────────────
  千と千尋の神隠し (2001)  NVIDIA GeForce RTX 3060  ━━━━━━━━━━━━────────────  50 %  375/750   625×  6 s left
  listing 3000 of 12000 · 2 of 112 · 1 failed · 1 waiting for Plex · 2888 already there · about 3 min left
`,
		80: `
  …pilot that does not fit  ──────────────────
  千と千尋の神隠し (2001)   ━━━━━━━━━─────────  50 %  375/750   625×  6 s left
  listing 3000 of 12000 · 2 of 112 · 1 failed · about 3 min left
`,
	} {
		t.Run(strconv.Itoa(width), func(t *testing.T) {
			got := "\n" + strings.Join(inTheMiddle().lines(width, 24), "\n") + "\n"
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestARowStaysOnItsLine(t *testing.T) {
	c := newClockwork()
	b := c.board(paint{})
	for id := range int64(3) {
		b.take(changed(task(id+1, fmt.Sprintf("Film %d", id+1), preview.TaskRendering)))
	}
	b.take(changed(task(2, "Film 2", preview.TaskPublishing)))
	lineOf := func(title string) int {
		return slices.IndexFunc(b.lines(80, 24), func(l string) bool { return strings.Contains(l, title) })
	}
	if lineOf("Film 1") != 0 || lineOf("Film 3") != 2 {
		t.Errorf("Film 1 and 3 moved: %q", b.lines(80, 24))
	}
	b.take(changed(task(4, "Film 4", preview.TaskRendering)))
	if lineOf("Film 4") != 1 || lineOf("Film 3") != 2 {
		t.Errorf("Film 4 did not take the free line: %q", b.lines(80, 24))
	}
	b.take(changed(task(4, "Film 4", preview.TaskPublishing)))
	c.pass(2 * time.Second)
	if lineOf("Film 3") != 1 {
		t.Errorf("a line that nobody needs stays: %q", b.lines(80, 24))
	}
}

func TestProgressNeverRunsBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClockwork()
		b := c.board(paint{})
		b.take(changed(task(1, "Film", preview.TaskRendering)))
		most := 0.0
		for _, step := range rapid.SliceOfN(rapid.IntRange(-2, 100), 1, 40).Draw(t, "steps") {
			c.pass(time.Second)
			switch step {
			case -2: // it goes to another device, and waits until that has a slot
				b.take(changed(task(1, "Film", preview.TaskQueued)))
			case -1:
				b.take(changed(task(1, "Film", preview.TaskRendering)))
			default: // attempts begin anew
				b.take(event.Progress{Task: 1, Frames: step, Total: 100, Device: "cpu"})
			}
			b.lines(80, 24)
			if r := b.rows[1]; r != nil && r.total > 0 {
				part := r.meter(c.now(), time.Second).part
				if part < most {
					t.Fatalf("from %v back to %v", most, part)
				}
				most = part
			}
		}
	})
}

func TestAnEstimateNeedsMeasuredWork(t *testing.T) {
	c := newClockwork()
	b := c.board(paint{})
	foot := func() string { l := b.lines(110, 24); return l[len(l)-1] }
	b.take(counted(preview.JobRunning, preview.Counts{Videos: 100, Already: 40, Waiting: 60}))
	taken := task(9, "Film 9", preview.TaskPublishing) // its preview lay there: no device had work
	taken.Device = ""
	for range 5 {
		b.take(changed(task(9, "Film 9", preview.TaskRendering)))
		b.take(changed(taken))
	}
	c.pass(time.Minute)
	for id := range int64(2) {
		b.take(changed(task(id+1, "Film", preview.TaskRendering)))
		c.pass(30 * time.Second)
		if got := foot(); strings.Contains(got, "left") {
			t.Errorf("after %d videos an estimate: %q", id, got)
		}
		b.take(changed(task(id+1, "Film", preview.TaskPublishing)))
		b.take(changed(task(id+1, "Film", preview.TaskPublished)))
	}
	b.take(changed(task(9, "Film 9", preview.TaskPublished)))
	b.take(counted(preview.JobRunning, preview.Counts{Videos: 100, Already: 40, Published: 3, Shown: 3, Waiting: 57}))
	if got, want := foot(), "  3 of 60 · 40 already there · about 57 min left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.take(counted(preview.JobDone, preview.Counts{Videos: 100, Already: 40, Published: 60, Shown: 60}))
	if got, want := foot(), "  60 of 60 · 40 already there"; got != want {
		t.Errorf("in the end %q, want %q", got, want)
	}
}

func TestBoardSaysWhatHoldsWorkBack(t *testing.T) {
	c := newClockwork()
	b := c.board(paint{})
	b.take(event.Held{By: []event.Hold{{ID: "paused", Text: "Paused."}}})
	b.take(event.SlotsChanged{Devices: []event.Device{{
		ID: "cuda:0", Name: "GPU", RestsUntil: c.now().Add(time.Minute), Because: preview.DeviceLost,
	}}})
	want := []string{"  GPU rests for 1 min 0 s: The device vanished while it worked.", "  Paused.", "  Looking ..."}
	if d := cmp.Diff(want, b.lines(80, 24)); d != "" {
		t.Error(d)
	}
	b.stop()
	if l := b.lines(80, 24); l[len(l)-1] != "  Stopping ..." {
		t.Errorf("interrupted: %q", l)
	}
}

func TestScanTableFitsTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := inTheMiddle()
		b.paint.on = rapid.Bool().Draw(t, "colours")
		for id := range int64(rapid.IntRange(0, 30).Draw(t, "running")) {
			b.take(changed(task(100+id, rapid.String().Draw(t, "title"), preview.TaskRendering)))
		}
		b.take(event.Held{By: []event.Hold{{Text: rapid.String().Draw(t, "hold")}}})
		width, height := rapid.IntRange(48, 200).Draw(t, "width"), rapid.IntRange(6, 60).Draw(t, "height")
		lines := b.lines(width, height)
		if len(lines) >= height {
			t.Errorf("%d lines on a terminal of %d", len(lines), height)
		}
		for _, line := range lines {
			if n := columns(plain(line)); n >= width {
				t.Errorf("%d columns on a terminal of %d: %q", n, width, line)
			}
			if strings.ContainsAny(plain(line), "\n\r\x1b") {
				t.Errorf("a title reaches the terminal as it is: %q", line)
			}
		}
	})
}
