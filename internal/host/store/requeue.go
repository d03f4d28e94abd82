package store

import (
	"context"
	"fmt"
)

// again says which tasks are tried again: the failed and resting ones of a job, or of all for 0, unless a newer one has the
// same video.
const again = ` FROM tasks AS t INDEXED BY tasks_job
	WHERE t.job IN (SELECT id FROM jobs WHERE ? IN (0, id)) AND t.state IN ('failed', 'resting')
	AND NOT EXISTS (SELECT 1 FROM tasks AS n INDEXED BY tasks_video WHERE n.source = t.source AND n.path = t.path AND n.id > t.id)`

// Requeue makes the failed and resting tasks of a job, or of all jobs for 0, queued again as if they were new (no reason,
// tries, devices or times), forgives the strikes of their files, and opens those of their jobs that were over (running, no
// reason, no end). A task stays as it is when a newer one has the same video. It returns how many tasks there were of each
// job, all in one transaction.
func (s *Store) Requeue(ctx context.Context, job int64) (map[int64]int, error) {
	tasks := map[int64]int{}
	err := s.writes(ctx, "try failed tasks again", func(ctx context.Context, w *writer) error {
		if err := w.rows(ctx, `SELECT t.job, count(*)`+again+` GROUP BY t.job`, []any{job}, func(row scanner) error {
			var id int64
			var n int
			err := row.Scan(&id, &n)
			tasks[id] = n
			return err
		}); err != nil {
			return err
		}
		for id := range tasks {
			if err := openAgain(ctx, w, id); err != nil {
				return fmt.Errorf("open job %d: %w", id, err)
			}
		}
		if _, err := w.exec(ctx, `DELETE FROM strikes WHERE path IN (SELECT t.path`+again+`)`, job); err != nil {
			return err
		}
		_, err := w.exec(ctx, `UPDATE tasks SET state = 'queued', open = 1, reason = '', detail = '', tries = 0, due = 0, tried = '',
				device = '', recipe = '', frames = 0, out = '', replaced = 0, shown = 0, elapsed = 0, started = 0, ended = 0
			WHERE id IN (SELECT t.id`+again+`)`, job)
		return err
	})
	if err != nil {
		return nil, err
	}
	return tasks, nil
}

// openAgain opens a job that is over. Its counts are whole, its tasks need not be: what the history forgot is the
// difference.
func openAgain(ctx context.Context, w *writer, job int64) error {
	_, err := w.exec(ctx, `UPDATE jobs SET state = 'running', open = 1, reason = '', detail = '', ended = 0,
			gone_published = max(0, published - (SELECT count(*) FROM tasks WHERE job = jobs.id AND state = 'published')),
			gone_shown = max(0, shown - (SELECT count(*) FROM tasks WHERE job = jobs.id AND state = 'published' AND shown = 1)),
			gone_failed = max(0, failed - (SELECT count(*) FROM tasks WHERE job = jobs.id AND state IN ('failed', 'resting'))),
			gone_cancelled = max(0, cancelled - (SELECT count(*) FROM tasks WHERE job = jobs.id AND state = 'cancelled'))
		WHERE id = ? AND open = 0`, job)
	return err
}
