package daemon

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Coverage is how many videos of a library have previews.
type Coverage struct {
	Server, ServerID string
	Section          plex.Section
	Excluded         bool // the settings leave it out
	Videos           int
	Shown            int // Plex offers the preview to players
	OnDisk           int // there is one, and Plex does not show it
	Missing          int // there is none
	Unknown          int // the file could not be looked at
	Err              error
}

// Coverage counts the previews of all libraries. progress is told how many videos were looked at; it may be nil. Libraries
// come with an error where they could not be listed.
func (s *Settings) Coverage(ctx context.Context, progress func(done int)) ([]Coverage, error) {
	in := s.SignIn()
	defer in.Close()
	set := s.servers(ctx, in.account, nil)
	defer set.close()
	if len(set.all) == 0 {
		return nil, set.none()
	}
	count := counter{tell: progress}
	var out []Coverage
	for _, server := range set.all {
		sections, err := server.Sections(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			out = append(out, Coverage{Server: server.conf.Name, ServerID: server.conf.ID, Err: err})
			continue
		}
		finder, err := s.bundles(ctx, server.conf)
		if err != nil {
			return nil, err
		}
		for _, section := range sections {
			if !section.Videos() {
				continue
			}
			c := Coverage{Server: server.conf.Name, ServerID: server.conf.ID, Section: section}
			c.Excluded = s.excludes(server.conf, section)
			c.Err = c.count(ctx, server, finder, &count)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			out = append(out, c)
		}
	}
	if set.unknown != nil {
		out = append(out, Coverage{Server: set.conf.URL, Err: set.unknown})
	}
	return out, nil
}

// counter tells people that something goes on.
type counter struct {
	done int
	tell func(int)
}

func (c *counter) add(n int) {
	c.done += n
	if c.tell != nil {
		c.tell(c.done)
	}
}

// excludes reports whether the settings leave a library out.
func (s *Settings) excludes(c config.Server, section plex.Section) bool {
	rules := s.Config.Get().Rules
	names := func(list []string) bool {
		return slices.ContainsFunc(list, func(name string) bool { return namesLibrary(name, section) })
	}
	return names(c.ExcludeLibraries) || names(rules.ExcludeLibraries) ||
		len(rules.IncludeLibraries) > 0 && !names(rules.IncludeLibraries)
}

// count lists a library. Only files without a shown preview are looked at.
func (c *Coverage) count(ctx context.Context, server *server, finder *bundles, progress *counter) error {
	var incomplete error
	seen := map[string]struct{}{} // a file with two episodes is one video
	for page, err := range server.Parts(ctx, c.Section, plex.PartQuery{}) {
		if preview.ReasonOf(err) == preview.PlexIncomplete {
			incomplete = err
			continue
		}
		if err != nil {
			return err
		}
		var dark []string
		for _, p := range page.Parts {
			if p.File == "" || p.Optimized || p.Missing {
				continue
			}
			if _, ok := seen[p.File]; ok {
				continue
			}
			seen[p.File] = struct{}{}
			c.Videos++
			if p.Indexed {
				c.Shown++
			} else {
				dark = append(dark, p.File)
			}
		}
		c.find(ctx, finder, dark)
		progress.add(page.Items)
	}
	return incomplete
}

// readers is how many files are looked at together. To name its preview, 128 KiB are read of each, and a share takes its
// time to find them.
const readers = 8

// find counts files whose preview is not shown, by whether there is one.
func (c *Coverage) find(ctx context.Context, finder *bundles, files []string) {
	var (
		group errgroup.Group
		mu    sync.Mutex // guards c
	)
	group.SetLimit(readers)
	for _, file := range files {
		group.Go(func() error {
			there, err := finder.there(ctx, file)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				c.Unknown++
			case there:
				c.OnDisk++
			default:
				c.Missing++
			}
			return nil
		})
	}
	_ = group.Wait() // they return none
}

// namesLibrary reports whether a person means a library: by its key, or by its title in any case.
func namesLibrary(name string, s plex.Section) bool {
	return name == s.Key || strings.EqualFold(name, s.Title)
}
