package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const taskColumns = `id, job, source, key, library, title, path, remote, size, changed, added, duration, items, offered,
	regenerate, priority, state, reason, detail, tries, due, tried, device, recipe, frames, out, replaced, shown, elapsed,
	started, ended`

// AddTasks stores tasks and returns them with their IDs, in their order and in one transaction. A task without a state is
// queued. A task is not stored
//
//   - when its own job has one already for this video (source and path), either open or for the same size and time as
//     listed: it comes back with ID 0;
//   - when another job has an open one for this video: that one comes back instead, with its own ID, Job and State.
//
// An open task takes over the items of the one that was not stored, the higher priority, and the wish to regenerate.
func (s *Store) AddTasks(ctx context.Context, tasks []preview.Task) ([]preview.Task, error) {
	if len(tasks) == 0 {
		return nil, nil
	}
	stored := make([]preview.Task, len(tasks))
	err := s.writes(ctx, "add tasks", func(ctx context.Context, w *writer) (err error) {
		for i, t := range tasks {
			if stored[i], err = addTask(ctx, w, t); err != nil {
				return fmt.Errorf("%s: %w", t.Video.Path, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, t := range stored {
		raise(&s.lastTask, t.ID)
	}
	return stored, nil
}

// taken finds what keeps a task from being stored. Of the job's own tasks that are over, one for another version of the
// file does not.
const taken = ` FROM tasks INDEXED BY tasks_video
	WHERE source = ?2 AND path = ?6 AND (open = 1 OR (job = ?1 AND size = ?8 AND changed = ?9))`

func addTask(ctx context.Context, w *writer, t preview.Task) (preview.Task, error) {
	t.ID = 0
	if t.State == "" {
		t.State = preview.TaskQueued
	}
	items, err := pack(t.Video.Items)
	if err != nil {
		return t, err
	}
	tried, err := pack(t.Tried)
	if err != nil {
		return t, err
	}
	v := &t.Video
	changed := micros(v.Changed)
	// One statement for nearly all of them, as a page of a listing has a thousand: where there is a task already, the job is
	// NULL, which it must not be, and the row is left out. INSERT with SELECT and WHERE would say it plainly, but SQLite then
	// writes a journal for each row in case there are several.
	r, err := w.exec(ctx, `INSERT OR IGNORE INTO tasks (job, source, key, library, title, path, remote, size, changed, added, duration,
			items, offered, regenerate, priority, state, open, reason, detail, tries, due, tried, device, recipe, frames, out,
			replaced, shown, elapsed, started, ended)
		VALUES (CASE WHEN EXISTS (SELECT 1`+taken+`) THEN NULL ELSE ?1 END, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
			?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.Job, v.Source, v.Key, v.Library, v.Title, v.Path, v.Remote, v.Size, changed, micros(v.Added), int64(v.Duration),
		items, v.Shown, t.Regenerate, t.Priority, string(t.State), !t.State.Final(), string(t.Reason), t.Detail, t.Tries, micros(t.Due),
		tried, t.Device, t.Recipe, t.Frames, t.Out, t.Replaced, t.Shown, int64(t.Elapsed), micros(t.Started), micros(t.Ended))
	if err != nil {
		return t, err
	}
	if n, err := r.RowsAffected(); err != nil {
		return t, err
	} else if n > 0 {
		t.ID, err = r.LastInsertId()
		return t, err
	}

	var id, job int64
	var open bool
	if err := w.row(ctx, `SELECT id, job, open`+taken+` ORDER BY open DESC, id DESC LIMIT 1`,
		[]any{t.Job, v.Source, nil, nil, nil, v.Path, nil, v.Size, changed}, &id, &job, &open); err != nil {
		return t, err
	}
	if !open || t.State.Final() {
		return t, nil
	}
	there, err := merge(ctx, w, id, t)
	if err != nil || job == t.Job {
		return t, err
	}
	return there, nil
}

// merge gives the open task of a video what another one of the same video brought along, and returns what it is then.
func merge(ctx context.Context, w *writer, id int64, t preview.Task) (preview.Task, error) {
	there, err := find(ctx, w, id)
	if _, bad := errors.AsType[*badRow](err); bad {
		// What cannot be read is of no use to anybody; the new items are as good.
		if _, err := w.exec(ctx, `UPDATE tasks SET items = '', tried = '' WHERE id = ?`, id); err != nil {
			return t, err
		}
		there, err = find(ctx, w, id)
	}
	if err != nil {
		return t, err
	}
	for _, item := range t.Video.Items {
		if !slices.Contains(there.Video.Items, item) {
			there.Video.Items = append(there.Video.Items, item)
		}
	}
	there.Priority = max(there.Priority, t.Priority)
	there.Regenerate = there.Regenerate || t.Regenerate
	items, err := pack(there.Video.Items)
	if err != nil {
		return t, err
	}
	_, err = w.exec(ctx, `UPDATE tasks SET items = ?, priority = ?, regenerate = ? WHERE id = ?`,
		items, there.Priority, there.Regenerate, id)
	return there, err
}

func find(ctx context.Context, w *writer, id int64) (preview.Task, error) {
	st, err := w.prepared(ctx, `SELECT `+taskColumns+` FROM tasks WHERE id = ?`)
	if err != nil {
		return preview.Task{}, err
	}
	return scanTask(st.QueryRowContext(ctx, id))
}

// SaveTask stores what changes in a task: everything but ID, Job and the video. What AddTasks may have given the task since
// the caller got it stays: its items, a higher priority, and the wish to regenerate.
func (s *Store) SaveTask(ctx context.Context, t preview.Task) error {
	tried, err := pack(t.Tried)
	if err != nil {
		return s.fault(fmt.Sprintf("save task %d", t.ID), err)
	}
	n, err := s.write(ctx, "save a task", `UPDATE tasks SET regenerate = max(regenerate, ?), priority = max(priority, ?), state = ?, open = ?, reason = ?,
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
