package plex

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// ConnectOptions say how to talk to one server. The zero value checks certificates.
type ConnectOptions struct {
	Options
	// SkipVerify takes every certificate. Anybody on the way can then read the token: it is logged as a warning.
	SkipVerify bool
	// PinnedCert is the SHA-256 of the one certificate that the server may show, in hexadecimal digits; any issuer and
	// any name will do then. Plain http is not used of our own accord.
	PinnedCert string
	// Waiting is told why a call takes long, when a server says that it is busy; nil for nobody. It must not block.
	Waiting func(error)
}

const (
	slots    = 2                // requests at once
	tries    = 4                // of a request, for what may pass
	patient  = 90 * time.Second // that a busy server is waited for
	trusted  = time.Minute      // that an address counts as the server's without being asked again
	breather = 3 * time.Second  // between two searches for a server that was not found
)

// Server is one Plex Media Server. Its methods may be called from any goroutine: at most two requests are on their way
// at a time, the others wait. Errors are [preview.Fault]. What may pass by itself is tried again, for seconds, or for up
// to 90 seconds where the server says that it is busy; a context with a deadline makes it less.
//
// The token goes only to an address where the right identity has answered within the last minute.
type Server struct {
	wire    *wire
	target  Target
	options ConnectOptions
	cands   []candidate
	slots   chan struct{}
	probing chan struct{} // held by the one who looks for the server

	mu       sync.Mutex // guards what follows
	link     link
	identity Identity
	name     string
	failure  error // of the last search
	failed   time.Time
	warned   time.Time // that the server is busy
}

// link is the way to the server.
type link struct {
	candidate
	verified time.Time // the right identity answered; zero when there is doubt
}

// Connect finds the way to a server. Nothing but its identity is asked for, without the token: whether that is good
// shows with the first call, such as [Server.Root].
func Connect(ctx context.Context, t Target, o ConnectOptions) (*Server, error) {
	carrier, err := carrier(o)
	if err != nil {
		return nil, err
	}
	cands, err := t.candidates(!t.HTTPSRequired && o.PinnedCert == "")
	if err != nil {
		return nil, err
	}
	s := &Server{
		wire: newWire(o.Options, carrier), target: t, options: o, cands: cands,
		slots: make(chan struct{}, slots), probing: make(chan struct{}, 1),
	}
	if o.SkipVerify && o.PinnedCert == "" {
		s.log().Warn().Str("server", t.Name).Msg("took any certificate for this server, as the settings say: the token can be read on the way")
	}
	err = s.persist(ctx, "find the Plex server", 1, func() error {
		_, err := s.way(ctx)
		return err
	})
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close lets go of idle connections. The server can still be used.
func (s *Server) Close() { s.wire.client.CloseIdleConnections() }

// ID returns the machine identifier.
func (s *Server) ID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity.ID
}

// Name returns the name that the server has given itself, as far as it is known; the identifier otherwise.
func (s *Server) Name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.name != "":
		return s.name
	case s.target.Name != "":
		return s.target.Name
	}
	return s.identity.ID
}

// Version returns the version of Plex Media Server.
func (s *Server) Version() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity.Version
}

// URL returns the address in use. It may change when that one fails.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link.base
}

func (s *Server) log() *zerolog.Logger { return &s.options.Log }

// do makes a request with the token, as often as it takes. See [Server].
func (s *Server) do(ctx context.Context, c call) error {
	c.token = s.target.Token
	return s.persist(ctx, c.verb()+" "+c.path, tries, func() error { return s.once(ctx, c) })
}

// once makes a request, when it is its turn.
func (s *Server) once(ctx context.Context, c call) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return ended(ctx, c.verb()+" "+c.path, nil)
	}
	base, err := s.way(ctx)
	if err != nil {
		return err
	}
	err = s.wire.send(ctx, base, c)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return s.doubt(ctx, base, err)
}

// doubt makes the fault of a failed request, and has the address asked for its identity before it is used again where
// the failure may be for its having gone to another. Plex refuses the token of another server like any bad token, so
// that question is asked at once.
func (s *Server) doubt(ctx context.Context, base string, err error) error {
	_, out := errors.AsType[*outage](err)
	r, said := errors.AsType[*refusal](err)
	unauthorized := said && r.code == http.StatusUnauthorized
	if out || unauthorized || errors.Is(err, errNotJSON) {
		s.mu.Lock()
		if s.link.base == base {
			s.link.verified = time.Time{}
		}
		s.mu.Unlock()
	}
	if unauthorized {
		if now, err := s.way(ctx); preview.ReasonOf(err) == preview.PlexIdentity {
			return err
		} else if err == nil && now != base {
			return preview.Because(preview.PlexAway, "the server has moved to %s", now) // to be asked there
		}
	}
	return judge(err)
}

// persist repeats f for what may pass: up to a number of tries, or for as long as Plex says that it is busy.
func (s *Server) persist(ctx context.Context, what string, tries int, f func() error) error {
	began := time.Now()
	for failures := 0; ; {
		err := f()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ended(ctx, what, judge(err))
		}
		err = judge(err)
		var pause time.Duration
		switch patienceFor(err) {
		case giveUp:
			return err
		case tryAgain:
			if failures++; failures >= tries {
				return err
			}
			pause = 500 * time.Millisecond << (2 * (failures - 1)) // 0.5, 2, 8 s
		case wait:
			if time.Since(began) >= patient {
				return err
			}
			pause = 3 * time.Second
			if r, ok := errors.AsType[*refusal](err); ok && r.after > 0 {
				pause = min(r.after, 30*time.Second)
			}
			s.sayBusy(err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ended(ctx, what, err)
		}
	}
}

// sayBusy tells that calls take long, now and then.
func (s *Server) sayBusy(err error) {
	s.mu.Lock()
	again := time.Since(s.warned) >= 30*time.Second
	if again {
		s.warned = time.Now()
	}
	s.mu.Unlock()
	if !again {
		return
	}
	s.log().Warn().Str("server", s.Name()).Err(err).Msg("waited for Plex, which is busy")
	if s.options.Waiting != nil {
		s.options.Waiting(err)
	}
}
