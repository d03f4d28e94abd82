package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const taskColumns = `id, job, source, key, library, title, path, remote, size, changed, added, duration, items, offered,
	regenerate, priority, state, reason, detail, tries, due, tried, device, recipe, frames, out, replaced, shown, elapsed,
	started, ended`

// AddTasks stores tasks and returns them with their IDs, in one transaction. One whose video (source and path) has an open
// task already, of this call or before, is not stored: that one takes over its items, the higher priority and the wish to
// regenerate, and this one comes back with ID 0. A task without a state is queued.
func (s *Store) AddTasks(ctx context.Context, tasks []preview.Task) ([]preview.Task, error) {
	if len(tasks) == 0 {
		return nil, nil
	}
	added := slices.Clone(tasks)
	err := s.writes(ctx, "add tasks", func(ctx context.Context, w *writer) error {
		for i := range added {
			if err := addTask(ctx, w, &added[i]); err != nil {
				return fmt.Errorf("%s: %w", added[i].Video.Path, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, t := range added {
		raise(&s.lastTask, t.ID)
	}
	return added, nil
}

func addTask(ctx context.Context, w *writer, t *preview.Task) error {
	if t.State == "" {
		t.State = preview.TaskQueued
	}
	items, err := pack(t.Video.Items)
	if err != nil {
		return err
	}
	tried, err := pack(t.Tried)
	if err != nil {
		return err
	}
	v := &t.Video
	r, err := w.exec(ctx, `INSERT INTO tasks (job, source, key, library, title, path, remote, size, changed, added, duration,
			items, offered, regenerate, priority, state, open, reason, detail, tries, due, tried, device, recipe, frames, out,
			replaced, shown, elapsed, started, ended)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, path) WHERE open = 1 DO NOTHING`,
		t.Job, v.Source, v.Key, v.Library, v.Title, v.Path, v.Remote, v.Size, micros(v.Changed), micros(v.Added), int64(v.Duration),
		items, v.Shown, t.Regenerate, t.Priority, string(t.State), !t.State.Final(), string(t.Reason), t.Detail, t.Tries, micros(t.Due),
		tried, t.Device, t.Recipe, t.Frames, t.Out, t.Replaced, t.Shown, int64(t.Elapsed), micros(t.Started), micros(t.Ended))
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		t.ID = 0
		return merge(ctx, w, *t)
	}
	t.ID, err = r.LastInsertId()
	return err
}

// merge gives the open task of a video what another one of the same video brought along.
func merge(ctx context.Context, w *writer, t preview.Task) error {
	var id int64
	var text string
	if err := w.row(ctx, `SELECT id, items FROM tasks WHERE open = 1 AND source = ? AND path = ?`,
		[]any{t.Video.Source, t.Video.Path}, &id, &text); err != nil {
		return err
	}
	items, err := unpack(text)
	if err != nil {
		items = nil // no use to anybody; the new ones are as good
	}
	for _, item := range t.Video.Items {
		if !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	if text, err = pack(items); err != nil {
		return err
	}
	_, err = w.exec(ctx, `UPDATE tasks SET items = ?, priority = max(priority, ?), regenerate = max(regenerate, ?) WHERE id = ?`,
		text, t.Priority, t.Regenerate, id)
	return err
}

// SaveTask stores what changes in a task: everything but ID, Job and the video. What AddTasks may have given the task since
// the caller got it stays: its items, and a higher priority.
func (s *Store) SaveTask(ctx context.Context, t preview.Task) error {
	tried, err := pack(t.Tried)
	if err != nil {
		return s.fault(fmt.Sprintf("save task %d", t.ID), err)
	}
	n, err := s.write(ctx, "save a task", `UPDATE tasks SET regenerate = ?, priority = max(priority, ?), state = ?, open = ?, reason = ?,
			detail = ?, tries = ?, due = ?, tried = ?, device = ?, recipe = ?, frames = ?, out = ?, replaced = ?, shown = ?,
			elapsed = ?, started = ?, ended = ?
		WHERE id = ?`,
		t.Regenerate, t.Priority, string(t.State), !t.State.Final(), string(t.Reason), t.Detail, t.Tries, micros(t.Due), tried,
		t.Device, t.Recipe, t.Frames, t.Out, t.Replaced, t.Shown, int64(t.Elapsed), micros(t.Started), micros(t.Ended), t.ID)
	if err == nil && n == 0 {
		return preview.Because(preview.StoreFailed, "save task %d: it is not in the store", t.ID)
	}
	return err
}

func scanTask(row scanner) (preview.Task, error) {
	var (
		t                   preview.Task
		items, tried        string
		changed, added      int64
		due, started, ended int64
		duration, elapsed   int64
		state, reason       string
		err                 error
	)
	v := &t.Video
	if err := row.Scan(&t.ID, &t.Job, &v.Source, &v.Key, &v.Library, &v.Title, &v.Path, &v.Remote, &v.Size, &changed, &added,
		&duration, &items, &v.Shown, &t.Regenerate, &t.Priority, &state, &reason, &t.Detail, &t.Tries, &due, &tried, &t.Device,
		&t.Recipe, &t.Frames, &t.Out, &t.Replaced, &t.Shown, &elapsed, &started, &ended); err != nil {
		return preview.Task{}, err
	}
	if v.Items, err = unpack(items); err != nil {
		return preview.Task{}, &badRow{"task", t.ID, err}
	}
	if t.Tried, err = unpack(tried); err != nil {
		return preview.Task{}, &badRow{"task", t.ID, err}
	}
	t.State, t.Reason = preview.TaskState(state), preview.Reason(reason)
	v.Changed, v.Added, v.Duration = moment(changed), moment(added), time.Duration(duration)
	t.Due, t.Started, t.Ended, t.Elapsed = moment(due), moment(started), moment(ended), time.Duration(elapsed)
	return t, nil
}
