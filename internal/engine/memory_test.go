package engine_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// memory is a store that is gone when the test is, and survives engines like a file survives processes.
type memory struct {
	mu      sync.Mutex
	jobs    []preview.Job
	tasks   []preview.Task
	open    map[string]int // tasks by source and path: the index of the one that is not final
	entries map[string]preview.Entry
	strikes map[string]preview.Strike
	notes   map[string]string
	fails   error             // the answer to every write from now on
	began   map[int64]int     // how often a task was stored as rendering
	asked   map[string]int    // calls by name
	after   func(call string) // called last, without the lock
}

func newMemory() *memory {
	return &memory{
		open: map[string]int{}, entries: map[string]preview.Entry{}, strikes: map[string]preview.Strike{}, notes: map[string]string{},
		began: map[int64]int{}, asked: map[string]int{},
	}
}

var _ engine.Store = (*memory)(nil)

func (m *memory) enter(call string) func() {
	m.mu.Lock()
	m.asked[call]++
	return func() {
		m.mu.Unlock()
		if m.after != nil {
			m.after(call)
		}
	}
}

func name(v preview.Video) string { return v.Source + "\x00" + v.Path }

func (m *memory) AddJob(_ context.Context, j preview.Job) (preview.Job, error) {
	defer m.enter("AddJob")()
	if m.fails != nil {
		return j, m.fails
	}
	j.ID = int64(len(m.jobs) + 1)
	m.jobs = append(m.jobs, j)
	return j, nil
}

func (m *memory) SaveJob(_ context.Context, j preview.Job) error {
	defer m.enter("SaveJob")()
	if m.fails != nil {
		return m.fails
	}
	m.jobs[j.ID-1] = j
	return nil
}

func (m *memory) OpenJobs(context.Context) ([]preview.Job, error) {
	defer m.enter("OpenJobs")()
	var out []preview.Job
	for _, j := range m.jobs {
		if !j.State.Final() {
			out = append(out, m.counted(j))
		}
	}
	return out, nil
}

// counted is a job with the counts that its tasks say.
func (m *memory) counted(j preview.Job) preview.Job {
	c := preview.Counts{Already: j.Counts.Already}
	for _, t := range m.tasks {
		if t.Job != j.ID {
			continue
		}
		switch t.State {
		case preview.TaskQueued, preview.TaskRendering:
			c.Waiting++
		case preview.TaskPublishing:
			if t.Due.IsZero() {
				c.Waiting++
			} else {
				c.Later++
			}
		case preview.TaskLater:
			c.Later++
		case preview.TaskPublished:
			c.Published++
			if t.Shown {
				c.Shown++
			}
		case preview.TaskFailed, preview.TaskResting:
			c.Failed++
		case preview.TaskCancelled:
			c.Cancelled++
		}
	}
	c.Videos = c.Already + c.Waiting + c.Later + c.Published + c.Failed + c.Cancelled
	j.Counts = c
	return j
}

func (m *memory) AddTasks(_ context.Context, tasks []preview.Task) ([]preview.Task, error) {
	defer m.enter("AddTasks")()
	if m.fails != nil {
		return nil, m.fails
	}
	var out []preview.Task
	for _, t := range tasks {
		out = append(out, m.addTask(t))
	}
	return out, nil
}

func (m *memory) addTask(t preview.Task) preview.Task {
	if i, ok := m.open[name(t.Video)]; ok {
		old := &m.tasks[i]
		old.Priority = max(old.Priority, t.Priority)
		for _, item := range t.Video.Items {
			if !slices.Contains(old.Video.Items, item) {
				old.Video.Items = append(slices.Clone(old.Video.Items), item)
			}
		}
		if old.Job == t.Job {
			t.ID = 0
			return t
		}
		return *old
	}
	for _, old := range m.tasks {
		if old.Job == t.Job && name(old.Video) == name(t.Video) && old.Video.Size == t.Video.Size && old.Video.Changed.Equal(t.Video.Changed) {
			return t
		}
	}
	t.ID = int64(len(m.tasks) + 1)
	m.open[name(t.Video)] = len(m.tasks)
	m.tasks = append(m.tasks, t)
	return t
}

func (m *memory) SaveTask(_ context.Context, t preview.Task) error {
	defer m.enter("SaveTask")()
	if m.fails != nil {
		return m.fails
	}
	old := &m.tasks[t.ID-1]
	if t.State == preview.TaskRendering {
		m.began[t.ID]++
	}
	t.Job, t.Video, t.Priority = old.Job, old.Video, old.Priority
	*old = t
	if t.State.Final() {
		delete(m.open, name(t.Video))
	} else {
		m.open[name(t.Video)] = int(t.ID - 1)
	}
	return nil
}

func (m *memory) DueTasks(ctx context.Context, state preview.TaskState, now time.Time, n int) ([]preview.Task, error) {
	defer m.enter("DueTasks " + string(state))()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var out []preview.Task
	for _, t := range m.tasks {
		if t.State == state && !t.Due.After(now) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b preview.Task) int {
		return cmp.Or(b.Priority-a.Priority, int(a.ID-b.ID))
	})
	return out[:min(n, len(out))], nil
}

func (m *memory) NextDue(_ context.Context, state preview.TaskState) (at time.Time, ok bool, err error) {
	defer m.enter("NextDue")()
	for _, t := range m.tasks {
		if t.State == state && (!ok || t.Due.Before(at)) {
			at, ok = t.Due, true
		}
	}
	return at, ok, nil
}

func (m *memory) Reopen(context.Context) (n int, err error) {
	defer m.enter("Reopen")()
	for i, t := range m.tasks {
		if t.State == preview.TaskRendering {
			m.tasks[i].State = preview.TaskQueued
			n++
		}
	}
	return n, nil
}

func (m *memory) CancelTasks(_ context.Context, job int64) (n int, err error) {
	defer m.enter("CancelTasks")()
	for i, t := range m.tasks {
		if t.Job != job {
			continue
		}
		switch t.State {
		case preview.TaskQueued, preview.TaskLater, preview.TaskPublishing:
			m.tasks[i].State, m.tasks[i].Reason = preview.TaskCancelled, preview.Cancelled
			delete(m.open, name(t.Video))
			n++
		}
	}
	return n, nil
}

func (m *memory) Requeue(_ context.Context, job int64) (map[int64]int, error) {
	defer m.enter("Requeue")()
	out, newest := map[int64]int{}, map[string]int64{}
	for _, t := range m.tasks {
		newest[name(t.Video)] = t.ID
	}
	for i, t := range m.tasks {
		if (job != 0 && t.Job != job) || newest[name(t.Video)] != t.ID {
			continue
		}
		if t.State != preview.TaskFailed && t.State != preview.TaskResting {
			continue
		}
		m.tasks[i] = preview.Task{ID: t.ID, Job: t.Job, Video: t.Video, Regenerate: t.Regenerate, Priority: t.Priority, State: preview.TaskQueued}
		m.open[name(t.Video)] = i
		delete(m.strikes, t.Video.Path)
		out[t.Job]++
		j := &m.jobs[t.Job-1]
		if j.State.Final() {
			j.State, j.Reason, j.Detail, j.Ended = preview.JobRunning, "", "", time.Time{}
		}
	}
	return out, nil
}

func (m *memory) Known(_ context.Context, source string, keys []string) (map[string]preview.Entry, error) {
	defer m.enter("Known")()
	out := map[string]preview.Entry{}
	for _, k := range keys {
		if e, ok := m.entries[source+"\x00"+k]; ok {
			out[k] = e
		}
	}
	return out, nil
}

func (m *memory) Keep(_ context.Context, entries []preview.Entry) error {
	defer m.enter("Keep")()
	if m.fails != nil {
		return m.fails
	}
	for _, e := range entries {
		m.entries[e.Source+"\x00"+e.Key] = e
	}
	return nil
}

func (m *memory) Strike(_ context.Context, s preview.Strike) (preview.Strike, error) {
	defer m.enter("Strike")()
	s.Count = 1
	if old, ok := m.strikes[s.Path]; ok && old.Version.Same(s.Version) {
		s.Count = old.Count + 1
	}
	m.strikes[s.Path] = s
	return s, nil
}

func (m *memory) Struck(_ context.Context, path string) (preview.Strike, bool, error) {
	defer m.enter("Struck")()
	s, ok := m.strikes[path]
	return s, ok, nil
}

func (m *memory) Forgive(_ context.Context, path string) error {
	defer m.enter("Forgive")()
	delete(m.strikes, path)
	return nil
}

func (m *memory) Note(_ context.Context, name, value string) error {
	defer m.enter("Note")()
	if m.fails != nil {
		return m.fails
	}
	m.notes[name] = value
	return nil
}

func (m *memory) Noted(_ context.Context, name string) (string, error) {
	defer m.enter("Noted")()
	return m.notes[name], nil
}

// fail has every write fail from now on.
func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fails = err
}

// task returns the newest task of a path.
func (m *memory) task(path string) preview.Task {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range slices.Backward(m.tasks) {
		if t.Video.Path == path {
			return t
		}
	}
	return preview.Task{}
}

func (m *memory) job(id int64) preview.Job {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counted(m.jobs[id-1])
}

// states counts tasks by state.
func (m *memory) states() map[preview.TaskState]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[preview.TaskState]int{}
	for _, t := range m.tasks {
		out[t.State]++
	}
	return out
}

func (m *memory) strike(path string) preview.Strike {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.strikes[path]
}

// copied is what a process that starts now would find.
func (m *memory) copied() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := newMemory()
	c.jobs, c.tasks = slices.Clone(m.jobs), slices.Clone(m.tasks)
	c.open, c.entries, c.strikes, c.notes = maps.Clone(m.open), maps.Clone(m.entries), maps.Clone(m.strikes), maps.Clone(m.notes)
	c.began = maps.Clone(m.began)
	return c
}
