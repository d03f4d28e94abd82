package main

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// What must be reached with a library of libraryParts.
const (
	libraryParts  = 100_000
	scanLimit     = 25 * time.Second
	againLimit    = 10 * time.Second
	scanMemory    = 200 << 20 // bytes
	restartLimit  = 3 * time.Second
	overheadLimit = 500 // tasks a second
	// pageParts is how many parts one page call brings, and otherRequests how many more calls a scan may take: who the
	// server is, what libraries it has, a look behind the last page.
	pageParts     = 1000
	otherRequests = 10
)

// library measures scans of a large library, played by a stand-in for Plex that answers at once.
func (b *bench) library(ctx context.Context) error {
	parts := libraryParts
	if b.short {
		parts /= 10
	}
	b.report.libraryTitle("A library of %s videos, at a Plex that answers at once", grouped(int64(parts)))
	for _, part := range []func(context.Context, int) error{b.settled, b.fileless, b.restart} {
		if err := part(ctx, parts); err != nil {
			return err
		}
	}
	return b.overhead(ctx)
}

// command runs scrubjayd in a library, prints what it took, and holds it against what must be reached. A limit of 0 is
// none. name tells it from others.
func (b *bench) command(ctx context.Context, p *library, limit time.Duration, requests int, name string, args ...string) (summary, error) {
	p.ForgetRequests()
	u, out, err := measure(ctx, command{path: b.ours.scrubjayd, args: args, env: p.env})
	if err != nil {
		return summary{}, err
	}
	asked := p.Count("")
	b.report.libraryRow(name, u, asked)
	if limit > 0 {
		b.report.must(u.wall < limit, name, "< "+seconds(limit), seconds(u.wall))
	}
	if u.memory >= 0 {
		b.report.must(u.memory < scanMemory, name+": memory", "< "+mebibytes(scanMemory), mebibytes(u.memory))
	}
	b.report.must(asked <= requests, name+": requests", fmt.Sprintf("%d", requests), strconv.Itoa(asked))
	return lastLine(out)
}

// settled measures a library that needs nothing.
func (b *bench) settled(ctx context.Context, parts int) error {
	p, err := play(b.dir, parts, parts)
	if err != nil {
		return err
	}
	defer p.end()
	requests := parts/pageParts + otherRequests
	for _, c := range []struct {
		limit time.Duration
		name  string
		args  []string
		known bool // every video is in the ledger
	}{
		{scanLimit, "scan, all settled", []string{"scan"}, false},
		{againLimit, "scan, a second time", []string{"scan"}, false},
		{againLimit, "scan --json", []string{"scan", "--json"}, false},
		{againLimit, "scan, all in the ledger", []string{"scan", "--json"}, true},
		{againLimit, "libraries", []string{"libraries", "--json"}, true},
	} {
		if c.known {
			if err := p.know(ctx); err != nil {
				return err
			}
		}
		end, err := b.command(ctx, p, c.limit, requests, c.name, c.args...)
		if err != nil {
			return err
		}
		if got := cmp.Or(end.Already, end.Shown); got != parts && len(c.args) > 1 {
			return fmt.Errorf("scrubjayd %s counts %d of %d videos", strings.Join(c.args, " "), got, parts)
		}
	}
	return nil
}

// fileless measures a library of which no video has a preview, and no file is there, though its folder is.
func (b *bench) fileless(ctx context.Context, parts int) error {
	p, err := play(b.dir, parts, 0)
	if err != nil {
		return err
	}
	defer p.end()
	// Each of them needs work, and still no request: it ends at the file.
	requests := parts/pageParts + otherRequests
	for _, c := range []struct {
		name string
		args []string
	}{
		{"libraries, no file there", []string{"libraries", "--json"}},
		{"scan --dry-run, no file there", []string{"scan", "--json", "--dry-run"}},
		{"scan, no file there", []string{"scan", "--json"}},
		{"scan, no file there, a second time", []string{"scan", "--json"}},
	} {
		end, err := b.command(ctx, p, 0, requests, c.name, c.args...)
		if err != nil {
			return err
		}
		if end.Videos != parts {
			return fmt.Errorf("scrubjayd %s counts %d of %d videos", strings.Join(c.args, " "), end.Videos, parts)
		}
	}
	return nil
}

// restart measures how long it takes until scrubjayd is through with the first task of a long queue.
func (b *bench) restart(ctx context.Context, parts int) error {
	p, err := play(b.dir, parts, 0)
	if err != nil {
		return err
	}
	defer p.end()
	if err := p.queue(ctx); err != nil {
		return err
	}
	name := "start with a queue of " + grouped(int64(parts))
	u, err := untilFirstLine(ctx, command{path: b.ours.scrubjayd, args: []string{"scan", "--json"}, env: p.env})
	if err != nil {
		return err
	}
	b.report.libraryRow(name, u, p.Count(""))
	b.report.must(u.wall < restartLimit, name, "< "+seconds(restartLimit), seconds(u.wall))
	return nil
}

// overhead has the engine's own benchmark say how many tasks it moves in a second when rendering takes no time.
func (b *bench) overhead(ctx context.Context) error {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	_, out, err := measure(ctx, command{path: goTool, args: []string{
		"test", "-run=^$", "-bench=^BenchmarkTasks$", "-benchtime=5000x", "./internal/daemon",
	}})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	rate, err := figure(out, "tasks/s")
	if err != nil {
		return err
	}
	fmt.Fprintf(b.report.w, "  %-42s %.0f tasks/s\n", "queue, store and events", rate)
	b.report.must(rate >= overheadLimit, "queue, store and events", fmt.Sprintf("%d tasks/s", overheadLimit), fmt.Sprintf("%.0f", rate))
	return nil
}
