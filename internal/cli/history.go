package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
	Hint     string           `json:"hint"`
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
			lines := newJSONLines(a.Stdout)
			for _, j := range jobs {
				if err := lines.print(newJobRecord(j)); err != nil {
					return err
				}
			}
			return nil
		}
		if len(jobs) == 0 {
			fmt.Fprintf(a.Stdout, "No jobs yet. %q makes the first.\n", a.Name+" scan")
			return nil
		}
		return a.printJobs(jobs)
	})
}

func newJobRecord(j preview.Job) jobRecord {
	r := jobRecord{
		ID: j.ID, Title: j.Title, State: j.State, ReasonID: string(j.Reason), Reason: textOf(j.Reason), Hint: hintOf(j.Reason),
		Created: j.Created.UTC(), Counts: j.Counts,
	}
	if !j.Ended.IsZero() {
		r.Ended = new(j.Ended.UTC())
	}
	return r
}

// printJobs prints a table with a line for each job, and below it what it came to:
//
//	JOB  WHEN     STATE               WHAT
//	 12  2 h ago  done with failures  Scan all libraries of Attic
//	     13 videos: 12 published, 1 failed
func (a *app) printJobs(jobs []preview.Job) error {
	rows := [][]string{{"JOB", "WHEN", "STATE", "WHAT"}}
	for _, j := range jobs {
		rows = append(rows, []string{strconv.FormatInt(j.ID, 10), ago(a.Now().Sub(j.Created)), string(j.State), printable(j.Title)})
	}
	for i, width := 1, columnWidth(rows, 0); i < len(rows); i++ {
		rows[i][0] = fmt.Sprintf("%*s", width, rows[i][0])
	}
	p := a.paintFor(a.Stdout)
	lines := table(rows, func(row, column int, cell string) string {
		switch {
		case row == 0:
			return p.quiet(cell)
		case column == 2 && jobs[row-1].State == preview.JobFailed:
			return p.bad(cell)
		case column == 2 && jobs[row-1].State == preview.JobDoneWithFailed:
			return p.held(cell)
		}
		return cell
	})
	indent := strings.Repeat(" ", columnWidth(rows, 0)+2) // a title may be long; there is more room below the other columns
	for i, line := range lines {
		fmt.Fprintln(a.Stdout, line)
		if i == 0 {
			continue
		}
		j := jobs[i-1]
		fmt.Fprintln(a.Stdout, indent+p.quiet(tallyOf(j.Counts)))
		if j.Reason != "" {
			fmt.Fprintln(a.Stdout, indent+join(j.Reason.Text(), j.Reason.Hint()))
		}
	}
	return nil
}

type attentionCmd struct {
	JSON bool `name:"json" help:"Print one JSON object for each video."`
}

// attentionRecord is the JSON of a video that rests.
type attentionRecord struct {
	Video      string    `json:"video"`
	VideoBytes []byte    `json:"video_bytes,omitempty"` // see taskRecord
	Title      string    `json:"title"`
	Strikes    int       `json:"strikes"`
	ReasonID   string    `json:"reason_id"`
	Reason     string    `json:"reason"`
	Hint       string    `json:"hint"`
	Last       time.Time `json:"last"` // it was tried
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
		lines := newJSONLines(a.Stdout)
		p := a.paintFor(a.Stdout)
		for _, s := range strikes {
			if c.JSON {
				err = lines.print(attentionRecord{
					Video: s.Path, VideoBytes: odd(s.Path), Title: s.Title, Strikes: s.Count,
					ReasonID: string(s.Reason), Reason: textOf(s.Reason), Hint: hintOf(s.Reason), Last: s.Last.UTC(),
				})
			} else if _, err = fmt.Fprintf(a.Stdout, "%s %s\n    %s\n", p.bad("✗"), printable(s.Path),
				join(textOf(s.Reason), hintOf(s.Reason))); err != nil {
				err = &writeError{err}
			}
			if err != nil {
				return err
			}
		}
		switch {
		case c.JSON:
		case len(strikes) == 0:
			fmt.Fprintln(a.Stdout, "Nothing needs attention.")
		default:
			fmt.Fprintf(a.stderr, "%s failed three times and rest until their files change; %q tries them again.\n",
				count(len(strikes), "video"), a.Name+" retry --failed")
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
	return errors.Join(do(h), h.Close())
}
