package daemon

import (
	"context"
	"slices"
	"sync"

	"github.com/scrubjay/scrubjay/internal/library/plex"
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
	set := s.servers(ctx, in.account, nil)
	defer set.close()
	out := make([]ListedServer, len(set.all))
	var wg sync.WaitGroup
	for n, server := range set.all {
		wg.Go(func() { out[n] = look(ctx, server) })
	}
	wg.Wait()
	if set.unknown != nil {
		out = append(out, ListedServer{Name: set.conf.URL, Configured: true, Reason: preview.ReasonOf(set.unknown)})
	}
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
