package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
)

type jobsCmd struct {
	JSON bool `name:"json" help:"Print one JSON object for each job."`
}

// jobRecord is the JSON of one job.
type jobRecord struct {
	ID       int64            `json:"id"`
	Title    string           `json:"title"`
	State    preview.JobState `json:"state"`
	ReasonID string           `json:"reason_id"`
	Reason   string           `json:"reason"`
	Created  time.Time        `json:"created"`
	Ended    *time.Time       `json:"ended"` // null while it is open
	Counts   preview.Counts   `json:"counts"`
}

// mostJobs is how many jobs are listed: the store keeps no more of them.
const mostJobs = 200

// Run lists jobs, the newest first.
func (c *jobsCmd) Run(ctx context.Context, a *app) error {
	return a.reading(ctx, func(h *daemon.History) error {
		jobs, err := h.Jobs(ctx, mostJobs, 0)
		if err != nil {
			return err
		}
		if c.JSON {
			enc := json.NewEncoder(a.Stdout)
			enc.SetEscapeHTML(false)
			for _, j := range jobs {
				r := jobRecord{
					ID: j.ID, Title: j.Title, State: j.State, ReasonID: string(j.Reason), Reason: textOf(j.Reason),
					Created: j.Created.UTC(), Counts: j.Counts,
				}
				if !j.Ended.IsZero() {
					r.Ended = new(j.Ended.UTC())
				}
				if err := enc.Encode(r); err != nil {
					return &writeError{err}
				}
			}
			return nil
		}
		if len(jobs) == 0 {
			fmt.Fprintf(a.Stdout, "No jobs yet. %q makes the first.\n", a.Name+" scan")
			return nil
		}
		rows := [][]string{{"JOB", "WHAT", "STATE", "VIDEOS", "PUBLISHED", "ALREADY", "FAILED", "LATER", "WHEN"}}
		for _, j := range jobs {
			n := j.Counts
			rows = append(rows, []string{
				fmt.Sprint(j.ID), printable(j.Title), string(j.State), fmt.Sprint(n.Videos), fmt.Sprint(n.Published),
				fmt.Sprint(n.Already), fmt.Sprint(n.Failed), fmt.Sprint(n.Later), ago(a.Now().Sub(j.Created)),
			})
		}
		return a.printTable(rows, a.headed())
	})
}

// headed dresses the first row of a table.
func (a *app) headed() func(row, column int, cell string) string {
	p := a.paintFor(a.Stdout)
	return func(row, _ int, cell string) string {
		if row == 0 {
			return p.quiet(cell)
		}
		return cell
	}
}

type attentionCmd struct {
	JSON bool `name:"json" help:"Print one JSON object for each video."`
}

// attentionRecord is the JSON of a video that rests.
type attentionRecord struct {
	Video    string    `json:"video"`
	Title    string    `json:"title"`
	Strikes  int       `json:"strikes"`
	ReasonID string    `json:"reason_id"`
	Reason   string    `json:"reason"`
	Hint     string    `json:"hint"`
	Last     time.Time `json:"last"` // it was tried
}

// mostAttention is how many videos are listed at most.
const mostAttention = 10_000

// Run lists what rests after three strikes. That there is something is an answer, not a failure.
func (c *attentionCmd) Run(ctx context.Context, a *app) error {
	return a.reading(ctx, func(h *daemon.History) error {
		strikes, err := h.Attention(ctx, mostAttention)
		if err != nil {
			return err
		}
		enc := json.NewEncoder(a.Stdout)
		enc.SetEscapeHTML(false)
		p := a.paintFor(a.Stdout)
		for _, s := range strikes {
			if c.JSON {
				err = enc.Encode(attentionRecord{
					Video: s.Path, Title: s.Title, Strikes: s.Count, ReasonID: string(s.Reason), Reason: textOf(s.Reason),
					Hint: hintOf(s.Reason), Last: s.Last.UTC(),
				})
			} else {
				_, err = fmt.Fprintf(a.Stdout, "%s %s\n    %s\n", p.bad("!"), printable(s.Path),
					join(textOf(s.Reason), hintOf(s.Reason)))
			}
			if err != nil {
				return &writeError{err}
			}
		}
		if len(strikes) == 0 && !c.JSON {
			fmt.Fprintln(a.Stdout, "Nothing needs attention.")
		} else if !c.JSON {
			fmt.Fprintf(a.stderr, "%s; %q tries again.\n", count(len(strikes), "video"), a.Name+" retry")
		}
		return nil
	})
}

// reading opens what is remembered of jobs, also beside a Scrubjay that runs.
func (a *app) reading(ctx context.Context, do func(*daemon.History) error) error {
	h, err := daemon.OpenHistory(ctx, a.daemonOptions())
	if err != nil {
		return err
	}
	defer h.Close()
	return do(h)
}

type retryCmd struct {
	Failed bool  `help:"Only what failed or rests, not what was put off."`
	JSON   bool  `name:"json" help:"Print one JSON object for each video, and a summary."`
	Job    int64 `arg:"" optional:"" help:"Number of a job; without it all jobs."`
}

// Run tries videos again that failed, and forgives their strikes.
func (c *retryCmd) Run(ctx context.Context, a *app) error {
	return a.working(ctx, func(ctx context.Context, d *daemon.Daemon) error {
		return a.follow(ctx, d, c.JSON, func(ctx context.Context) ([]preview.Job, error) {
			n, err := d.Retry(ctx, c.Job, c.Failed)
			if err == nil {
				fmt.Fprintf(a.stderr, "%s to try again.\n", count(n, "video"))
			}
			return nil, err
		})
	})
}
