package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const jobColumns = `id, kind, title, source, selection, regenerate, priority, state, reason, detail, created, started, ended,
	videos, already, waiting, published, shown, failed, later, cancelled, listed, total`

// AddJob stores a job and returns it with its ID.
func (s *Store) AddJob(ctx context.Context, j preview.Job) (preview.Job, error) {
	doing := "add job " + j.Title
	chosen, err := packSelection(j.Selection)
	if err != nil {
		return preview.Job{}, s.fault(doing, err)
	}
	added := j
	err = s.writes(ctx, doing, func(ctx context.Context, w *writer) error {
		c := j.Counts
		r, err := w.exec(ctx, `INSERT INTO jobs (kind, title, source, selection, regenerate, priority, state, open, reason,
				detail, created, started, ended, videos, already, waiting, published, shown, failed, later, cancelled, listed, total)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			string(j.Kind), j.Title, j.Source, chosen, j.Regenerate, j.Priority, string(j.State), !j.State.Final(), string(j.Reason),
			j.Detail, micros(j.Created), micros(j.Started), micros(j.Ended),
			c.Videos, c.Already, c.Waiting, c.Published, c.Shown, c.Failed, c.Later, c.Cancelled, j.Listed, j.Total)
		if err != nil {
			return err
		}
		added.ID, err = r.LastInsertId()
		return err
	})
	if err != nil {
		return preview.Job{}, err
	}
	raise(&s.lastJob, added.ID)
	return added, nil
}

// SaveJob stores a job's state, reason, counts and times. What it was asked to do stays as it was added. A job that is not
// there is [preview.NoJob].
func (s *Store) SaveJob(ctx context.Context, j preview.Job) error {
	doing := fmt.Sprintf("save job %d", j.ID)
	c := j.Counts
	n, err := s.write(ctx, doing, `UPDATE jobs SET title = ?, priority = ?, state = ?, open = ?, reason = ?, detail = ?,
			started = ?, ended = ?, videos = ?, already = ?, waiting = ?, published = ?, shown = ?, failed = ?, later = ?,
			cancelled = ?, listed = ?, total = ?
		WHERE id = ?`,
		j.Title, j.Priority, string(j.State), !j.State.Final(), string(j.Reason), j.Detail,
		micros(j.Started), micros(j.Ended), c.Videos, c.Already, c.Waiting, c.Published, c.Shown, c.Failed, c.Later,
		c.Cancelled, j.Listed, j.Total, j.ID)
	if err == nil && n == 0 {
		return preview.Because(preview.NoJob, "%s: it is not in the store", doing)
	}
	return err
}

// OpenJobs returns the jobs that are not final, in the order of their IDs, with their counts as they are now: those that
// its tasks say, where one that is publishing and was put off (its Due is set) counts as Later, and Already, for which
// there are no tasks, as SaveJob had it.
func (s *Store) OpenJobs(ctx context.Context) ([]preview.Job, error) {
	return s.jobs(ctx, "list the open jobs", `SELECT `+jobColumns+` FROM jobs WHERE open = 1 ORDER BY id`)
}

// Jobs returns up to limit jobs, the newest first: those below the ID before, or all when before is 0.
func (s *Store) Jobs(ctx context.Context, limit int, before int64) ([]preview.Job, error) {
	return s.jobs(ctx, "list the jobs",
		`SELECT `+jobColumns+` FROM jobs WHERE (? <= 0 OR id < ?) ORDER BY id DESC LIMIT ?`, before, before, max(limit, 0))
}

// Job returns a job. One that is not there, or not any more, is [preview.NoJob].
func (s *Store) Job(ctx context.Context, id int64) (preview.Job, error) {
	jobs, err := s.jobs(ctx, fmt.Sprintf("find job %d", id), `SELECT `+jobColumns+` FROM jobs WHERE id = ?`, id)
	switch {
	case err != nil:
		return preview.Job{}, err
	case len(jobs) == 0:
		return preview.Job{}, preview.Because(preview.NoJob, "find job %d: it is not in the store", id)
	}
	return jobs[0], nil
}

func (s *Store) jobs(ctx context.Context, doing, query string, args ...any) (jobs []preview.Job, err error) {
	err = s.reads(ctx, doing, func(r *readers) error {
		if err := r.rows(ctx, query, args, func(row scanner) error {
			j, err := scanJob(row)
			if bad, ok := errors.AsType[*badRow](err); ok {
				s.log.Warn().Err(bad).Msg("passed a job that cannot be read")
				return nil
			}
			jobs = append(jobs, j)
			return err
		}); err != nil {
			return err
		}
		for i := range jobs {
			if jobs[i].State.Final() {
				continue // its tasks may be gone from the history
			}
			if err := recount(ctx, r, &jobs[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return jobs, err
}

// recount counts a job's tasks, because a killed process may not have saved its own figures. Those that the history forgot
// before the job was opened again are counted with them.
func recount(ctx context.Context, r *readers, j *preview.Job) error {
	c := preview.Counts{Already: j.Counts.Already}
	if err := r.row(ctx, `SELECT gone_published, gone_shown, gone_failed, gone_cancelled FROM jobs WHERE id = ?`, []any{j.ID},
		&c.Published, &c.Shown, &c.Failed, &c.Cancelled); err != nil {
		return err
	}
	err := r.rows(ctx, `SELECT state, count(*), sum(shown), sum(due <> 0) FROM tasks WHERE job = ? GROUP BY state`, []any{j.ID},
		func(row scanner) error {
			var state preview.TaskState
			var n, shown, putOff int
			if err := row.Scan(&state, &n, &shown, &putOff); err != nil {
				return err
			}
			switch state {
			case preview.TaskAlready: // a part of Already, by whom it was found so
			case preview.TaskPublished:
				c.Published += n
				c.Shown += shown
			case preview.TaskFailed, preview.TaskResting:
				c.Failed += n
			case preview.TaskLater:
				c.Later += n
			case preview.TaskCancelled:
				c.Cancelled += n
			case preview.TaskPublishing:
				c.Later += putOff
				c.Waiting += n - putOff
			default:
				c.Waiting += n
			}
			return nil
		})
	c.Videos = c.Already + c.Waiting + c.Published + c.Failed + c.Later + c.Cancelled
	j.Counts = c
	return err
}

// badRow says that a row holds what no Scrubjay writes: the file was damaged, or edited. It is passed, so that it stops
// nothing else.
type badRow struct {
	what string
	id   int64
	err  error
}

func (b *badRow) Error() string { return fmt.Sprintf("read %s %d: %v", b.what, b.id, b.err) }

func (b *badRow) Unwrap() error { return b.err }

func scanJob(row scanner) (preview.Job, error) {
	var (
		j                       preview.Job
		chosen                  string
		created, started, ended int64
		err                     error
	)
	c := &j.Counts
	if err := row.Scan(&j.ID, &j.Kind, &j.Title, &j.Source, &chosen, &j.Regenerate, &j.Priority, &j.State, &j.Reason, &j.Detail,
		&created, &started, &ended, &c.Videos, &c.Already, &c.Waiting, &c.Published, &c.Shown, &c.Failed, &c.Later, &c.Cancelled,
		&j.Listed, &j.Total); err != nil {
		return preview.Job{}, err
	}
	switch j.State {
	case preview.JobQueued, preview.JobListing, preview.JobRunning:
	default:
		if !j.State.Final() {
			return preview.Job{}, &badRow{"job", j.ID, fmt.Errorf("unknown state %q", j.State)}
		}
	}
	if j.Selection, err = unpackSelection(chosen); err != nil {
		return preview.Job{}, &badRow{"job", j.ID, err}
	}
	j.Created, j.Started, j.Ended = moment(created), moment(started), moment(ended)
	return j, nil
}
