package daemon

import (
	"cmp"
	"context"
	"iter"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/secrets"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// server is a Plex server of the settings. It is connected when it is first needed, and anew when it is not to be found
// where it was, or does not take its token any more: a server that is away must not keep Scrubjay from starting, one that
// moved is looked for at plex.tv, and a token that was signed in for meanwhile is used. Its methods may be called from any
// goroutine.
type server struct {
	conf    config.Server
	s       *Settings
	account *plex.Account
	log     zerolog.Logger
	turn    chan struct{} // of size 1: held by the one who connects

	mu   sync.Mutex // guards what follows
	live *plex.Server
	last error // of the last try to connect
	next time.Time
}

func (s *Settings) newServer(c config.Server, account *plex.Account) *server {
	return &server{conf: c, s: s, account: account, log: s.Log("plex"), turn: make(chan struct{}, 1)}
}

// again is the time between two tries to connect to a server that was away: a scan of thousands of videos must not knock
// thousands of times.
const again = 5 * time.Second

// connected returns the server, connecting first when that is needed. One caller connects, the others wait for it.
func (s *server) connected(ctx context.Context) (*plex.Server, error) {
	if live := s.connection(); live != nil {
		return live, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if live := s.connection(); live != nil {
		return live, nil
	}
	s.mu.Lock()
	last, next := s.last, s.next
	s.mu.Unlock()
	if last != nil && time.Now().Before(next) {
		return nil, last
	}
	live, err := s.connect(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.mu.Lock()
	s.live, s.last, s.next = live, err, time.Now().Add(again)
	s.mu.Unlock()
	if err == nil {
		s.log.Info().Str("server", live.Name()).Str("url", live.URL()).Str("version", live.Version()).Msg("connected to Plex")
	}
	return live, err
}

func (s *server) connection() *plex.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// connect tries the addresses that are known, and then those that plex.tv has now.
func (s *server) connect(ctx context.Context) (*plex.Server, error) {
	token, err := s.s.token(ctx, s.conf)
	if err != nil {
		return nil, err
	}
	options := s.s.connectOptions(s.conf)
	target := plex.Target{ID: s.conf.ID, Name: s.conf.Name, URL: s.conf.URL, Token: token}
	known, ok := s.s.book().find(s.conf.ID)
	if ok {
		target.Name = cmp.Or(target.Name, known.Name)
		target.Connections, target.HTTPSRequired = known.Connections, known.HTTPSRequired
	}
	var live *plex.Server
	err = preview.Because(preview.PlexAway, "no address of server %q is known", s.conf.Name)
	if target.URL != "" || ok {
		if live, err = plex.Connect(ctx, target, options); err == nil {
			return live, nil
		}
	}
	resource, ok := s.listed(ctx)
	if !ok {
		return nil, err
	}
	target = resource.Target()
	target.URL = s.conf.URL
	if !token.Empty() {
		target.Token = token
	}
	return plex.Connect(ctx, target, options)
}

// listed asks plex.tv where the server is; ok is false when it does not say.
func (s *server) listed(ctx context.Context) (r plex.Resource, ok bool) {
	signIn, err := s.s.Secrets.Get(ctx, secrets.Account)
	if err != nil {
		s.log.Warn().Err(err).Msg("could not read the account's token")
	}
	if signIn.Empty() || s.conf.ID == "" {
		return r, false
	}
	all, err := s.account.Servers(ctx, signIn)
	if err != nil {
		s.log.Warn().Err(err).Msg("could not ask plex.tv for the server's addresses")
		return r, false
	}
	s.s.book().keep(all, s.log)
	for _, r := range all {
		if r.ID == s.conf.ID {
			return r, true
		}
	}
	return r, false
}

// doubt lets go of a connection after an error that another one may mend, and reports whether to connect anew at once. A
// new token is there only after somebody has signed in.
func (s *server) doubt(live *plex.Server, err error) (anew bool) {
	switch preview.ReasonOf(err) {
	case preview.PlexToken:
	case preview.PlexAway, preview.PlexRefused, preview.PlexName, preview.PlexTLS, preview.PlexNotPlex, preview.PlexIdentity:
		anew = true
	default:
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == live {
		s.live, s.last = nil, nil
		live.Close()
	}
	return anew
}

func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		s.live.Close()
	}
}

// What follows is what source and publisher want of a server, once it is connected.

// ask has a connected server do something, once more where it is found elsewhere by now.
func ask[T any](ctx context.Context, s *server, do func(*plex.Server) (T, error)) (answer T, err error) {
	for range 2 {
		live, connecting := s.connected(ctx)
		if connecting != nil {
			return answer, connecting
		}
		if answer, err = do(live); !s.doubt(live, err) {
			break
		}
	}
	return answer, err
}

// tell is ask where there is nothing to answer.
func tell(ctx context.Context, s *server, do func(*plex.Server) error) error {
	_, err := ask(ctx, s, func(p *plex.Server) (struct{}, error) { return struct{}{}, do(p) })
	return err
}

func (s *server) ID() string { return s.conf.ID }

func (s *server) CheckOwner(ctx context.Context) error {
	return tell(ctx, s, func(p *plex.Server) error { return p.CheckOwner(ctx) })
}

func (s *server) Sections(ctx context.Context) ([]plex.Section, error) {
	return ask(ctx, s, func(p *plex.Server) ([]plex.Section, error) { return p.Sections(ctx) })
}

func (s *server) Parts(ctx context.Context, section plex.Section, q plex.PartQuery) iter.Seq2[plex.Page, error] {
	return func(yield func(plex.Page, error) bool) {
		live, err := s.connected(ctx)
		if err != nil {
			yield(plex.Page{}, err)
			return
		}
		for page, err := range live.Parts(ctx, section, q) {
			s.doubt(live, err)
			if !yield(page, err) {
				return
			}
		}
	}
}

func (s *server) Item(ctx context.Context, keys ...string) ([]plex.Part, error) {
	return ask(ctx, s, func(p *plex.Server) ([]plex.Part, error) { return p.Item(ctx, keys...) })
}

func (s *server) Children(ctx context.Context, key string) ([]plex.Part, error) {
	return ask(ctx, s, func(p *plex.Server) ([]plex.Part, error) { return p.Children(ctx, key) })
}

func (s *server) Find(ctx context.Context, section plex.Section, file string) ([]plex.Part, error) {
	return ask(ctx, s, func(p *plex.Server) ([]plex.Part, error) { return p.Find(ctx, section, file) })
}

func (s *server) Analyze(ctx context.Context, key string) error {
	return tell(ctx, s, func(p *plex.Server) error { return p.Analyze(ctx, key) })
}

func (s *server) ScanFolder(ctx context.Context, section, folder string) error {
	return tell(ctx, s, func(p *plex.Server) error { return p.ScanFolder(ctx, section, folder) })
}

func (s *server) Frame(ctx context.Context, part string, at time.Duration) ([]byte, error) {
	return ask(ctx, s, func(p *plex.Server) ([]byte, error) { return p.Frame(ctx, part, at) })
}
