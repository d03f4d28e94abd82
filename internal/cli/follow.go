package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// opened opens the daemon while do works with it. What an earlier run left in the queue stays there.
func (a *app) opened(ctx context.Context, do func(context.Context, *daemon.Daemon) error) error {
	a.limitMemory(libraryMemory)
	stop := a.stderr.show(func(int, int) []string { return []string{a.paint.quiet("Getting ready ...")} }) // GPUs may have to be tested
	d, err := daemon.Open(ctx, a.daemonOptions())
	stop()
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, d), d.Close())
}

// working opens the daemon and keeps it running while do works with it. The context of do ends with a cause of its own
// when the daemon gives up, as it does without its store.
func (a *app) working(ctx context.Context, do func(context.Context, *daemon.Daemon) error) error {
	return a.opened(ctx, func(ctx context.Context, d *daemon.Daemon) error {
		running, end := context.WithCancel(ctx)
		working, giveUp := context.WithCancelCause(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { giveUp(d.Run(running)) })
		err := do(working, d)
		end()
		wg.Wait()
		return err
	})
}

// follow begins jobs and tells what becomes of their videos until nothing of them can be done now. nothing is said when
// there were none.
func (a *app) follow(
	ctx context.Context, d *daemon.Daemon, asJSON bool, nothing string, begin func(context.Context) ([]preview.Job, error),
) error {
	r := newScanRun(a, d.Spec(), asJSON, nothing)
	watching, enough := context.WithCancel(ctx)
	defer enough()
	updates := d.WatchAll(watching) // from before the jobs begin, so that nothing is missed
	hide := a.stderr.show(r.board.lines)
	unhook := context.AfterFunc(ctx, r.board.stop)
	var told sync.WaitGroup
	told.Go(func() {
		for u := range updates {
			if r.take(u) != nil {
				enough()
				return
			}
		}
	})
	jobs, err := begin(ctx) // jobs may come with an error, about what they are not
	for _, j := range jobs {
		_, waited := d.Wait(watching, j.ID)
		err = errors.Join(err, waited)
	}
	// Those that an earlier run left behind are worked on as well; they end when nothing can be done for them now.
	if err == nil {
		_, err = d.Wait(watching, 0)
	}
	enough()
	told.Wait()
	unhook()
	hide()
	return errors.Join(r.putOff(ctx, jobs, d.Store), r.end(ctx, err))
}
