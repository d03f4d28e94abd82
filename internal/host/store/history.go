package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// What the history keeps. A task is forgotten only when its job is over; the ledger and the strikes are no history.
const (
	keptJobs  = 200  // the newest jobs that are over, and as many again of those with failures
	keptTasks = 5000 // the newest tasks of each outcome, so that ten thousand good ones never push out a failure
)

// Tasks returns up to limit tasks of a job with IDs above after, by ID: those in one of the states, or all when none is
// named.
func (s *Store) Tasks(ctx context.Context, job int64, states []preview.TaskState, limit int, after int64) ([]preview.Task, error) {
	if len(states) == 0 {
		states = []preview.TaskState{
			preview.TaskQueued, preview.TaskRendering, preview.TaskPublishing, preview.TaskLater, preview.TaskAlready,
			preview.TaskPublished, preview.TaskFailed, preview.TaskResting, preview.TaskCancelled,
		}
	}
	// State by state, each in the order of the index: a page of a large job costs as little as one of a small job.
	var all []preview.Task
	for _, state := range slices.Compact(slices.Sorted(slices.Values(states))) {
		tasks, _, err := s.tasks(ctx, fmt.Sprintf("list the tasks of job %d", job), `SELECT `+taskColumns+` FROM tasks
			INDEXED BY tasks_job WHERE job = ? AND state = ? AND id > ? ORDER BY id LIMIT ?`, job, string(state), after, max(limit, 0))
		if err != nil {
			return nil, err
		}
		all = append(all, tasks...)
	}
	slices.SortFunc(all, func(a, b preview.Task) int { return cmp.Compare(a.ID, b.ID) })
	return all[:min(len(all), max(limit, 0))], nil
}

// Tidy forgets what is too old for the history and gives free space back to the disk, in small steps between which others
// may write. It ends early, with the context's error, when the context does, but not before it has done a step: however
// slow the machine is, Open, which calls it for a moment, gets on with it from start to start.
func (s *Store) Tidy(ctx context.Context) error {
	if err := s.dropJobs(ctx); err != nil {
		return err
	}
	if err := s.dropTasks(ctx); err != nil {
		return err
	}
	return s.shrink(ctx)
}

// bite is how many rows, or pages, one step takes: about 10 ms.
const bite = 500

// drop forgets a bite of tasks, and ends with the context.
func (s *Store) drop(ctx context.Context, query string, args ...any) (int, error) {
	n, err := s.write(context.WithoutCancel(ctx), "forget old tasks", query, args...)
	if err == nil {
		err = s.fault("tidy the history", context.Cause(ctx))
	}
	return n, err
}

func (s *Store) dropJobs(ctx context.Context) error {
	var old []int64
	keep := context.WithoutCancel(ctx)
	err := s.reads(keep, "find old jobs", func(r *readers) error {
		return r.rows(keep, `SELECT id FROM jobs WHERE open = 0
			AND id NOT IN (SELECT id FROM jobs WHERE open = 0 ORDER BY id DESC LIMIT ?)
			AND id NOT IN (SELECT id FROM jobs WHERE open = 0 AND (failed > 0 OR state = 'failed') ORDER BY id DESC LIMIT ?)`,
			[]any{keptJobs, keptJobs}, func(row scanner) error {
				var id int64
				err := row.Scan(&id)
				old = append(old, id)
				return err
			})
	})
	if err != nil {
		return err
	}
	for _, id := range old {
		// Its tasks first, bite by bite; the last statement alone would take seconds for a large job.
		for n := bite; n == bite; {
			if n, err = s.drop(ctx, `DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE job = ? LIMIT ?)`, id, bite); err != nil {
				return err
			}
		}
		if _, err := s.write(ctx, "forget an old job", `DELETE FROM jobs WHERE id = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) dropTasks(ctx context.Context) error {
	type group struct {
		job   int64
		state preview.TaskState
		count int
	}
	var groups []group
	keep := context.WithoutCancel(ctx)
	err := s.reads(keep, "find old tasks", func(r *readers) error {
		return r.rows(keep, `SELECT job, state, count(*) FROM tasks WHERE job IN (SELECT id FROM jobs WHERE open = 0)
			GROUP BY job, state ORDER BY job DESC`, nil, func(row scanner) error {
			var g group
			err := row.Scan(&g.job, &g.state, &g.count)
			groups = append(groups, g)
			return err
		})
	})
	if err != nil {
		return err
	}
	room := map[preview.TaskState]int{}
	for _, g := range groups {
		if !g.state.Final() {
			continue // of a job that is over, and yet in the queue: the engine's to settle
		}
		if _, ok := room[g.state]; !ok {
			room[g.state] = keptTasks
		}
		left := room[g.state] - g.count
		room[g.state] = max(left, 0)
		if left >= 0 {
			continue
		}
		for surplus := -left; surplus > 0; surplus -= bite {
			if _, err := s.drop(ctx, `DELETE FROM tasks WHERE id IN
				(SELECT id FROM tasks INDEXED BY tasks_job WHERE job = ? AND state = ? ORDER BY id LIMIT ?)`,
				g.job, string(g.state), min(surplus, bite)); err != nil {
				return err
			}
		}
	}
	return nil
}

// spare is how many free pages stay for what comes next: a megabyte.
const spare = 256

// shrink gives free pages back to the disk.
func (s *Store) shrink(ctx context.Context) error {
	const doing = "give space back"
	for {
		var free int
		if err := s.reads(ctx, doing, func(r *readers) error {
			return r.row(ctx, "PRAGMA freelist_count", nil, &free)
		}); err != nil || free <= spare {
			return err
		}
		var left int
		if err := s.call(ctx, doing, func(h *handles) error {
			return h.write.alone(ctx, func(ctx context.Context) error {
				// Not prepared: the driver runs it to its end only this way.
				if _, err := h.write.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", bite)); err != nil {
					return err
				}
				return h.write.row(ctx, "PRAGMA freelist_count", nil, &left)
			})
		}); err != nil || left >= free {
			return err // a database without auto_vacuum frees nothing
		}
	}
}
