package engine_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestPauseKeepsRunningRenders(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(4)
		e := w.start(t, slots(1, 0))
		defer e.end()
		j := e.scan(engine.Request{})
		nap(5 * time.Second) // the second video is in its second second
		if err := e.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		nap(time.Hour)
		if w.running != 1 || w.suspends != 1 || len(w.rendered) != 2 {
			t.Fatalf("%d running, %d suspends, %d begun", w.running, w.suspends, len(w.rendered))
		}
		if held := e.Snapshot().Held; len(held) != 1 || held[0].ID != "paused" {
			t.Errorf("held by %v", held)
		}
		if err := e.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := e.wait(j.ID); got.Counts.Shown != 4 {
			t.Errorf("counts are %+v", got.Counts)
		}
		for p, n := range w.rendered {
			if n != 1 {
				t.Errorf("%s was rendered %d times", p, n)
			}
		}
		if len(e.Snapshot().Held) != 0 {
			t.Error("it is still held")
		}
	})
}

func TestPauseLastsOverARestartAndIsShown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(3)
		e := w.start(t, slots(1, 0))
		j := e.scan(engine.Request{})
		nap(time.Second)
		if err := e.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		since := time.Now()
		e.end()

		nap(time.Hour)
		e = w.start(t, slots(1, 0))
		defer e.end()
		nap(time.Hour)
		held := e.Snapshot().Held
		if len(held) != 1 || held[0].Text == "" || held[0].Since.Sub(since).Abs() > time.Second {
			t.Errorf("after a restart it is held by %+v", held)
		}
		if w.suspends != 2 || w.rendered[path(0)] != 1 || len(w.rendered) != 1 {
			t.Errorf("%d suspends, rendered %v", w.suspends, w.rendered)
		}
		if err := e.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := e.wait(j.ID); got.Counts.Shown != 3 {
			t.Errorf("counts are %+v", got.Counts)
		}
	})
}

func TestPauseAndResumeTwiceAreOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(0)
		e := w.start(t, slots(1, 0))
		defer e.end()
		for range 2 {
			if err := e.Pause(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := e.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if w.suspends != 1 || w.resumes != 1 {
			t.Errorf("%d suspends, %d resumes", w.suspends, w.resumes)
		}
	})
}

func TestCancelEndsAJobAndNothingRevivesIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(40)
		w.shown[path(39)] = true
		w.showing = 30 * time.Second
		e := w.start(t, slots(2, 1))
		defer e.end()
		d := e.watch(t)
		j := e.scan(engine.Request{})
		nap(6 * time.Second)
		if err := e.Cancel(t.Context(), j.ID); err != nil {
			t.Fatal(err)
		}
		got := e.wait(j.ID)
		if got.State != preview.JobCancelled || got.Reason != preview.Cancelled || got.Counts.Cancelled != 39 || got.Counts.Already != 1 {
			t.Errorf("job is %+v", got)
		}
		synctest.Wait()
		if w.running != 0 {
			t.Errorf("%d renders go on", w.running)
		}
		nap(time.Hour)
		if s := w.store.states(); len(s) != 1 || s[preview.TaskCancelled] != 39 {
			t.Errorf("tasks are %v", s)
		}
		if now := w.store.job(j.ID); now.State != preview.JobCancelled {
			t.Errorf("it is %s later", now.State)
		}
		for _, ev := range d.events() {
			if c, ok := ev.(event.TaskChanged); ok && c.Task.State == preview.TaskPublished {
				t.Error("a task of a cancelled job was published")
			}
		}
		if err := e.Cancel(t.Context(), j.ID); err == nil {
			t.Error("it can be cancelled twice")
		}
		if again := e.run(); again.Counts.Shown != 38 || again.Counts.Already != 2 || again.State != preview.JobDone {
			t.Errorf("the next scan is %+v", again)
		}
	})
}

func TestASecondRequestTakesOverWhatACancelledJobWasRendering(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(1)
		e := w.start(t, slots(1, 0))
		defer e.end()
		a := e.scan(engine.Request{})
		nap(time.Second)
		b := e.scan(engine.Request{Selection: preview.Selection{Paths: []string{path(0)}}})
		synctest.Wait()
		if err := e.Cancel(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if got := e.wait(b.ID); got.State != preview.JobDone || got.Counts.Shown != 1 {
			t.Errorf("job is %+v", got)
		}
	})
}

func TestShutdownPutsRunningTasksBackWithoutAStrike(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(30)
		w.showing = 3 * time.Second
		e := w.start(t, slots(2, 2))
		j := e.scan(engine.Request{})
		nap(10 * time.Second)
		e.end()
		s := w.store.states()
		if s[preview.TaskRendering] != 0 || s[preview.TaskQueued] == 0 || s[preview.TaskPublishing] == 0 {
			t.Errorf("tasks are %v", s)
		}
		if len(w.store.strikes) != 0 {
			t.Errorf("strikes are %v", w.store.strikes)
		}
		e = w.start(t, slots(2, 2))
		defer e.end()
		got := e.wait(j.ID)
		if got.State != preview.JobDone || got.Counts.Videos != 30 || got.Counts.Shown != 30 {
			t.Errorf("job is %+v", got)
		}
		for p, n := range w.rendered {
			if n > 2 {
				t.Errorf("%s was rendered %d times", p, n)
			}
		}
	})
}

func TestAJobThatWasListingIsListedOnAndCountsEachVideoOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(60)
		for i := range 7 {
			w.shown[path(i)] = true
		}
		w.took = 100 * time.Millisecond
		w.onPage = func(int) { time.Sleep(time.Second) }
		e := w.start(t, slots(1, 0))
		j := e.scan(engine.Request{})
		nap(3500 * time.Millisecond)
		e.end()
		if now := w.store.job(j.ID); now.State != preview.JobListing || now.Counts.Published == 0 {
			t.Fatalf("job is %+v", now)
		}
		e = w.start(t, slots(1, 0))
		defer e.end()
		got := e.wait(j.ID)
		if got.Counts != (preview.Counts{Videos: 60, Already: 7, Published: 53, Shown: 53}) {
			t.Errorf("counts are %+v", got.Counts)
		}
	})
}

func TestTheSameRequestIsTheSameJob(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(20)
		e := w.start(t, slots(1, 0))
		defer e.end()
		a := e.scan(engine.Request{})
		b := e.scan(engine.Request{Priority: 5})
		nap(5 * time.Second)
		w.add("/films/new.mkv") // after the listing
		c := e.scan(engine.Request{})
		if a.ID != b.ID || a.ID != c.ID {
			t.Errorf("jobs %d, %d, %d", a.ID, b.ID, c.ID)
		}
		other := e.scan(engine.Request{Regenerate: true})
		if other.ID == a.ID {
			t.Error("regenerating is not the same")
		}
		if got := e.wait(a.ID); got.Counts.Videos != 21 || got.Counts.Published != 21 || got.Counts.Already != 0 {
			t.Errorf("counts are %+v", got.Counts)
		}
		if err := e.Cancel(t.Context(), other.ID); err != nil && e.wait(other.ID).State != preview.JobDone {
			t.Error(err)
		}
		if d := e.run(); d.ID == a.ID {
			t.Error("a job that is over was joined")
		}
	})
}

func TestAVideoThatAnotherJobHasIsDoneOnceAndCountedByBoth(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(12)
		e := w.start(t, slots(1, 0))
		defer e.end()
		all := e.scan(engine.Request{})
		synctest.Wait()
		one := e.scan(engine.Request{Selection: preview.Selection{Paths: []string{path(0), path(11)}}, Priority: 1})
		got := e.wait(one.ID)
		if got.State != preview.JobDone || got.Counts != (preview.Counts{Videos: 2, Published: 2, Shown: 2}) {
			t.Errorf("the second job is %+v", got)
		}
		if len(w.rendered) > 3 {
			t.Errorf("what was asked for with priority waited for %d others", len(w.rendered))
		}
		if got := e.wait(all.ID); got.Counts.Shown != 12 {
			t.Errorf("the first job is %+v", got)
		}
		for p, n := range w.rendered {
			if n != 1 {
				t.Errorf("%s was rendered %d times", p, n)
			}
		}
	})
}

func TestOnlyOneListingPerSource(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(30)
		w.onPage = func(int) { time.Sleep(time.Second) }
		e := w.start(t, slots(1, 0))
		defer e.end()
		var ids []int64
		for i := range 4 {
			ids = append(ids, e.scan(engine.Request{Selection: preview.Selection{All: true, Limit: i + 1}}).ID)
		}
		nap(500 * time.Millisecond)
		if s := []preview.JobState{w.store.job(ids[0]).State, w.store.job(ids[1]).State}; !slices.Equal(s, []preview.JobState{preview.JobListing, preview.JobQueued}) {
			t.Errorf("jobs are %v", s)
		}
		for _, id := range ids {
			e.wait(id)
		}
		if w.mostList != 1 {
			t.Errorf("%d listings at once", w.mostList)
		}
	})
}

func TestLimitCountsVideosThatNeedWork(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(50)
		for i := range 15 {
			w.shown[path(i)] = true
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		limited := engine.Request{Selection: preview.Selection{All: true, Limit: 7}}
		got := e.wait(e.scan(limited).ID)
		if got.Counts != (preview.Counts{Videos: 22, Already: 15, Published: 7, Shown: 7}) {
			t.Errorf("counts are %+v", got.Counts)
		}
		got = e.wait(e.scan(limited).ID)
		if got.Counts.Published != 7 || len(w.rendered) != 14 {
			t.Errorf("counts are %+v, rendered %d", got.Counts, len(w.rendered))
		}
	})
}

func TestAPlanSaysWhatAScanWouldDoAndDoesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(30)
		for i := range 12 {
			w.shown[path(i)] = true
		}
		e := w.start(t, slots(1, 0))
		defer e.end()
		for limit, want := range map[int]int{0: 18, 5: 5, 8: 8, 100: 18} {
			already, work := 0, 0
			for p, err := range e.Plan(t.Context(), engine.Request{Source: source, Selection: preview.Selection{All: true, Limit: limit}}) {
				if err != nil {
					t.Fatal(err)
				}
				already += p.Already
				work += len(p.Work)
			}
			if already != 12 || work != want {
				t.Errorf("limit %d: %d already, %d to do", limit, already, work)
			}
		}
		for _, err := range e.Plan(t.Context(), engine.Request{Source: source}) {
			if preview.ReasonOf(err) != preview.NothingChosen {
				t.Errorf("Plan = %v", err)
			}
		}
		if len(w.store.jobs)+len(w.store.tasks)+len(w.rendered) != 0 {
			t.Error("something was done")
		}
	})
}
