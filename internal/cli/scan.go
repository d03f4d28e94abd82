package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
)

type scanCmd struct {
	Library    []string `placeholder:"NAME|KEY" help:"Scan this library of Plex; may be given several times. Without a library, folder or path all libraries are scanned that the settings do not leave out."`
	Folder     []path   `placeholder:"DIR" help:"Scan this folder, which need not belong to Plex; previews go next to the videos as NAME-WIDTH-SECONDS.bif."`
	Path       []path   `placeholder:"FILE|DIR" help:"Scan only this file, or what is below this folder, of Plex's libraries."`
	Limit      int      `placeholder:"N" help:"Make at most so many previews."`
	Order      string   `default:"newest" enum:"newest,oldest,random,name" help:"Which videos go first: newest, oldest, random or name."`
	Regenerate bool     `help:"Make previews anew that are there. Plex may go on showing the old ones until it restarts."`
	DryRun     bool     `help:"Only say which videos need a preview."`
	JSON       bool     `name:"json" help:"Print one JSON object for each video, and a summary."`
}

// selection is what the flags choose.
func (c *scanCmd) selection() (preview.Selection, error) {
	if c.Limit < 0 {
		return preview.Selection{}, usage("--limit must be a positive number, not %d", c.Limit)
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
	return a.working(ctx, func(ctx context.Context, d *daemon.Daemon) error {
		if c.DryRun {
			return c.dryRun(ctx, a, d, selection)
		}
		return a.follow(ctx, d, c.JSON, func(ctx context.Context) ([]preview.Job, error) {
			return d.Scan(ctx, selection, c.Regenerate)
		})
	})
}

// working opens the daemon and keeps it running while do works with it.
func (a *app) working(ctx context.Context, do func(context.Context, *daemon.Daemon) error) error {
	d, err := daemon.Open(ctx, a.daemonOptions())
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var ran error
	working, fail := context.WithCancelCause(ctx)
	wg.Go(func() {
		ran = d.Run(running)
		fail(ran) // a store that gave up ends what waits for it
	})
	err = do(working, d)
	stop()
	wg.Wait()
	fail(nil)
	if ran != nil && ctx.Err() == nil && !errors.Is(ran, context.Canceled) {
		err = ran
	}
	return errors.Join(err, d.Close())
}

// follow begins jobs and tells what becomes of their videos until nothing of them can be done now.
func (a *app) follow(ctx context.Context, d *daemon.Daemon, asJSON bool, begin func(context.Context) ([]preview.Job, error)) error {
	r := newScanRun(a, d, asJSON)
	watching, enough := context.WithCancel(ctx)
	defer enough()
	updates := d.WatchAll(watching) // from before the jobs begin, so that nothing is missed
	hide := a.stderr.show(r.board.lines)
	var told sync.WaitGroup
	told.Go(func() {
		for u := range updates {
			if err := r.take(u); err != nil {
				enough()
				return
			}
		}
	})
	jobs, err := begin(ctx)
	for _, j := range jobs {
		r.began(j)
	}
	for _, j := range jobs {
		last, waited := d.Wait(watching, j.ID)
		if waited != nil {
			err = errors.Join(err, waited)
			continue
		}
		r.ended(last)
	}
	// Those that an earlier run left behind are worked on as well; they end when nothing can be done for them now.
	if err == nil {
		_, err = d.Wait(watching, 0)
	}
	enough()
	told.Wait()
	hide()
	return r.sum(ctx, err)
}

// dryRun says which videos a scan would work on.
func (c *scanCmd) dryRun(ctx context.Context, a *app, d *daemon.Daemon, s preview.Selection) error {
	enc := json.NewEncoder(a.Stdout)
	enc.SetEscapeHTML(false)
	need, already := 0, 0
	for plan, err := range d.Plan(ctx, s, c.Regenerate) {
		if err != nil {
			return err
		}
		already += plan.Already
		for _, v := range plan.Work {
			need++
			var err error
			if c.JSON {
				err = enc.Encode(plannedRecord{Event: "planned", Video: v.Path, Title: v.Title, Bytes: v.Size})
			} else {
				_, err = fmt.Fprintln(a.Stdout, printable(v.Path))
			}
			if err != nil {
				return &writeError{err}
			}
		}
	}
	if c.JSON {
		if err := enc.Encode(summaryRecord{Event: "summary", Videos: need + already, Already: already}); err != nil {
			return &writeError{err}
		}
		return nil
	}
	fmt.Fprintf(a.stderr, "%s of %d; nothing was made.\n", needOf(need), need+already)
	return nil
}

func needOf(n int) string {
	if n == 1 {
		return "1 video needs a preview"
	}
	return fmt.Sprintf("%d videos need a preview", n)
}
