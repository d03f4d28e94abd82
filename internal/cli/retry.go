package cli

import (
	"context"
	"fmt"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
)

type retryCmd struct {
	Failed bool  `help:"Only what failed or rests, not what was put off."`
	JSON   bool  `name:"json" help:"Print one JSON object for each video, and a summary."`
	Job    int64 `arg:"" optional:"" help:"Number of a job; without it all jobs."`
}

// Run tries videos again that failed, and forgives their strikes.
func (c *retryCmd) Run(ctx context.Context, a *app) error {
	if c.Job < 0 {
		return usage("a job has a number above 0, as the command jobs lists them")
	}
	return a.working(ctx, func(ctx context.Context, d *daemon.Daemon) error {
		return a.follow(ctx, d, c.JSON, "There is nothing to try again.", func(ctx context.Context) ([]preview.Job, error) {
			if c.Job > 0 {
				if _, err := d.Store.Job(ctx, c.Job); err != nil {
					return nil, err
				}
			}
			n, err := d.Control().Retry(ctx, c.Job, c.Failed)
			if err == nil && n > 0 {
				fmt.Fprintf(a.stderr, "%s to try again.\n", count(n, "video"))
			}
			return nil, err
		})
	})
}
