package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// DueTasks returns up to n tasks in the given state whose Due has come, by priority and ID. A task that cannot be read is
// taken out of the queue as failed, so that it is not in the way for ever.
func (s *Store) DueTasks(ctx context.Context, state preview.TaskState, now time.Time, n int) ([]preview.Task, error) {
	const doing = "find the next tasks"
	for {
		// INDEXED BY, because the other index looks as good to SQLite, which has no statistics, and means a sort of the
		// whole queue.
		tasks, bad, err := s.tasks(ctx, doing, `SELECT `+taskColumns+` FROM tasks INDEXED BY tasks_queue
			WHERE open = 1 AND state = ? AND due <= ? ORDER BY priority DESC, id LIMIT ?`, string(state), micros(now), max(n, 0))
		if err != nil || len(bad) == 0 {
			return tasks, err
		}
		if err := s.writes(ctx, doing, func(ctx context.Context, w *writer) error {
			for _, id := range bad {
				if _, err := w.exec(ctx, `UPDATE tasks SET state = ?, open = 0, reason = ?, items = '', tried = '', ended = ? WHERE id = ?`,
					string(preview.TaskFailed), string(preview.StoreDamaged), micros(s.now()), id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
}

// tasks returns the tasks of a query, and the IDs of those that cannot be read.
func (s *Store) tasks(ctx context.Context, doing, query string, args ...any) (tasks []preview.Task, bad []int64, err error) {
	err = s.reads(ctx, doing, func(r *readers) error {
		return r.rows(ctx, query, args, func(row scanner) error {
			t, err := scanTask(row)
			if row, ok := errors.AsType[*badRow](err); ok {
				s.log.Warn().Err(row).Msg("passed a task that cannot be read")
				bad = append(bad, row.id)
				return nil
			}
			tasks = append(tasks, t)
			return err
		})
	})
	return tasks, bad, err
}

// NextDue returns when the earliest task in the given state becomes due; ok is false when there is none.
func (s *Store) NextDue(ctx context.Context, state preview.TaskState) (at time.Time, ok bool, err error) {
	var due int64
	err = s.reads(ctx, "find the next time", func(r *readers) error {
		err := r.row(ctx, `SELECT due FROM tasks INDEXED BY tasks_due WHERE open = 1 AND state = ? ORDER BY due LIMIT 1`,
			[]any{string(state)}, &due)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return moment(due), ok, err
}

// Reopen makes tasks that a killed process left rendering queued again, and with them those in a state that nobody knows,
// and returns how many there were. Tasks that were publishing stay so.
func (s *Store) Reopen(ctx context.Context) (int, error) {
	return s.write(ctx, "queue interrupted tasks again",
		`UPDATE tasks SET state = 'queued' WHERE open = 1 AND state NOT IN ('queued', 'publishing', 'later')`)
}

// CancelTasks makes a job's tasks that are queued, put off or waiting to be shown cancelled, and returns how many there
// were. Those that are rendering are left to who renders them.
func (s *Store) CancelTasks(ctx context.Context, job int64) (int, error) {
	return s.write(ctx, fmt.Sprintf("cancel the tasks of job %d", job),
		`UPDATE tasks SET state = 'cancelled', open = 0, reason = ?, detail = '', due = 0, ended = ?
		WHERE open = 1 AND job = ? AND state IN ('queued', 'later', 'publishing')`, string(preview.Cancelled), micros(s.now()), job)
}
