package event_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func present(begin func()) event.Snapshot {
	begin()
	return event.Snapshot{}
}

// collect returns what a watcher is given that looks only now.
func collect(h *event.Hub, everything bool, happen func(h *event.Hub)) (out []event.Update) {
	ctx, stop := context.WithCancel(context.Background())
	seq := h.Watch(ctx, everything, present)
	happen(h)
	stop()
	for u := range seq {
		out = append(out, u)
	}
	return out
}

func short(u event.Update) (out []string) {
	for _, e := range u.Events {
		switch e := e.(type) {
		case event.JobChanged:
			out = append(out, fmt.Sprintf("job %d %s", e.Job.ID, e.Job.State))
		case event.TaskChanged:
			out = append(out, fmt.Sprintf("task %d %s", e.Task.ID, e.Task.State))
		case event.Progress:
			out = append(out, fmt.Sprintf("progress %d: %d", e.Task, e.Frames))
		case event.Settled:
			out = append(out, fmt.Sprintf("settled %d", len(e.Videos)))
		case event.SlotsChanged:
			out = append(out, fmt.Sprintf("slots %d", len(e.Devices)))
		case event.Held:
			out = append(out, fmt.Sprintf("held %d", len(e.By)))
		}
	}
	return out
}

func task(id int64, s preview.TaskState) event.Event {
	return event.TaskChanged{Task: preview.Task{ID: id, State: s}}
}

func TestOldNewsIsLeftOutAndFinalNewsNever(t *testing.T) {
	happen := func(h *event.Hub) {
		h.Publish(task(1, preview.TaskRendering), task(2, preview.TaskRendering))
		h.Publish(event.Progress{Task: 1, Frames: 1}, event.Progress{Task: 1, Frames: 2}, event.Progress{Task: 2, Frames: 9})
		h.Publish(event.SlotsChanged{}, event.SlotsChanged{Devices: make([]event.Device, 2)})
		h.Publish(event.Held{By: make([]event.Hold, 1)}, event.Held{})
		h.Publish(event.Settled{Videos: make([]preview.Video, 3)})
		h.Publish(event.JobChanged{Job: preview.Job{ID: 7, State: preview.JobListing}}, event.JobChanged{Job: preview.Job{ID: 7, State: preview.JobRunning}})
		h.Publish(task(1, preview.TaskPublished))
		h.Publish(event.JobChanged{Job: preview.Job{ID: 7, State: preview.JobDone}})
		h.Publish(task(1, preview.TaskQueued)) // a person had it tried again
		h.Publish(task(1, preview.TaskFailed))
	}
	for everything, want := range map[bool]string{
		false: "[task 2 rendering progress 2: 9 slots 2 held 0 task 1 published job 7 done task 1 failed]",
		true:  "[task 2 rendering progress 2: 9 slots 2 held 0 settled 3 task 1 published job 7 done task 1 failed]",
	} {
		got := collect(new(event.Hub), everything, happen)
		if len(got) != 1 || got[0].Snapshot == nil {
			t.Fatalf("%d updates", len(got))
		}
		if s := fmt.Sprint(short(got[0])); s != want {
			t.Errorf("everything %v: %s", everything, s)
		}
	}
}

func TestAWatcherThatFallsTooFarBehindIsGivenThePresent(t *testing.T) {
	many := func(h *event.Hub) {
		for i := range int64(10_000) {
			h.Publish(task(i+1, preview.TaskPublished))
		}
	}
	if got := collect(new(event.Hub), false, many); len(got) != 1 || got[0].Snapshot == nil || len(got[0].Events) > 4096 {
		t.Errorf("%d updates, %d events", len(got), len(got[0].Events))
	}
	if got := collect(new(event.Hub), true, many); len(got) != 1 || len(got[0].Events) != 10_000 {
		t.Errorf("who writes it down got %d events", len(got[0].Events))
	}
}

func TestALoopThatIsLeftIsForgotten(t *testing.T) {
	h := new(event.Hub)
	for u := range h.Watch(t.Context(), false, present) {
		if u.Snapshot == nil {
			t.Error("no snapshot at first")
		}
		break
	}
	h.Publish(task(1, preview.TaskQueued))
}
