package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// scanned is a scan run in a world, with the tasks that its store has.
type scanned struct {
	*world
	*scanRun
	stored []preview.Task
}

func newScanned(t *testing.T) *scanned {
	w := newWorld(t)
	a := &app{Env: w.Env, stderr: newScreen(w.Env.Stderr, w.Screen)}
	return &scanned{world: w, scanRun: newScanRun(a, preview.Spec{Interval: 10 * time.Second}, true, "Nothing.")}
}

// Tasks is a store's.
func (s *scanned) Tasks(_ context.Context, job int64, states []preview.TaskState, limit int, after int64) (out []preview.Task, _ error) {
	for _, t := range s.stored {
		for _, state := range states {
			if t.Job == job && t.State == state && t.ID > after && len(out) < limit {
				out = append(out, t)
			}
		}
	}
	return out, nil
}

// happens takes in events and returns how the run ends.
func (s *scanned) happens(ctx context.Context, err error, events ...event.Event) error {
	if wrote := s.take(event.Update{Events: events}); wrote != nil {
		return s.end(ctx, wrote)
	}
	return errors.Join(s.putOff(ctx, []preview.Job{{ID: 1}}, s), s.end(ctx, err))
}

func job(state preview.JobState, because preview.Reason, detail string) event.Event {
	return event.JobChanged{Job: preview.Job{ID: 1, Title: "Scan Films of Attic", State: state, Reason: because, Detail: detail}}
}

// become is a task that ended like this.
func become(id int64, s preview.TaskState, change func(*preview.Task)) event.Event {
	t := task(id, "Film", s)
	if change != nil {
		change(&t)
	}
	return event.TaskChanged{Task: t}
}

func TestSummaryAddsUp(t *testing.T) {
	shown := func(t *preview.Task) { t.Shown, t.Frames = true, 240 }
	because := func(r preview.Reason) func(*preview.Task) { return func(t *preview.Task) { t.Reason = r } }
	settled := event.Settled{Job: 1, Videos: []preview.Video{{Path: "/a", Shown: true}, {Path: "/b", Shown: true}}}
	due := time.Date(2026, 11, 23, 21, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		events []event.Event
		stored []preview.Task
		err    error
		want   summaryRecord
		lines  int // of tasks
		fails  error
		says   string
	}{
		"nothing": {want: summaryRecord{}, says: "Nothing.\n"},
		"all there": {
			events: []event.Event{settled, job(preview.JobDone, "", "")},
			want:   summaryRecord{Videos: 2, Already: 2}, lines: 2, says: "2 videos: 2 already there in ",
		},
		"each once": {
			events: []event.Event{
				settled,
				become(1, preview.TaskRendering, nil), become(1, preview.TaskPublishing, nil), become(1, preview.TaskPublished, shown),
				become(2, preview.TaskRendering, nil), become(2, preview.TaskQueued, nil), become(2, preview.TaskFailed, because(preview.VideoDamaged)),
				become(3, preview.TaskResting, because(preview.VideoDamaged)),
				become(4, preview.TaskPublished, because(preview.PlexNotShown)),
				become(5, preview.TaskCancelled, because(preview.Cancelled)),
				job(preview.JobDoneWithFailed, "", ""),
			},
			want:  summaryRecord{Videos: 6, Already: 2, Published: 2, Shown: 1, Failed: 2},
			lines: 6, fails: errSomeFailed, says: "6 videos: 2 published (1 not shown yet), 2 already there, 2 failed in ",
		},
		"put off, some of it in an earlier run": {
			events: []event.Event{
				become(7, preview.TaskLater, nil), become(7, preview.TaskQueued, nil), become(7, preview.TaskPublished, shown),
				become(8, preview.TaskLater, nil), job(preview.JobRunning, "", ""),
			},
			stored: []preview.Task{
				{ID: 3, Job: 1, State: preview.TaskLater, Reason: preview.VideoMissing},
				{ID: 8, Job: 1, State: preview.TaskLater, Reason: preview.VideoMissing},
				{ID: 9, Job: 1, State: preview.TaskPublishing, Reason: preview.PlexNotShown, Due: due},
			},
			want:  summaryRecord{Videos: 4, Published: 2, Shown: 1, Later: 2},
			lines: 4, says: "4 videos: 2 published (1 not shown yet), 2 put off in ",
		},
		"what another job put off earlier": {
			events: []event.Event{event.JobChanged{Job: preview.Job{ID: 2, State: preview.JobRunning}}, job(preview.JobDone, "", "")},
			stored: []preview.Task{{ID: 3, Job: 2, State: preview.TaskLater}},
			says:   "Nothing.\n",
		},
		"a job that could not be carried out": {
			events: []event.Event{job(preview.JobFailed, preview.MountEmpty, `library "Films", folder /films: it is empty`)},
			want: summaryRecord{
				ReasonID: "mount.empty", Reason: "The folder that holds the videos is empty, as when a drive or share is not mounted.",
				Hint: "Mount the drive or share, then scan again.",
			},
			fails: errSaid,
			says: "Scan Films of Attic: The folder that holds the videos is empty, as when a drive or share is not mounted. " +
				"Mount the drive or share, then scan again.\n    library \"Films\", folder /films: it is empty\n",
		},
		"a job that broke off": {
			events: []event.Event{become(1, preview.TaskPublished, shown), job(preview.JobFailed, preview.DiskFull, "")},
			want: summaryRecord{
				Videos: 1, Published: 1, Shown: 1, ReasonID: "target.disk-full", Reason: "The disk is full.", Hint: "Free some space, then run again.",
			},
			lines: 1, fails: errSomeFailed, says: "1 video: 1 published in ",
		},
		"no job at all": {
			err:   preview.Because(preview.NotSignedIn, "no server"),
			want:  summaryRecord{ReasonID: "not-signed-in", Reason: preview.NotSignedIn.Text(), Hint: preview.NotSignedIn.Hint()},
			fails: &preview.Fault{},
		},
		"one server of two": {
			events: []event.Event{become(1, preview.TaskPublished, shown), job(preview.JobDone, "", "")},
			err:    preview.Because(preview.PlexAway, "the other one"),
			want: summaryRecord{
				Videos: 1, Published: 1, Shown: 1, ReasonID: "plex.away", Reason: preview.PlexAway.Text(), Hint: preview.PlexAway.Hint(),
			},
			lines: 1, fails: errSomeFailed, says: "scrubjayd: The Plex server does not answer. ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScanned(t)
			s.stored = c.stored
			err := s.happens(t.Context(), c.err, c.events...)
			if _, fault := errors.AsType[*preview.Fault](c.fails); !errors.Is(err, c.fails) && (!fault || err == nil) {
				t.Errorf("it ends with %v, want %v", err, c.fails)
			}
			want(t, "stderr", s.err.String(), c.says)
			records := s.records(t)
			if len(records) != c.lines+1 || records[c.lines]["event"] != "summary" {
				t.Fatalf("stdout is %v, want %d tasks and a summary", records, c.lines)
			}
			got := s.summary.because(nil)
			c.want.Event, got.ElapsedMS = "summary", 0
			got.ReasonID, got.Reason, got.Hint = text(records[c.lines], "reason_id"), text(records[c.lines], "reason"), text(records[c.lines], "hint")
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if got.Videos != got.Already+got.Published+got.Failed+got.Later || got.Videos != c.lines {
				t.Errorf("%+v does not add up", got)
			}
		})
	}
}

func text(record map[string]any, key string) string { s, _ := record[key].(string); return s }

func TestAnInterruptedScanSaysSo(t *testing.T) {
	s := newScanned(t)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	err := s.happens(ctx, context.Canceled, become(1, preview.TaskPublished, nil), become(2, preview.TaskRendering, nil))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	want(t, "stderr", s.err.String(), "Interrupted: 1 video: 1 published (1 not shown yet); what is left goes on with the next scan.\n")
	want(t, "stdout", s.out.String(), `"reason_id":"cancelled"`)
}

func TestAStoreThatGivesUpIsNoInterruption(t *testing.T) {
	s := newScanned(t)
	ctx, giveUp := context.WithCancelCause(t.Context())
	giveUp(preview.Because(preview.StoreFailed, "disk I/O error"))
	err := s.happens(ctx, context.Canceled)
	if preview.ReasonOf(err) != preview.StoreFailed {
		t.Errorf("it ends with %v", err)
	}
	want(t, "stdout", s.out.String(), `"reason_id":"store.failed"`)
}

// gone is a reader that left.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAReaderThatLeavesEndsTheScan(t *testing.T) {
	s := newScanned(t)
	s.told.json = newJSONLines(gone{})
	err := s.happens(t.Context(), nil, become(1, preview.TaskPublished, nil))
	if _, ok := errors.AsType[*writeError](err); !ok || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("it ends with %v", err)
	}
}

func TestHostileNamesInAScan(t *testing.T) {
	s := newScanned(t)
	evil := func(t *preview.Task) {
		t.Video.Title, t.Video.Path, t.Out = "\x1b[2JHeat\n\u202e", "/films/\xff.mkv", "/plex/\xfe.bif"
	}
	if err := s.happens(t.Context(), nil, become(1, preview.TaskPublished, evil)); err != nil {
		t.Fatal(err)
	}
	want(t, "stderr", s.err.String(), `published: \x1b[2JHeat\n\u202e: 0 pictures in 0.0 s, cpu, not shown`)
	r := s.records(t)[0]
	if r["video"] != "/films/\ufffd.mkv" || r["video_bytes"] != "L2ZpbG1zL/8ubWt2" || r["out_bytes"] != "L3BsZXgv/i5iaWY=" {
		t.Errorf("the record is %v, want the true bytes of the names in it", r)
	}
	s.told.live = true
	s.told.Screen = func(io.Writer) (int, int, bool) { return 80, 24, true }
	for line := range strings.Lines(s.told.row(newTaskRecord(event.TaskChanged{Task: preview.Task{Video: preview.Video{Title: "a\x1b]0;b\a"}}}.Task))) {
		if strings.ContainsAny(plain(line), "\x1b\a") {
			t.Errorf("it reaches the terminal as %q", line)
		}
	}
}

func TestAQuietLogSaysWhatGoesOn(t *testing.T) {
	s := newScanned(t)
	c := newClockwork()
	s.told.Now, s.told.spoke = c.now, c.now()
	for n := range 12 {
		c.pass(10 * time.Second)
		if err := s.take(event.Update{Events: []event.Event{event.JobChanged{Job: preview.Job{
			ID: 1, Title: "Scan Films", State: preview.JobListing, Listed: n * 1000, Total: 12000,
		}}}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(s.err.String(), "Scan Films: listing "); got != 4 {
		t.Errorf("in two minutes it spoke %d times: %s", got, s.err.String())
	}
	hold := event.Held{By: []event.Hold{{ID: "paused", Text: "Paused."}}}
	if err := s.take(event.Update{Snapshot: &event.Snapshot{Held: hold.By}, Events: []event.Event{hold}}); err != nil {
		t.Fatal(err)
	}
	if strings.Count(s.err.String(), "Paused.\n") != 1 {
		t.Errorf("of what holds it back it says %s", s.err.String())
	}
}
