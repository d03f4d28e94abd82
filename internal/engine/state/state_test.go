package state_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/engine/state"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func task(id int64, s preview.TaskState) preview.Task {
	return preview.Task{ID: id, Job: 1, State: s, Device: "cpu", Video: preview.Video{Title: "Heat (1995)", Path: "/films/heat.mkv"}}
}

func changed(t preview.Task) event.Event { return event.TaskChanged{Task: t} }

func snapshot(s event.Snapshot) event.Update { return event.Update{Snapshot: &s} }

func events(e ...event.Event) event.Update { return event.Update{Events: e} }

func running(id int64, counts preview.Counts) event.Event {
	return event.JobChanged{Job: preview.Job{ID: id, Title: "Scan Films", State: preview.JobRunning, Counts: counts}}
}

func TestFooterSaysHowMuchThereIsAndGuessesNothing(t *testing.T) {
	through := func(id int64, took time.Duration) event.Event {
		p := task(id, preview.TaskPublished)
		p.Elapsed, p.Shown = took, true
		return changed(p)
	}
	s := state.State{}
	steps := []struct {
		name string
		u    event.Update
		want string
	}{
		{"nothing is known", events(), ""},
		{"the present", snapshot(event.Snapshot{Devices: []event.Device{{ID: "cpu", Name: "CPU", Slots: 2}}}), "Nothing to do"},
		{"a job lists", events(event.JobChanged{Job: preview.Job{ID: 1, State: preview.JobListing, Listed: 3000, Total: 12000}}), "listing 3,000 of 12,000"},
		{"videos run, none is through", events(running(1, preview.Counts{Videos: 122, Waiting: 122}), changed(task(1, preview.TaskRendering)), changed(task(2, preview.TaskRendering))), "2 running, 120 waiting"},
		{"one is through", events(through(1, time.Minute), running(1, preview.Counts{Videos: 122, Waiting: 121, Published: 1}), changed(task(3, preview.TaskRendering))), "2 running, 119 waiting"},
		{"two are", events(through(2, 3*time.Minute), running(1, preview.Counts{Videos: 122, Waiting: 120}), changed(task(4, preview.TaskRendering))), "2 running, 118 waiting, about 2 h left"},
		{"half of both is done", events(event.Progress{Task: 3, Frames: 50, Total: 100}, event.Progress{Task: 4, Frames: 1, Total: 2}, running(1, preview.Counts{Waiting: 2, Later: 4})), "2 running, 4 later, about 1 min left"},
		{"held back", events(event.Held{By: []event.Hold{{ID: "paused", Text: "Paused."}}}), "2 running, 4 later"},
	}
	for _, st := range steps {
		s = s.Apply(st.u)
		if got := s.View().Footer; got != st.want {
			t.Errorf("%s: %q, want %q", st.name, got, st.want)
		}
	}
	if v := s.View(); v.Held != "Paused." || len(v.Rows) != 2 || v.Rows[0].Done != 0.5 || v.Rows[0].Device != "CPU" || v.Rows[0].Title != "Heat (1995)" {
		t.Errorf("the view is %+v", v)
	}
}

func TestProgressNeverRunsBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := state.State{}.Apply(snapshot(event.Snapshot{})).Apply(events(changed(task(1, preview.TaskRendering))))
		before := 0.0
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			p := event.Progress{Task: 1, Frames: rapid.IntRange(0, 100).Draw(t, "frames"), Total: rapid.IntRange(0, 100).Draw(t, "total")}
			if rapid.Bool().Draw(t, "anew") {
				s = s.Apply(snapshot(event.Snapshot{Tasks: []event.Running{{Task: task(1, preview.TaskRendering), Progress: p}}}))
			} else {
				s = s.Apply(events(p))
			}
			row := s.View().Rows[0]
			if row.Done < before || row.Done > 1 {
				t.Fatalf("from %v to %v", before, row.Done)
			}
			before = row.Done
		}
	})
}

func TestRowsStayInTheirPlaces(t *testing.T) {
	s := state.State{}.Apply(events(changed(task(5, preview.TaskRendering)), changed(task(2, preview.TaskRendering)), changed(task(9, preview.TaskRendering))))
	s = s.Apply(events(changed(task(2, preview.TaskPublished)), changed(task(3, preview.TaskRendering)), changed(task(5, preview.TaskRendering))))
	var ids []int64
	for _, r := range s.View().Rows {
		ids = append(ids, r.Task)
	}
	if diff := cmp.Diff([]int64{5, 9, 3}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestTheLastFinishedAreRemembered(t *testing.T) {
	s := state.State{}
	for id := range int64(30) {
		s = s.Apply(events(changed(task(id+1, preview.TaskRendering)), changed(task(id+1, preview.TaskPublished))))
	}
	s = s.Apply(events(changed(task(30, preview.TaskQueued)), changed(task(99, preview.TaskCancelled)))) // one is tried again
	v := s.View()
	if len(v.Finished) != 19 || v.Finished[0].ID != "29" {
		t.Errorf("%d finished, the newest is %+v", len(v.Finished), v.Finished[0])
	}
	for id := range int64(9) {
		s = s.Apply(events(event.JobChanged{Job: preview.Job{ID: id + 1, State: preview.JobDone}}))
	}
	if len(s.Ended) != 5 || s.Ended[0].ID != 9 || len(s.Jobs) != 0 {
		t.Errorf("ended: %+v", s.Ended)
	}
	s = s.Apply(events(running(9, preview.Counts{Waiting: 1})))
	if len(s.Ended) != 4 || len(s.Jobs) != 1 {
		t.Errorf("a job that is tried again: %+v, %+v", s.Ended, s.Jobs)
	}
}

func TestAStateThatWasHandedOutNeverChanges(t *testing.T) {
	s := state.State{}.Apply(snapshot(event.Snapshot{Jobs: []preview.Job{{ID: 1, State: preview.JobRunning}}}))
	s = s.Apply(events(changed(task(1, preview.TaskRendering)), changed(task(2, preview.TaskPublished))))
	before, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	s.Apply(events(event.Progress{Task: 1, Frames: 3, Total: 9}, running(1, preview.Counts{Later: 2}), changed(task(3, preview.TaskFailed)), changed(task(1, preview.TaskPublished))))
	after, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Error(diff)
	}
	var back state.State
	if err := json.Unmarshal(after, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Errorf("through JSON: %s", diff)
	}
}

func TestEveryStateHasASentence(t *testing.T) {
	sound := func(what, s string) {
		t.Helper()
		if s == "" || strings.Contains(s, "not known") || strings.Contains(s, "  ") || s != strings.TrimSpace(s) ||
			!strings.HasSuffix(s, ".") || strings.ToUpper(s[:1]) != s[:1] && (s[0] < '0' || s[0] > '9') {
			t.Errorf("%s: %q", what, s)
		}
	}
	for _, st := range []preview.TaskState{
		preview.TaskQueued, preview.TaskRendering, preview.TaskPublishing, preview.TaskLater, preview.TaskAlready,
		preview.TaskPublished, preview.TaskFailed, preview.TaskResting, preview.TaskCancelled,
	} {
		for _, why := range []preview.Reason{preview.PlexNotShown, preview.VideoDamaged} {
			x := task(1, st)
			x.Reason = why
			sound(string(st), state.TaskSentence(x))
			x.Tried, x.Due, x.Shown, x.Replaced = []string{"cuda:1"}, time.Unix(1e9, 0), true, true
			sound(string(st), state.TaskSentence(x))
		}
	}
	for _, st := range []preview.JobState{
		preview.JobQueued, preview.JobListing, preview.JobRunning, preview.JobDone, preview.JobDoneWithFailed, preview.JobFailed, preview.JobCancelled,
	} {
		for _, c := range []preview.Counts{{}, {Videos: 9, Later: 2, Published: 4, Shown: 1, Failed: 3}} {
			j := preview.Job{State: st, Counts: c, Reason: preview.MountEmpty, Listed: c.Videos}
			sound(string(st), state.JobSentence(j))
		}
	}
	for _, d := range []event.Device{
		{}, {Busy: 1}, {Slots: 2}, {Slots: 1, Busy: 1}, {Slots: 4, Busy: 2}, {Slots: 1, RestsUntil: time.Unix(1e9, 0), Because: preview.DeviceLost},
	} {
		sound("device", state.DeviceSentence(d))
	}
}

func TestTimesAreSaidAsPeopleSayThem(t *testing.T) {
	for left, want := range map[time.Duration]string{
		20 * time.Second: "less than a minute left", 2 * time.Minute: "about 2 min left", 100 * time.Minute: "about 2 h left", 80 * time.Hour: "about 3 days left",
	} {
		s := state.State{Known: true, Running: []state.Running{{Task: task(1, preview.TaskRendering)}}, Took: []time.Duration{left, left}}
		if got := s.View().Footer; got != "1 running, "+want {
			t.Errorf("%v: %q", left, got)
		}
	}
}
