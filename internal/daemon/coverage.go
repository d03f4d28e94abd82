package daemon

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// ListedServer is a server that is set up, or that the account could use.
type ListedServer struct {
	Name, ID, Version, Platform string
	Owned                       bool
	Online                      bool // as far as plex.tv knows
	Configured                  bool
	URL                         string         // that answers
	Reason                      preview.Reason // why none does; empty otherwise
}

// ListServers lists the servers that are set up, asking each whether it is there, and then the others of the account.
func (s *Settings) ListServers(ctx context.Context) ([]ListedServer, error) {
	in := s.SignIn()
	defer in.Close()
	var account []plex.Resource
	if in.SignedIn(ctx) {
		var err error
		if account, err = in.Servers(ctx); err != nil {
			s.log.Warn().Err(err).Msg("could not ask plex.tv for the account's servers")
		}
	}
	set, err := s.servers(ctx, in.account, nil)
	if err != nil {
		return nil, err
	}
	out := make([]ListedServer, len(set))
	var wg sync.WaitGroup
	for n, server := range set {
		defer server.close()
		wg.Go(func() { out[n] = look(ctx, server) })
	}
	wg.Wait()
	for _, r := range account {
		n := slices.IndexFunc(out, func(l ListedServer) bool { return l.ID == r.ID })
		if n < 0 {
			out = append(out, ListedServer{
				Name: r.Name, ID: r.ID, Version: r.Version, Platform: r.Platform, Owned: r.Owned, Online: r.Online,
			})
			continue
		}
		out[n].Platform, out[n].Owned, out[n].Online = r.Platform, r.Owned, r.Online
		if out[n].Version == "" {
			out[n].Version = r.Version
		}
	}
	return out, ctx.Err()
}

// look asks a server that is set up whether it is there.
func look(ctx context.Context, s *server) ListedServer {
	l := ListedServer{Name: s.conf.Name, ID: s.conf.ID, Configured: true}
	live, err := s.connected(ctx)
	if err == nil {
		var root plex.Root
		if root, err = live.Root(ctx); err == nil {
			l.Name, l.Version, l.Platform, l.Owned = root.Name, live.Version(), root.Platform, root.Owner
			l.URL, l.Online = live.URL(), true
			return l
		}
	}
	l.Reason = preview.ReasonOf(err)
	return l
}

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
	set, err := s.servers(ctx, in.account, nil)
	if err != nil {
		return nil, err
	}
	if len(set) == 0 {
		return nil, errNotSignedIn()
	}
	count := counter{tell: progress}
	var out []Coverage
	for _, server := range set {
		defer server.close()
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
				continue
			}
			switch there, err := finder.there(ctx, p.File); {
			case err != nil:
				c.Unknown++
			case there:
				c.OnDisk++
			default:
				c.Missing++
			}
		}
		progress.add(page.Items)
	}
	return errors.Join(incomplete)
}

// bundles finds previews on the disk.
type bundles struct {
	dir   datadir.Dir
	local func(remote string) []string
}

func (s *Settings) bundles(ctx context.Context, c config.Server) (*bundles, error) {
	m, err := mapOf(c)
	if err != nil {
		return nil, err
	}
	b := &bundles{local: m.Local}
	if c.DataDir != "" {
		b.dir, err = datadir.Open(c.DataDir)
	} else {
		b.dir, err = dataDirOf(ctx, c.ID)
	}
	if err == nil && b.dir.Path != "" {
		err = b.dir.Check(c.ID)
	}
	if err != nil {
		s.log.Warn().Err(err).Msg("could not look for previews on the disk")
		b.dir = datadir.Dir{}
	}
	return b, nil
}

// there reports whether a preview of a file lies in its bundle. An error says that nobody can tell.
func (b *bundles) there(ctx context.Context, remote string) (bool, error) {
	if b.dir.Path == "" {
		return false, preview.Because(preview.PlexDataMissing, "no data folder")
	}
	for _, local := range b.local(remote) {
		hash, _, err := bundle.HashFile(ctx, local)
		if err != nil {
			continue
		}
		path, err := bundle.Path(hash)
		if err != nil {
			return false, err
		}
		return filled(b.dir.Path, path)
	}
	return false, preview.Because(preview.VideoMissing, "none of the places of %s can be read", remote)
}

// filled reports whether there is a file with something in it at a slash path below a folder.
func filled(root, path string) (bool, error) {
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}

// namesLibrary reports whether a person means a library: by its key, or by its title in any case.
func namesLibrary(name string, s plex.Section) bool {
	return name == s.Key || strings.EqualFold(name, s.Title)
}
