package store

import (
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// ended is a job that is over, with a task in each of the states and the counts to it.
func ended(t testing.TB, s *Store, first int, states ...preview.TaskState) (preview.Job, []preview.Task) {
	t.Helper()
	j := aJob(t, s)
	tasks := must(s.AddTasks(t.Context(), films(j.ID, first, len(states))))(t)
	for i, state := range states {
		tasks[i].State, tasks[i].Reason, tasks[i].Detail, tasks[i].Tries, tasks[i].Tried = state, preview.VideoDamaged, "x", 2, []string{"cpu"}
		tasks[i].Device, tasks[i].Recipe, tasks[i].Started, tasks[i].Ended, tasks[i].Elapsed = "cpu", "r", noon, noon, time.Second
		tasks[i].Shown = state == preview.TaskPublished
		ok(t, s.SaveTask(t.Context(), tasks[i]))
		if state == preview.TaskPublished {
			j.Counts.Published++
			j.Counts.Shown++
		} else {
			j.Counts.Failed++
		}
		j.Counts.Videos++
	}
	j.State, j.Reason, j.Ended = preview.JobDoneWithFailed, preview.PlexIncomplete, noon
	ok(t, s.SaveJob(t.Context(), j))
	return j, tasks
}

func TestRequeueTriesAgainWhatFailed(t *testing.T) {
	s := open(t, file(t))
	first, a := ended(t, s, 1, preview.TaskFailed, preview.TaskPublished, preview.TaskResting)
	second, b := ended(t, s, 3, preview.TaskFailed, preview.TaskFailed) // the first one is the video that rests above
	running := aJob(t, s)
	c := must(s.AddTasks(t.Context(), films(running.ID, 4, 1)))(t) // the second one's video, in the queue again
	for _, task := range []preview.Task{a[0], a[2], b[1]} {
		must(s.Strike(t.Context(), preview.Strike{Path: task.Video.Path, Last: noon}))(t)
	}

	same(t, "of one job", must(s.Requeue(t.Context(), first.ID))(t), map[int64]int{first.ID: 1})
	same(t, "of all jobs", must(s.Requeue(t.Context(), 0))(t), map[int64]int{second.ID: 1})
	same(t, "once more", must(s.Requeue(t.Context(), 0))(t), map[int64]int{})
	same(t, "of no job", must(s.Requeue(t.Context(), 99))(t), map[int64]int{})

	due := must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 9))(t)
	same(t, "the queue", ids(due), []int64{a[0].ID, b[0].ID, c[0].ID})
	same(t, "a task as new", due[0], preview.Task{ID: a[0].ID, Job: first.ID, Video: a[0].Video, State: preview.TaskQueued})
	for path, want := range map[string]bool{a[0].Video.Path: false, b[0].Video.Path: false, b[1].Video.Path: true} {
		if _, known, err := s.Struck(t.Context(), path); err != nil || known != want {
			t.Errorf("strikes of %s are known: %v, %v", path, known, err)
		}
	}
	want := first
	want.State, want.Reason, want.Ended = preview.JobRunning, "", time.Time{}
	want.Counts = preview.Counts{Videos: 3, Waiting: 1, Published: 1, Shown: 1, Failed: 1}
	same(t, "the job", must(s.Job(t.Context(), first.ID))(t), want)
}

// The history forgot most of a job's tasks; when it is opened again, its figures go on from where they were.
func TestAJobThatIsOpenedAgainKeepsItsFigures(t *testing.T) {
	s := open(t, file(t))
	j, tasks := ended(t, s, 1, preview.TaskPublished, preview.TaskPublished, preview.TaskFailed, preview.TaskFailed)
	j.Counts.Already = 40
	ok(t, s.SaveJob(t.Context(), j))
	sqlExec(t, s.path, "DELETE FROM tasks WHERE id IN (1, 3)")

	want := preview.Counts{Videos: 44, Already: 40, Waiting: 1, Published: 2, Shown: 2, Failed: 1}
	for range 2 {
		same(t, "requeued", must(s.Requeue(t.Context(), j.ID))(t), map[int64]int{j.ID: 1})
		same(t, "counts", must(s.OpenJobs(t.Context()))(t)[0].Counts, want)
		// It fails again, and so does the next time.
		tasks[3].State = preview.TaskFailed
		ok(t, s.SaveTask(t.Context(), tasks[3]))
		again := must(s.OpenJobs(t.Context()))(t)[0]
		same(t, "counts", again.Counts, preview.Counts{Videos: 44, Already: 40, Published: 2, Shown: 2, Failed: 2})
		again.State = preview.JobDoneWithFailed
		ok(t, s.SaveJob(t.Context(), again))
	}
}
