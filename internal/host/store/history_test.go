package store

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// batch adds tasks in a state.
func batch(t testing.TB, s *Store, job int64, first, n int, state preview.TaskState) []preview.Task {
	t.Helper()
	tasks := films(job, first, n)
	for i := range tasks {
		tasks[i].State = state
	}
	return must(s.AddTasks(t.Context(), tasks))(t)
}

// over ends a job.
func over(t testing.TB, s *Store, j preview.Job, state preview.JobState, c preview.Counts) {
	t.Helper()
	j.State, j.Counts = state, c
	ok(t, s.SaveJob(t.Context(), j))
}

func TestTheHistoryKeepsFailuresLongest(t *testing.T) {
	s := open(t, file(t))
	old, young, running := aJob(t, s), aJob(t, s), aJob(t, s)
	failed := batch(t, s, old.ID, 1, 20, preview.TaskFailed)
	batch(t, s, old.ID, 100, 1500, preview.TaskPublished)
	rested := batch(t, s, old.ID, 10_000, 10, preview.TaskResting)
	// Of these, all but the newest 4,900 are too many.
	batch(t, s, young.ID, 20_000, 4900, preview.TaskPublished)
	going := batch(t, s, running.ID, 30_000, 5100, preview.TaskPublished)
	over(t, s, old, preview.JobDoneWithFailed, preview.Counts{Videos: 1530, Published: 1500, Failed: 30})
	over(t, s, young, preview.JobDone, preview.Counts{Videos: 4900, Published: 4900})
	ok(t, s.Keep(t.Context(), entries(1, 10)))
	must(s.Strike(t.Context(), preview.Strike{Path: "/films/a.mkv"}))(t)

	ok(t, s.Tidy(t.Context()))

	count := func(job int64, state preview.TaskState) int {
		return len(must(s.Tasks(t.Context(), job, []preview.TaskState{state}, 10_000, 0))(t))
	}
	same(t, "failed", count(old.ID, preview.TaskFailed), len(failed))
	same(t, "resting", count(old.ID, preview.TaskResting), len(rested))
	same(t, "the newest of the old job", count(old.ID, preview.TaskPublished), keptTasks-4900)
	same(t, "of the young job", count(young.ID, preview.TaskPublished), 4900)
	same(t, "of the job that is not over", count(running.ID, preview.TaskPublished), len(going))
	same(t, "the figures of the old job", must(s.Job(t.Context(), old.ID))(t).Counts.Published, 1500)
	same(t, "the ledger", len(must(s.Known(t.Context(), "plex:1", []string{"1", "5"}))(t)), 2)
	if _, known, err := s.Struck(t.Context(), "/films/a.mkv"); err != nil || !known {
		t.Errorf("the strike is known: %v, %v", known, err)
	}
}

func TestTheHistoryKeepsSoManyJobs(t *testing.T) {
	s := open(t, file(t))
	first := aJob(t, s) // not over, and the oldest
	for n := range 2*keptJobs + 50 {
		j := aJob(t, s)
		batch(t, s, j.ID, n, 1, preview.TaskFailed)
		if n < keptJobs+20 {
			over(t, s, j, preview.JobDoneWithFailed, preview.Counts{Videos: 1, Failed: 1})
		} else {
			over(t, s, j, preview.JobDone, preview.Counts{Videos: 1, Published: 1})
		}
	}
	ok(t, s.Tidy(t.Context()))
	jobs := must(s.Jobs(t.Context(), 1000, 0))(t)
	same(t, "jobs", len(jobs), 2*keptJobs+1)
	same(t, "the oldest", jobs[len(jobs)-1].ID, first.ID)
	same(t, "the oldest with failures", jobs[len(jobs)-2].ID, first.ID+21)
	same(t, "the oldest without", jobs[keptJobs-1].State, preview.JobDone)
	same(t, "tasks", asked[int](t, s.path, "SELECT count(*) FROM tasks"), 2*keptJobs)
}

func TestSpaceIsGivenBack(t *testing.T) {
	path := file(t)
	s := open(t, path)
	size := func() int64 {
		must(s.h.write.exec(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"))(t)
		return must(os.Stat(path))(t).Size()
	}
	for n := range 4 {
		j := aJob(t, s)
		batch(t, s, j.ID, 10_000*n, 5000, preview.TaskPublished)
		over(t, s, j, preview.JobDone, preview.Counts{Published: 5000})
	}
	was := size()
	// One that has no time does a little, and the next one the rest.
	brief, cancel := context.WithCancel(t.Context())
	cancel()
	reason(t, s.Tidy(brief), preview.Cancelled)
	ok(t, s.Tidy(t.Context()))
	if now := size(); now > was/2 {
		t.Errorf("%d bytes became %d", was, now)
	}
	ok(t, s.Tidy(t.Context()))
}

// A start does not wait for the broom: what is left over goes the next time.
func TestAStartTidiesForAMomentOnly(t *testing.T) {
	path := file(t)
	s := open(t, path)
	j := aJob(t, s)
	for n := range 10 {
		batch(t, s, j.ID, 10_000*n, 1000, preview.TaskPublished)
	}
	over(t, s, j, preview.JobDone, preview.Counts{Published: 10_000})
	ok(t, s.Close())
	for n := 0; ; n++ {
		s = must(Open(t.Context(), path, Options{}))(t)
		left := asked[int](t, path, "SELECT count(*) FROM tasks")
		ok(t, s.Close())
		if left == keptTasks {
			break
		}
		if n == 100 {
			t.Fatalf("%d tasks are left after %d starts", left, n)
		}
	}
}

// People look, a scan adds, slots save, previews are kept and the broom sweeps, all at once.
func TestManyAtOnce(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	const adders, each = 4, 300
	var saved atomic.Int64
	work := make(chan preview.Task, adders*each)
	done := make(chan error)
	began := 0
	run := func(f func() error) {
		began++
		go func() { done <- f() }()
	}
	ctx := t.Context()
	for a := range adders {
		run(func() error {
			for n := 0; n < each; n += 20 {
				tasks, err := s.AddTasks(ctx, films(j.ID, a*10_000+n, 20))
				if err != nil {
					return err
				}
				for _, task := range tasks {
					work <- task
				}
			}
			return nil
		})
	}
	for range 3 {
		run(func() error {
			for saved.Load() < adders*each {
				select {
				case task := <-work:
					task.State, task.Shown = preview.TaskPublished, true
					if err := s.SaveTask(ctx, task); err != nil {
						return err
					}
					if err := s.Keep(ctx, []preview.Entry{{Source: "plex:1", Key: task.Video.Path}}); err != nil {
						return err
					}
					saved.Add(1)
				default:
					if _, err := s.DueTasks(ctx, preview.TaskQueued, noon, 5); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	run(func() error {
		for saved.Load() < adders*each {
			if _, err := s.OpenJobs(ctx); err != nil {
				return err
			}
			if _, err := s.Strike(ctx, preview.Strike{Path: "/films/a.mkv", Last: noon}); err != nil {
				return err
			}
			if err := s.Tidy(ctx); err != nil {
				return err
			}
			brief, cancel := context.WithTimeout(ctx, 100*time.Microsecond)
			_, err := s.Tasks(brief, j.ID, nil, 100, 0)
			cancel()
			if err != nil && preview.ReasonOf(err) != preview.Cancelled {
				return err
			}
		}
		return nil
	})
	for range began {
		ok(t, <-done)
	}
	counts := must(s.OpenJobs(t.Context()))(t)[0].Counts
	same(t, "counts", counts, preview.Counts{Videos: adders * each, Published: adders * each, Shown: adders * each})
	same(t, "ledger", asked[int](t, s.path, "SELECT count(*) FROM ledger"), adders*each)
}
