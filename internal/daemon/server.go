package daemon

import (
	"cmp"
	"context"
	"iter"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// server is a Plex server of the settings. It is connected when it is first needed, and again when that failed: a server
// that is away at the start must not keep Scrubjay from starting. Its methods may be called from any goroutine.
type server struct {
	conf    config.Server
	token   secret.Secret
	account *plex.Account
	signIn  secret.Secret // of the account; empty when nobody signed in here
	book    addressBook
	options plex.ConnectOptions
	log     zerolog.Logger

	mu   sync.Mutex // guards what follows, and that only one connects
	live *plex.Server
	last error // of the last try to connect
	next time.Time
}

// again is the time between two tries to connect to a server that was away: a scan of thousands of videos must not knock
// thousands of times.
const again = 5 * time.Second

// connected returns the server, connecting first when that is needed.
func (s *server) connected(ctx context.Context) (*plex.Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		return s.live, nil
	}
	if s.last != nil && time.Now().Before(s.next) {
		return nil, s.last
	}
	live, err := s.connect(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	s.live, s.last, s.next = live, err, time.Now().Add(again)
	if err == nil {
		s.log.Info().Str("server", live.Name()).Str("url", live.URL()).Str("version", live.Version()).Msg("connected to Plex")
	}
	return live, err
}

// connect tries the addresses that are known, and then those that plex.tv has now.
func (s *server) connect(ctx context.Context) (*plex.Server, error) {
	target := plex.Target{ID: s.conf.ID, Name: s.conf.Name, URL: s.conf.URL, Token: s.token}
	known, ok := s.book.find(s.conf.ID)
	if ok {
		target.Name = cmp.Or(target.Name, known.Name)
		target.Connections, target.HTTPSRequired = known.Connections, known.HTTPSRequired
	}
	var live *plex.Server
	err := preview.Because(preview.PlexAway, "no address of server %q is known", s.conf.Name)
	if target.URL != "" || ok {
		if live, err = plex.Connect(ctx, target, s.options); err == nil {
			return live, nil
		}
	}
	if s.signIn.Empty() || s.conf.ID == "" {
		return nil, err
	}
	listed, asked := s.account.Servers(ctx, s.signIn)
	if asked != nil {
		s.log.Warn().Err(asked).Msg("could not ask plex.tv for the server's addresses")
		return nil, err
	}
	s.book.keep(listed, s.log)
	for _, r := range listed {
		if r.ID == s.conf.ID {
			target := r.Target()
			target.URL = s.conf.URL
			if !s.token.Empty() {
				target.Token = s.token
			}
			return plex.Connect(ctx, target, s.options)
		}
	}
	return nil, err
}

func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		s.live.Close()
	}
}

// What follows is what source and publisher want of a server, once it is connected.

func (s *server) ID() string { return s.conf.ID }

func (s *server) Sections(ctx context.Context) ([]plex.Section, error) {
	p, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	return p.Sections(ctx)
}

func (s *server) Parts(ctx context.Context, section plex.Section, q plex.PartQuery) iter.Seq2[plex.Page, error] {
	return func(yield func(plex.Page, error) bool) {
		p, err := s.connected(ctx)
		if err != nil {
			yield(plex.Page{}, err)
			return
		}
		p.Parts(ctx, section, q)(yield)
	}
}

func (s *server) Item(ctx context.Context, keys ...string) ([]plex.Part, error) {
	p, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	return p.Item(ctx, keys...)
}

func (s *server) Children(ctx context.Context, key string) ([]plex.Part, error) {
	p, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	return p.Children(ctx, key)
}

func (s *server) Find(ctx context.Context, section plex.Section, file string) ([]plex.Part, error) {
	p, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	return p.Find(ctx, section, file)
}

func (s *server) Analyze(ctx context.Context, key string) error {
	p, err := s.connected(ctx)
	if err != nil {
		return err
	}
	return p.Analyze(ctx, key)
}

func (s *server) ScanFolder(ctx context.Context, section, folder string) error {
	p, err := s.connected(ctx)
	if err != nil {
		return err
	}
	return p.ScanFolder(ctx, section, folder)
}

func (s *server) Frame(ctx context.Context, part string, at time.Duration) ([]byte, error) {
	p, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	return p.Frame(ctx, part, at)
}
