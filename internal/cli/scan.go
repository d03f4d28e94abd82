package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
)

type scanCmd struct {
	Library    []string `sep:"none" placeholder:"NAME|KEY" help:"Scan this library of Plex; may be given several times. Without a library, folder or path all libraries are scanned that the settings do not leave out."`
	Folder     []path   `sep:"none" placeholder:"DIR" help:"Scan this folder, which need not belong to Plex; previews go next to the videos as NAME-WIDTH-SECONDS.bif."`
	Path       []path   `sep:"none" placeholder:"FILE|DIR" help:"Scan only this file, or what is below this folder, of Plex's libraries."`
	Limit      int      `placeholder:"N" help:"Make at most so many previews."`
	Order      string   `placeholder:"newest" help:"Which videos go first: newest, oldest, random or name. Without it as the settings say, which is newest unless you change it."`
	Regenerate bool     `help:"Make previews anew that are there. Plex may go on showing the old ones until it restarts."`
	DryRun     bool     `help:"Only say which videos need a preview."`
	JSON       bool     `name:"json" help:"Print one JSON object for each video, and a summary."`
}

// selection is what the flags choose.
func (c *scanCmd) selection() (preview.Selection, error) {
	if c.Limit < 0 {
		return preview.Selection{}, usage("--limit must be a number above 0, not %d", c.Limit)
	}
	switch preview.Order(c.Order) {
	case "", preview.Newest, preview.Oldest, preview.Random, preview.ByName:
	default:
		return preview.Selection{}, usage("--order must be newest, oldest, random or name, not %q", c.Order)
	}
	s := preview.Selection{Libraries: c.Library, Order: preview.Order(c.Order), Limit: c.Limit}
	for _, chosen := range []struct {
		flag string
		from []path
		to   *[]string
	}{{"--folder", c.Folder, &s.Folders}, {"--path", c.Path, &s.Paths}} {
		for _, p := range chosen.from {
			if p == "" {
				return s, usage("%s needs a name", chosen.flag)
			}
			*chosen.to = append(*chosen.to, string(p))
		}
	}
	for _, l := range c.Library {
		if l == "" { // a script's empty variable must not become "everything"
			return s, usage("--library needs a name")
		}
	}
	// A person who types "scan" and nothing else means all of it. Nobody else gets everything for nothing.
	s.All = s.Empty()
	return s, nil
}

// Run scans to the end: until every video has its preview or a reason why not.
func (c *scanCmd) Run(ctx context.Context, a *app) error {
	selection, err := c.selection()
	if err != nil {
		return err
	}
	begin := a.working
	if c.DryRun { // nor is anything made that is left from earlier
		begin = a.opened
	}
	return begin(ctx, func(ctx context.Context, d *daemon.Daemon) error {
		selection.Order = cmp.Or(selection.Order, d.Config.Get().Order)
		if c.DryRun {
			return c.dryRun(ctx, a, d, selection)
		}
		return a.follow(ctx, d, c.JSON, "No videos were found there.", func(ctx context.Context) ([]preview.Job, error) {
			return d.Scan(ctx, selection, c.Regenerate)
		})
	})
}

// dryRun says which videos a scan would work on.
func (c *scanCmd) dryRun(ctx context.Context, a *app, d *daemon.Daemon, s preview.Selection) error {
	begun := a.Now()
	lines := newJSONLines(a.Stdout)
	var looked atomic.Int64
	stop := a.stderr.show(func(int, int) []string {
		return []string{a.paint.quiet("Looking at " + count(int(looked.Load()), "video") + " ...")}
	})
	need, already := 0, 0
	err := func() error {
		for plan, err := range d.Plan(ctx, s, c.Regenerate) {
			if err != nil {
				return err
			}
			already += plan.Already
			looked.Add(int64(plan.Already + len(plan.Work)))
			for _, v := range plan.Work {
				need++
				if c.JSON {
					err = lines.print(plannedRecord{Event: "planned", Video: v.Path, VideoBytes: odd(v.Path), Title: v.Title, Bytes: v.Size})
				} else if _, err = fmt.Fprintln(a.Stdout, printable(v.Path)); err != nil {
					err = &writeError{err}
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	}()
	stop()
	if err != nil && need+already == 0 {
		return err
	}
	if c.JSON {
		end := summaryRecord{Event: "summary", Videos: need + already, Already: already, ElapsedMS: a.Now().Sub(begun).Milliseconds()}
		return errors.Join(err, lines.print(end.because(err)))
	}
	fmt.Fprintf(a.stderr, "%s of %d; nothing was made.\n", needOf(need), need+already)
	return err
}

func needOf(n int) string {
	if n == 1 {
		return "1 video needs a preview"
	}
	return fmt.Sprintf("%d videos need a preview", n)
}
