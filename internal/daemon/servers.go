package daemon

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/secrets"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// serverSet are the servers of the settings, ready to be connected.
type serverSet struct {
	all []*server
	// unknown is why the server that only the environment describes could not be asked who it is; nil when it could.
	unknown error
	conf    config.Server // of the unknown one
}

// servers returns the servers of the settings. One that only the environment describes tells who it is when it is asked;
// that is remembered in notes, so that it may be away the next time. notes may be nil.
func (s *Settings) servers(ctx context.Context, account *plex.Account, notes notes) (set serverSet) {
	for _, c := range s.Config.Get().Servers {
		if c.FromEnv && c.ID == "" {
			id, err := s.identify(ctx, c, notes)
			if err != nil {
				s.log.Warn().Err(err).Str("url", c.URL).Msg("could not ask the server who it is")
				set.unknown, set.conf = err, c
				continue
			}
			s.Config.Identify(id)
			// From here on the file may have more to say of it.
			now := s.Config.Get().Servers
			if i := slices.IndexFunc(now, func(n config.Server) bool { return n.FromEnv }); i >= 0 {
				c = now[i]
			}
			c.ID = id
		}
		if !slices.ContainsFunc(set.all, func(o *server) bool { return o.conf.ID == c.ID }) {
			set.all = append(set.all, s.newServer(c, account))
		}
	}
	return set
}

func (set serverSet) close() {
	for _, s := range set.all {
		s.close()
	}
}

// none is why there is no server to work with.
func (set serverSet) none() error {
	if set.unknown != nil {
		return set.unknown
	}
	return errNotSignedIn()
}

// errNotSignedIn says that there is no server to work with.
func errNotSignedIn() error {
	return preview.Because(preview.NotSignedIn, "%w", errors.New("no server in the settings or the environment"))
}

// token returns the token for a server, from the environment or from where secrets are kept.
func (s *Settings) token(ctx context.Context, c config.Server) (secret.Secret, error) {
	if c.FromEnv && s.Config.Environment().TokenFrom != "" {
		return s.Secrets.Get(ctx, secrets.EnvPlexToken)
	}
	return s.Secrets.Get(ctx, secrets.Server(c.ID))
}

func (s *Settings) book() addressBook {
	return addressBook{path: filepath.Join(s.Dirs.Cache, "servers.json")}
}

// notes remembers words over restarts.
type notes interface {
	Note(ctx context.Context, name, value string) error
	Noted(ctx context.Context, name string) (string, error)
}

// identify asks the server at SCRUBJAY_PLEX_URL who it is. It needs no token for that, and sends none.
func (s *Settings) identify(ctx context.Context, c config.Server, notes notes) (string, error) {
	name := "server at " + c.URL
	live, err := plex.Connect(ctx, plex.Target{URL: c.URL}, s.connectOptions(c))
	if err == nil {
		defer live.Close()
		if notes != nil {
			if err := notes.Note(ctx, name, live.ID()); err != nil {
				return "", err
			}
		}
		return live.ID(), nil
	}
	if notes != nil && ctx.Err() == nil {
		if id, noted := notes.Noted(ctx, name); noted == nil && id != "" {
			s.log.Warn().Err(err).Msg("the server does not answer; it is taken for the one that answered last")
			return id, nil
		}
	}
	return "", err
}
