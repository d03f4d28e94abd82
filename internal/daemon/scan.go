package daemon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/source"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Scan makes a job for each source that the selection is about: the Plex servers for libraries and paths, the folders for
// folders. They are stored when it returns. Jobs may come with an error: it is about what they are not.
func (d *Daemon) Scan(ctx context.Context, s preview.Selection, regenerate bool) ([]preview.Job, error) {
	requests, missed := d.requests(ctx, s)
	var jobs []preview.Job
	for _, r := range requests {
		r.Regenerate = regenerate
		job, err := d.Engine.Scan(ctx, r)
		if err != nil {
			return jobs, errors.Join(err, missed)
		}
		jobs = append(jobs, job)
	}
	return jobs, missed
}

// Plan says what a scan would do, and does nothing.
func (d *Daemon) Plan(ctx context.Context, s preview.Selection, regenerate bool) iter.Seq2[engine.Plan, error] {
	return func(yield func(engine.Plan, error) bool) {
		requests, missed := d.requests(ctx, s)
		for _, r := range requests {
			r.Regenerate = regenerate
			for plan, err := range d.Engine.Plan(ctx, r) {
				if !yield(plan, err) || err != nil {
					return
				}
			}
		}
		if missed != nil {
			yield(engine.Plan{}, missed)
		}
	}
}

// requests splits a selection by the sources that it is about. Requests may come with an error, about a server that is
// set up and cannot be asked.
func (d *Daemon) requests(ctx context.Context, s preview.Selection) (out []engine.Request, err error) {
	if s.Empty() {
		return nil, preview.Because(preview.NothingChosen, "the selection is empty")
	}
	if s.All || len(s.Libraries)+len(s.Paths) > 0 {
		if len(d.servers.all) == 0 {
			return nil, d.servers.none()
		}
		mine := s
		mine.Folders, mine.Paths = nil, absolute(s.Paths)
		shares, refused := d.shares(ctx, mine)
		if refused != nil {
			return nil, refused
		}
		for i, share := range shares {
			if c := d.servers.all[i].conf; !share.Empty() {
				out = append(out, engine.Request{Source: plexID(c.ID), Selection: share, Title: title(share, c.Name)})
			}
		}
		if s.All {
			err = d.servers.unknown
		}
	}
	if len(s.Folders) > 0 {
		mine := preview.Selection{Folders: absolute(s.Folders), Order: s.Order, Limit: s.Limit}
		out = append(out, engine.Request{Source: source.FolderID, Selection: mine, Title: title(mine, "")})
	}
	return out, err
}

// shares returns what of a selection is about each of the servers. With several of them, a library that only one has is
// none of the others' business.
func (d *Daemon) shares(ctx context.Context, s preview.Selection) ([]preview.Selection, error) {
	shares := make([]preview.Selection, len(d.servers.all))
	if s.All || len(shares) == 1 {
		for i := range shares {
			shares[i] = s
		}
		return shares, nil
	}
	for i := range shares {
		shares[i] = preview.Selection{Order: s.Order, Limit: s.Limit}
	}
	for _, name := range s.Libraries {
		holders, err := d.holders(ctx, preview.Selection{Libraries: []string{name}})
		if err != nil {
			return nil, err
		}
		for _, i := range holders {
			shares[i].Libraries = append(shares[i].Libraries, name)
		}
	}
	for _, path := range s.Paths {
		holders, err := d.holders(ctx, preview.Selection{Paths: []string{path}})
		if err != nil {
			return nil, err
		}
		for _, i := range holders {
			shares[i].Paths = append(shares[i].Paths, path)
		}
	}
	return shares, nil
}

// holders returns the servers that a library or a path is about, by their places in the settings. Where none of those that
// answer has it, it may be one of those that do not; the error says that there are none of these either.
func (d *Daemon) holders(ctx context.Context, one preview.Selection) (has []int, err error) {
	var silent []int
	for i, s := range d.servers.all {
		library, ok := d.sources[plexID(s.conf.ID)]
		if !ok {
			continue
		}
		hasNot := library.Source.Check(ctx, one)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		switch preview.ReasonOf(hasNot) {
		case preview.PlexNoLibrary, preview.PathOutside, preview.NothingChosen:
			err = hasNot
		case preview.PlexAway, preview.PlexBusy, preview.PlexName, preview.PlexRefused, preview.PlexTLS, preview.PlexNotPlex,
			preview.PlexIdentity, preview.PlexToken:
			silent = append(silent, i)
		default: // whatever else is wrong, the job will say
			has = append(has, i)
		}
	}
	if len(has) > 0 {
		return has, nil
	}
	if len(silent) > 0 {
		return silent, nil
	}
	return nil, err
}

// plexID is how videos of a server name their source; see package source.
func plexID(machine string) string { return "plex:" + machine }

// title says for people what a job is about.
func title(s preview.Selection, server string) string {
	what := "all libraries"
	switch {
	case len(s.Libraries) > 0:
		what = strings.Join(s.Libraries, ", ")
	case len(s.Paths) == 1:
		what = s.Paths[0]
	case len(s.Paths) > 1:
		what = fmt.Sprintf("%d paths", len(s.Paths))
	case len(s.Folders) == 1:
		what = s.Folders[0]
	case len(s.Folders) > 1:
		what = fmt.Sprintf("%d folders", len(s.Folders))
	}
	if server != "" {
		return "Scan " + what + " of " + server
	}
	return "Scan " + what
}

// absolute makes paths independent of where this process happens to stand: a job outlives it. What a server names, such as
// D:\Films, stays.
func absolute(paths []string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = path
		if abs, err := filepath.Abs(path); err == nil && path != "" && !pathmap.Absolute(path) {
			out[i] = abs
		}
	}
	return out
}
