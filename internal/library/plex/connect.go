package plex

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Identity is what a server tells everybody.
type Identity struct {
	ID      string // machine identifier
	Version string
	Claimed bool // it belongs to an account
}

// Identity asks the server who it is. It is the cheapest call, and needs no token.
func (s *Server) Identity(ctx context.Context) (Identity, error) {
	var who Identity
	err := s.persist(ctx, "GET /identity", tries, func() error {
		base, err := s.way(ctx)
		if err == nil {
			who, err = s.ask(ctx, base)
		}
		return err
	})
	return who, err
}

// way returns an address where the server has answered of late, and looks for one where there is none. Only one
// goroutine looks; the others wait for what it finds.
func (s *Server) way(ctx context.Context) (string, error) {
	if base, ok := s.known(); ok {
		return base, nil
	}
	select {
	case s.probing <- struct{}{}:
		defer func() { <-s.probing }()
	case <-ctx.Done():
		return "", ended(ctx, "find the Plex server", nil)
	}
	if base, ok := s.known(); ok {
		return base, nil
	}
	s.mu.Lock()
	old, failure, failed := s.link, s.failure, s.failed
	s.mu.Unlock()
	if failure != nil && time.Since(failed) < breather {
		return "", failure
	}
	best, who, err := s.find(ctx, old)
	if ctx.Err() != nil {
		return "", ended(ctx, "find the Plex server", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failure, s.failed = err, time.Now()
		return "", err
	}
	s.failure = nil
	s.identity = who
	s.link = link{best, time.Now()}
	if old.base != best.base {
		s.log().Info().Str("server", s.target.Name).Str("url", best.base).Msg("found the Plex server")
	}
	return best.base, nil
}

// known returns the address in use while it is beyond doubt.
func (s *Server) known() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link.base, !s.link.verified.IsZero() && time.Since(s.link.verified) < trusted
}

// find looks where the server was last, then everywhere.
func (s *Server) find(ctx context.Context, old link) (candidate, Identity, error) {
	if old.base != "" {
		switch who, err := s.recognize(ctx, old.candidate); {
		case err == nil:
			return old.candidate, who, nil
		case preview.ReasonOf(err) == preview.PlexBusy:
			return candidate{}, Identity{}, err
		}
	}
	return s.probe(ctx)
}

// probe asks all addresses at once, and takes the best of those where the right server answers. A better one that has
// not answered yet is waited for, at most four seconds.
func (s *Server) probe(ctx context.Context) (candidate, Identity, error) {
	type answer struct {
		candidate
		who Identity
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan answer)
	open := map[int]int{} // addresses that have not answered, by rank
	for _, c := range s.cands {
		open[c.rank]++
		go func() {
			who, err := s.recognize(ctx, c)
			answers <- answer{c, who, err}
		}()
	}
	left := len(s.cands)
	defer func() {
		cancel()
		for range left { // nobody is left behind
			<-answers
		}
	}()

	var best answer
	var worst explanation
	for left > 0 {
		a := <-answers
		left--
		open[a.rank]--
		s.log().Debug().Str("url", a.base).Int("rank", a.rank).Err(a.err).Msg("tried an address of the Plex server")
		if a.err != nil {
			worst.add(a.candidate, a.err)
		} else if best.base == "" || a.rank < best.rank {
			best = a
		}
		if best.base != "" && !better(open, best.rank) {
			break
		}
	}
	if best.base == "" {
		return candidate{}, Identity{}, worst.err()
	}
	return best.candidate, best.who, nil
}

// better reports whether an address of a better rank may still answer.
func better(open map[int]int, rank int) bool {
	for r, n := range open {
		if r < rank && n > 0 {
			return true
		}
	}
	return false
}

// recognize asks an address who it is, and accepts nobody but the server that it is to be.
func (s *Server) recognize(ctx context.Context, c candidate) (Identity, error) {
	who, err := s.ask(ctx, c.base)
	if err != nil {
		return who, judge(err)
	}
	s.mu.Lock()
	want := s.identity.ID
	s.mu.Unlock()
	if want == "" {
		want = s.target.ID
	}
	if want != "" && !strings.EqualFold(want, who.ID) {
		return who, preview.Because(preview.PlexIdentity, "%s is the Plex server %q, not %q", c.base, who.ID, want)
	}
	return who, nil
}

// errNoHTTP is a port where something speaks, but not http.
var errNoHTTP = errors.New("an answer that is not http")

// ask asks an address for its identity, without a token.
func (s *Server) ask(ctx context.Context, base string) (who Identity, err error) {
	var spoke atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { spoke.Store(true) }})
	err = s.wire.send(traced, base, call{
		path: "/identity", timeout: 4 * time.Second, limit: 64 << 10,
		read: func(_ http.Header, body io.Reader) error {
			who, err = readIdentity(body)
			return err
		},
	})
	if o, ok := errors.AsType[*outage](err); ok && spoke.Load() && whyAway(err) == preview.PlexAway &&
		!errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		o.err = errors.Join(errNoHTTP, o.err)
	}
	// Every Plex server answers this call for everybody, so what forbids it or does not have it is none.
	if r, ok := errors.AsType[*refusal](err); ok && r.code/100 == 4 && r.code != http.StatusTooManyRequests {
		err = preview.Because(preview.PlexNotPlex, "%w", err)
	}
	return who, err
}

func readIdentity(body io.Reader) (who Identity, err error) {
	err = members(body, "MediaContainer", func(name string, d decoder) (bool, error) {
		switch name {
		case "machineIdentifier":
			return true, soft(d, (*text)(&who.ID))
		case "version":
			return true, soft(d, (*text)(&who.Version))
		case "claimed":
			return true, soft(d, (*flag)(&who.Claimed))
		}
		return false, nil
	})
	if err == nil && who.ID == "" {
		err = errNotJSON
	}
	return who, err
}

// explanation collects why no address would do, and picks what tells most.
type explanation struct {
	all  []error
	best error
	rank int
}

// telling are the reasons by how much they tell, most first. The first is worth waiting for.
var telling = []preview.Reason{
	preview.PlexBusy, preview.PlexIdentity, preview.PlexTLS, preview.PlexNotPlex, preview.PlexFailed, preview.PlexRefused,
	preview.PlexName, preview.PlexAway,
}

func (e *explanation) add(c candidate, err error) {
	e.all = append(e.all, err)
	rank := len(telling)
	for i, r := range telling {
		if preview.ReasonOf(err) == r {
			rank = i
		}
	}
	// A router's own page at a port that nobody named tells nothing.
	if c.guess && preview.ReasonOf(err) == preview.PlexNotPlex {
		rank = len(telling)
	}
	if e.best == nil || rank < e.rank {
		e.best, e.rank = err, rank
	}
}

// err returns a fault with the reason that tells most, and all details.
func (e *explanation) err() error {
	if len(e.all) == 1 {
		return e.best
	}
	var others []string
	for _, err := range e.all {
		if err != e.best { //nolint:errorlint // the very same one
			others = append(others, err.Error())
		}
	}
	return preview.Because(preview.ReasonOf(e.best), "%w; %s", e.best, strings.Join(others, "; "))
}
