package daemon

import (
	"context"
	"iter"
	"slices"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/publish/plexbundle"
	"github.com/scrubjay/scrubjay/internal/library/publish/sidecar"
	"github.com/scrubjay/scrubjay/internal/library/source"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// libraries are the servers of the settings, and plain folders, by what their videos call their source.
func (d *Daemon) libraries(ctx context.Context) (map[string]engine.Library, error) {
	c := d.Config.Get()
	out := map[string]engine.Library{}
	for _, s := range d.servers.all {
		library, err := d.plexLibrary(ctx, s, c.Rules)
		if err != nil {
			return nil, err
		}
		out[library.Source.ID()] = library
	}
	rules, err := rulesOf(c.Rules, nil)
	if err != nil {
		return nil, err
	}
	side := sidecar.New(d.spec)
	from := folders{source.NewFolder(source.Options{Rules: rules, Log: d.Log("source")}), side.There}
	out[from.ID()] = engine.Library{Source: from, Publisher: side}
	return out, nil
}

// plexLibrary is where the videos of a server come from, and where their previews go.
func (d *Daemon) plexLibrary(ctx context.Context, s *server, r config.Rules) (engine.Library, error) {
	m, err := mapOf(s.conf)
	if err != nil {
		return engine.Library{}, err
	}
	rules, err := rulesOf(r, s.conf.ExcludeLibraries)
	if err != nil {
		return engine.Library{}, err
	}
	free := paths.Free
	if d.stand.free != nil {
		free = d.stand.free
	}
	bundles := plexbundle.New(plexbundle.Options{DataDir: d.dataDir(ctx, s.conf), Server: s, Free: free, Log: d.Log("publish")})
	return engine.Library{
		Source:    source.NewPlex(s, source.Options{Map: m, Rules: rules, Log: d.Log("source")}),
		Publisher: owned{bundles, s},
	}, nil
}

// owned is the publisher of a server that must be ours: the owner alone may have it look at an item again, and previews
// that nobody will be shown must not cost hours.
type owned struct {
	*plexbundle.Publisher
	server *server
}

func (p owned) Ready(ctx context.Context) error {
	if err := p.server.CheckOwner(ctx); err != nil {
		return err
	}
	return p.Publisher.Ready(ctx)
}

// folders is the source of plain folders, which tells of the previews that lie there, as a server tells of those that it
// shows. So a second scan has nothing to do.
type folders struct {
	*source.Folder
	there func(video string) bool
}

func (f folders) Videos(ctx context.Context, s preview.Selection) iter.Seq2[preview.Page, error] {
	return func(yield func(preview.Page, error) bool) {
		for page, err := range f.Folder.Videos(ctx, s) {
			for i := range page.Videos {
				v := &page.Videos[i]
				v.Shown = f.there(v.Path)
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

// rulesOf are the rules of the settings, with libraries that are left out of one server only.
func rulesOf(r config.Rules, libraries []string) (source.Rules, error) {
	rules, err := source.NewRules(
		source.Match{Libraries: r.IncludeLibraries, Paths: r.IncludePaths, Patterns: r.IncludeRegex},
		source.Match{Libraries: slices.Concat(r.ExcludeLibraries, libraries), Paths: r.ExcludePaths, Patterns: r.ExcludeRegex},
	)
	if err != nil {
		return rules, preview.Because(preview.ConfigInvalid, "rules: %w", err)
	}
	return rules, nil
}

// mapOf is the path map of a server: the environment's rows, then the file's.
func mapOf(c config.Server) (pathmap.Map, error) {
	rows, err := pathmap.Parse(c.MapText)
	if err != nil {
		return pathmap.Map{}, preview.Because(preview.ConfigInvalid, "SCRUBJAY_PATH_MAP: %w", err)
	}
	for _, m := range c.Maps {
		rows = append(rows, pathmap.Row{Remote: m.Remote, Local: m.Local})
	}
	out, err := pathmap.New(rows)
	if err != nil {
		return pathmap.Map{}, preview.Because(preview.ConfigInvalid, "path map of %s: %w", c.Name, err)
	}
	return out, nil
}
