package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestAVideoHasOneOpenTask(t *testing.T) {
	s := open(t, file(t))
	scan, hook := aJob(t, s), aJob(t, s)
	first := must(s.AddTasks(t.Context(), films(scan.ID, 1, 2)))(t)

	again := queued(hook.ID, 1)
	again.Priority, again.Regenerate = 10, true
	again.Video.Items = []string{"1001", "777"}
	twice := queued(hook.ID, 3)
	twice.Video.Items = []string{"a"}
	thrice := queued(hook.ID, 3)
	thrice.Video.Items, thrice.Priority = []string{"b"}, -5
	got := must(s.AddTasks(t.Context(), []preview.Task{again, twice, thrice}))(t)

	if got[1].ID <= first[1].ID || got[2].ID != 0 {
		t.Errorf("IDs are %v, want the second one stored, and the third one not", ids(got))
	}
	// The one of the other job comes back, as it is now.
	there := first[0]
	there.Priority, there.Regenerate, there.Video.Items = 10, true, []string{"1001", "777"}
	same(t, "the task of the other job", got[0], there)
	due := must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 10))(t)
	same(t, "the queue", ids(due), []int64{first[0].ID, first[1].ID, got[1].ID})
	same(t, "items of both", due[0].Video.Items, []string{"1001", "777"})
	same(t, "items of one batch", due[2].Video.Items, []string{"a", "b"})
	if due[0].Priority != 10 || !due[0].Regenerate || due[0].Job != scan.ID {
		t.Errorf("the open task became %+v", due[0])
	}
	if due[2].Priority != 0 {
		t.Errorf("a lower priority took the place of a higher one: %d", due[2].Priority)
	}

	// Another source's file of the same name is another video, and a task that is over stands in nobody's way.
	other := queued(hook.ID, 1)
	other.Video.Source = "folder"
	due[1].State = preview.TaskPublished
	ok(t, s.SaveTask(t.Context(), due[1]))
	for _, task := range must(s.AddTasks(t.Context(), []preview.Task{other, queued(hook.ID, 2)}))(t) {
		if task.ID <= got[1].ID || task.Job != hook.ID {
			t.Errorf("%s of %s was not stored", task.Video.Path, task.Video.Source)
		}
	}
}

// A job that lists again after a restart does not do again what it has done.
func TestAJobHasOneTaskForAVersion(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	done := must(s.AddTasks(t.Context(), films(j.ID, 1, 2)))(t)
	for _, task := range done {
		task.State = preview.TaskPublished
		ok(t, s.SaveTask(t.Context(), task))
	}
	listed := films(j.ID, 1, 3)
	listed[1].Video.Changed = noon.Add(time.Hour) // it was replaced meanwhile
	got := must(s.AddTasks(t.Context(), listed))(t)
	if got[0].ID != 0 || got[1].ID == 0 || got[2].ID == 0 {
		t.Errorf("IDs are %v, want the first one not stored", ids(got))
	}
	same(t, "the queue", ids(must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 9))(t)), ids(got[1:]))
}

func TestABatchIsStoredWholeOrNotAtAll(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	_, err := s.AddTasks(t.Context(), append(films(j.ID, 1, 3), queued(j.ID+1, 4)))
	reason(t, err, preview.StoreFailed) // there is no such job
	if left := must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 10))(t); len(left) != 0 {
		t.Errorf("stored %v of a batch that failed", ids(left))
	}
	// And the writer is not left in the middle of something.
	must(s.AddTasks(t.Context(), films(j.ID, 1, 3)))(t)
}

func TestTheQueueIsByPriorityThenAge(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	tasks := films(j.ID, 1, 6)
	tasks[1].Priority, tasks[4].Priority, tasks[2].Priority = 5, 5, -1
	tasks[3].Due = noon.Add(time.Minute)
	tasks[5].State, tasks[5].Due = preview.TaskLater, noon.Add(time.Hour)
	added := must(s.AddTasks(t.Context(), tasks))(t)
	id := func(n int) int64 { return added[n].ID }

	for _, tc := range []struct {
		state preview.TaskState
		at    time.Time
		n     int
		want  []int64
	}{
		{preview.TaskQueued, noon, 10, []int64{id(1), id(4), id(0), id(2)}},
		{preview.TaskQueued, noon, 3, []int64{id(1), id(4), id(0)}},
		{preview.TaskQueued, noon.Add(time.Minute - time.Microsecond), 10, []int64{id(1), id(4), id(0), id(2)}},
		{preview.TaskQueued, noon.Add(time.Minute), 10, []int64{id(1), id(4), id(0), id(3), id(2)}},
		{preview.TaskQueued, noon, 0, []int64{}},
		{preview.TaskLater, noon, 10, []int64{}},
		{preview.TaskLater, noon.Add(time.Hour), 10, []int64{id(5)}},
		{preview.TaskPublishing, noon, 10, []int64{}},
		{preview.TaskFailed, noon, 10, []int64{}}, // never due
	} {
		same(t, fmt.Sprintf("%s at %s", tc.state, tc.at), ids(must(s.DueTasks(t.Context(), tc.state, tc.at, tc.n))(t)), tc.want)
	}

	if at, known, err := s.NextDue(t.Context(), preview.TaskLater); err != nil || !known || !at.Equal(noon.Add(time.Hour)) {
		t.Errorf("next due is %v, %v, %v", at, known, err)
	}
	if at, known, err := s.NextDue(t.Context(), preview.TaskQueued); err != nil || !known || !at.IsZero() {
		t.Errorf("next due of the queue is %v, %v, %v", at, known, err)
	}
	if _, known, err := s.NextDue(t.Context(), preview.TaskPublishing); err != nil || known {
		t.Errorf("next due of nothing is known: %v, %v", known, err)
	}
}

func TestSavingATaskKeepsWhatItWasGivenMeanwhile(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	must(s.AddTasks(t.Context(), films(j.ID, 1, 1)))(t)
	mine := must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 1))(t)[0]
	more := queued(j.ID, 1)
	more.Video.Items, more.Priority = []string{"777"}, 9
	must(s.AddTasks(t.Context(), []preview.Task{more}))(t)

	mine.Tries = 1
	ok(t, s.SaveTask(t.Context(), mine))
	got := must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 1))(t)[0]
	same(t, "items", got.Video.Items, []string{"1001", "777"})
	if got.Priority != 9 || got.Tries != 1 {
		t.Errorf("saved as %+v", got)
	}
}

func TestWhatIsNotThereCannotBeSaved(t *testing.T) {
	s := open(t, file(t))
	reason(t, s.SaveTask(t.Context(), preview.Task{ID: 17, State: preview.TaskFailed}), preview.StoreFailed)
	reason(t, s.SaveJob(t.Context(), preview.Job{ID: 17, State: preview.JobDone}), preview.NoJob)
	_, err := s.Job(t.Context(), 17)
	reason(t, err, preview.NoJob)
}

func TestARestartQueuesWhatWasRendering(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	tasks := must(s.AddTasks(t.Context(), films(j.ID, 1, 6)))(t)
	states := []preview.TaskState{preview.TaskRendering, preview.TaskPublishing, preview.TaskLater, preview.TaskPublished, preview.TaskRendering, preview.TaskQueued}
	for i, state := range states {
		tasks[i].State = state
		ok(t, s.SaveTask(t.Context(), tasks[i]))
	}
	s = reopen(t, s)
	if n := must(s.Reopen(t.Context()))(t); n != 2 {
		t.Errorf("queued %d tasks again, want 2", n)
	}
	same(t, "the queue", ids(must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 9))(t)), []int64{tasks[0].ID, tasks[4].ID, tasks[5].ID})
	same(t, "publishing", ids(must(s.DueTasks(t.Context(), preview.TaskPublishing, noon, 9))(t)), []int64{tasks[1].ID})
}

func TestCancelLeavesWhatRunsAndWhatIsOver(t *testing.T) {
	s := open(t, file(t))
	j, other := aJob(t, s), aJob(t, s)
	tasks := must(s.AddTasks(t.Context(), films(j.ID, 1, 5)))(t)
	must(s.AddTasks(t.Context(), films(other.ID, 9, 1)))(t)
	for i, state := range []preview.TaskState{preview.TaskQueued, preview.TaskLater, preview.TaskRendering, preview.TaskPublished, preview.TaskPublishing} {
		tasks[i].State, tasks[i].Reason = state, preview.VideoMissing
		ok(t, s.SaveTask(t.Context(), tasks[i]))
	}
	if n := must(s.CancelTasks(t.Context(), j.ID))(t); n != 3 {
		t.Errorf("cancelled %d tasks, want 3", n)
	}
	gone := must(s.Tasks(t.Context(), j.ID, []preview.TaskState{preview.TaskCancelled}, 9, 0))(t)
	same(t, "cancelled", ids(gone), []int64{tasks[0].ID, tasks[1].ID, tasks[4].ID})
	if !gone[1].Ended.Equal(noon) || gone[1].Reason != preview.Cancelled {
		t.Errorf("a cancelled task is %+v", gone[1])
	}
	same(t, "the other job's", len(must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 9))(t)), 1)
	// The same videos may be asked for again.
	if again := must(s.AddTasks(t.Context(), films(other.ID, 1, 1)))(t); again[0].ID == 0 {
		t.Error("a cancelled task stands in the way of a new one")
	}
}

func TestOpenJobsCountTheirTasks(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	done := aJob(t, s)
	done.State = preview.JobDone
	ok(t, s.SaveJob(t.Context(), done))

	tasks := must(s.AddTasks(t.Context(), films(j.ID, 1, 10)))(t)
	// This is the last that the process saved of the job before it was killed: 40 videos needed nothing.
	j.Counts = preview.Counts{Videos: 49, Already: 40, Waiting: 9}
	ok(t, s.SaveJob(t.Context(), j))
	for i, state := range []preview.TaskState{
		preview.TaskPublished, preview.TaskPublished, preview.TaskFailed, preview.TaskResting, preview.TaskLater, preview.TaskCancelled,
		preview.TaskRendering, preview.TaskPublishing, preview.TaskPublishing,
	} {
		tasks[i].State, tasks[i].Shown = state, i == 0
		if i == 8 {
			tasks[i].Due = noon
		}
		ok(t, s.SaveTask(t.Context(), tasks[i]))
	}
	want := j
	want.Counts = preview.Counts{Videos: 50, Already: 40, Waiting: 3, Published: 2, Shown: 1, Failed: 2, Later: 2, Cancelled: 1}
	same(t, "open jobs", must(reopen(t, s).OpenJobs(t.Context()))(t), []preview.Job{want})
}

func TestTheLedgerKnowsAThousandKeys(t *testing.T) {
	s := open(t, file(t))
	ok(t, s.Keep(t.Context(), entries(0, 1000)))
	changed := entries(5, 1)
	changed[0].Shown, changed[0].Quality = false, 2
	other := entries(5, 1)
	other[0].Source, other[0].Key = "folder", odd
	ok(t, s.Keep(t.Context(), append(changed, other...)))

	keys := []string{"nobody"}
	for i := range 1001 { // the last is one too many
		keys = append(keys, fmt.Sprint(i))
	}
	known := must(s.Known(t.Context(), "plex:1", keys))(t)
	if len(known) != 1000 {
		t.Errorf("%d keys are known, want 1000", len(known))
	}
	same(t, "the newer entry", known["5"], changed[0])
	same(t, "a key that is not text", must(s.Known(t.Context(), "folder", []string{odd}))(t), map[string]preview.Entry{odd: other[0]})
	same(t, "no keys", must(s.Known(t.Context(), "plex:1", nil))(t), map[string]preview.Entry{})
	ok(t, s.Keep(t.Context(), nil))
}

func TestThreeStrikesOfOneVersion(t *testing.T) {
	s := open(t, file(t))
	k := preview.Strike{Path: odd, Version: preview.Version{Size: 7, ModTime: noon.Add(999)}, Title: "Heat", Reason: preview.VideoDamaged, Last: noon}
	for n := 1; n <= 3; n++ {
		if got := must(s.Strike(t.Context(), k))(t); got.Count != n {
			t.Errorf("strike %d counts as %d", n, got.Count)
		}
	}
	other := preview.Strike{Path: "/films/b.mkv", Version: k.Version, Last: noon}
	must(s.Strike(t.Context(), other))(t)
	rests := must(s.Attention(t.Context(), 10))(t)
	if len(rests) != 1 || rests[0].Path != odd || rests[0].Count != 3 || rests[0].Reason != preview.VideoDamaged {
		t.Errorf("needs attention: %+v", rests)
	}
	// A new version begins anew, be it of another size or another time.
	k.Version.Size++
	if got := must(s.Strike(t.Context(), k))(t); got.Count != 1 {
		t.Errorf("the first strike of a new version counts as %d", got.Count)
	}
	k.Version.ModTime = k.Version.ModTime.Add(time.Microsecond)
	if got := must(s.Strike(t.Context(), k))(t); got.Count != 1 {
		t.Errorf("the first strike of a touched file counts as %d", got.Count)
	}
	ok(t, s.Forgive(t.Context(), odd))
	ok(t, s.Forgive(t.Context(), "/never/heard/of"))
	if _, known, err := s.Struck(t.Context(), odd); err != nil || known {
		t.Errorf("forgiven, and yet known: %v, %v", known, err)
	}
}

func TestForgiveAllNamesThoseThatRested(t *testing.T) {
	s := open(t, file(t))
	for n := range 3 {
		k := preview.Strike{Path: fmt.Sprint("/films/", n), Last: noon.Add(time.Duration(n) * time.Hour)}
		for range n + 2 {
			must(s.Strike(t.Context(), k))(t)
		}
	}
	var names []string
	for _, k := range must(s.Attention(t.Context(), 10))(t) {
		names = append(names, k.Path)
	}
	same(t, "the newest first", names, []string{"/films/2", "/films/1"})
	same(t, "as many as asked for", len(must(s.Attention(t.Context(), 1))(t)), 1)
	same(t, "forgiven", len(must(s.ForgiveAll(t.Context()))(t)), 2)
	if _, known, _ := s.Struck(t.Context(), "/films/0"); known {
		t.Error("two strikes were not forgotten with the others")
	}
}

func TestNotesAreThereAtTheNextStart(t *testing.T) {
	s := open(t, file(t))
	ok(t, s.Note(t.Context(), "paused", "yes"))
	ok(t, s.Note(t.Context(), "odd", odd))
	ok(t, s.Note(t.Context(), "paused", "no"))
	s = reopen(t, s)
	same(t, "note", must(s.Noted(t.Context(), "paused"))(t), "no")
	same(t, "odd note", must(s.Noted(t.Context(), "odd"))(t), odd)
	same(t, "no note", must(s.Noted(t.Context(), "nothing"))(t), "")
	ok(t, s.Note(t.Context(), "paused", ""))
	same(t, "a note that was taken back", must(s.Noted(t.Context(), "paused"))(t), "")
}

// A row that no Scrubjay wrote is passed, and does not stop the others, or the start.
func TestRowsThatCannotBeReadArePassed(t *testing.T) {
	s := open(t, file(t))
	j, bad, odd := aJob(t, s), aJob(t, s), aJob(t, s)
	tasks := must(s.AddTasks(t.Context(), films(j.ID, 1, 5)))(t)
	ok(t, s.Close())
	sqlExec(t, s.path,
		fmt.Sprintf("UPDATE jobs SET selection = '{\"paths\": 5' WHERE id = %d", bad.ID),
		fmt.Sprintf("UPDATE jobs SET state = 'dreaming' WHERE id = %d", odd.ID),
		fmt.Sprintf("UPDATE tasks SET items = 'x' WHERE id IN (%d, %d)", tasks[0].ID, tasks[1].ID),
		fmt.Sprintf("UPDATE tasks SET state = 'dreaming' WHERE id = %d", tasks[2].ID))
	var log strings.Builder
	s = openLogged(t, s.path, &log)
	open := must(s.OpenJobs(t.Context()))(t)
	if len(open) != 1 || open[0].ID != j.ID {
		t.Errorf("open jobs are %+v", open)
	}
	must(s.Reopen(t.Context()))(t)
	// Two of them would fill the queue's front for ever.
	for range 2 {
		same(t, "the queue", ids(must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 2))(t)), []int64{tasks[2].ID, tasks[3].ID})
	}
	failed := must(s.Tasks(t.Context(), j.ID, []preview.TaskState{preview.TaskFailed}, 9, 0))(t)
	if len(failed) != 2 || failed[0].Reason != preview.StoreDamaged {
		t.Errorf("failed: %+v", failed)
	}
	if n := strings.Count(log.String(), "passed a task"); n != 2 {
		t.Errorf("%d warnings for two tasks:\n%s", n, log.String())
	}
}

func TestPagesOfTheHistory(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	for range 4 {
		aJob(t, s)
	}
	numbers := func(jobs []preview.Job) (n []int64) {
		for _, j := range jobs {
			n = append(n, j.ID)
		}
		return n
	}
	same(t, "the newest", numbers(must(s.Jobs(t.Context(), 2, 0))(t)), []int64{5, 4})
	same(t, "the next", numbers(must(s.Jobs(t.Context(), 2, 4))(t)), []int64{3, 2})
	same(t, "none", numbers(must(s.Jobs(t.Context(), 2, 1))(t)), []int64(nil))

	tasks := must(s.AddTasks(t.Context(), films(j.ID, 1, 9)))(t)
	for i := range tasks {
		if i%3 == 0 {
			tasks[i].State = preview.TaskFailed
			ok(t, s.SaveTask(t.Context(), tasks[i]))
		}
	}
	var all []int64
	for after, page := int64(0), tasks; len(page) > 0; {
		page = must(s.Tasks(t.Context(), j.ID, nil, 2, after))(t)
		all = append(all, ids(page)...)
		if len(page) > 0 {
			after = page[len(page)-1].ID
		}
	}
	same(t, "all pages", all, ids(tasks))
	both := must(s.Tasks(t.Context(), j.ID, []preview.TaskState{preview.TaskQueued, preview.TaskFailed, preview.TaskFailed}, 4, tasks[1].ID))(t)
	same(t, "two states", ids(both), ids(tasks[2:6]))
	if !slices.IsSortedFunc(both, func(a, b preview.Task) int { return int(a.ID - b.ID) }) {
		t.Error("not sorted")
	}
	same(t, "no such job", ids(must(s.Tasks(t.Context(), 99, nil, 4, 0))(t)), []int64{})
}
