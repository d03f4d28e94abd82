package plex_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// visit signs in to a stand-in with a library of made-up films, and connects to its server.
func visit(t *testing.T, o fakeplex.Options, films int) (*fakeplex.Fake, *plex.Server) {
	t.Helper()
	f, err := fakeplex.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.AddLibrary(fakeplex.Library{Title: "Films", Type: plex.Movies, Synthetic: films, Shown: films / 2}); err != nil {
		t.Fatal(err)
	}
	tv, _, err := f.Start()
	if err != nil {
		t.Fatal(err)
	}
	opts := plex.Options{Client: plex.Client{ID: plex.NewClientID()}, TV: tv}
	a := plex.NewAccount(opts)
	t.Cleanup(a.Close)
	servers, err := a.Servers(t.Context(), secret.New(f.AccountToken()))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range servers {
		if r.ID != f.Identity() {
			continue
		}
		s, err := plex.Connect(t.Context(), r.Target(), plex.ConnectOptions{Options: opts})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return f, s
	}
	t.Fatal("plex.tv does not list the server")
	return nil, nil
}

// count lists all libraries, and returns how many parts there are and how many are shown.
func count(t *testing.T, s *plex.Server) (parts, shown int, err error) {
	t.Helper()
	sections, err := s.Sections(t.Context())
	if err != nil {
		return 0, 0, err
	}
	for _, section := range sections {
		for p, err := range s.Parts(t.Context(), section, plex.PartQuery{Sort: "addedAt:desc"}) {
			if err != nil {
				return parts, shown, err
			}
			for _, part := range p.Parts {
				parts++
				if part.Indexed {
					shown++
				}
			}
		}
	}
	return parts, shown, nil
}

func TestBadDaysOfAServer(t *testing.T) {
	const list = "GET /library/sections/*/all"
	f, s := visit(t, fakeplex.Options{Connections: fakeplex.DeadConnections()}, 2500)
	for name, c := range map[string]struct {
		bad  fakeplex.Fault
		want preview.Reason
		some bool // of the films are listed
	}{
		"none":                              {fakeplex.Fault{}, "", true},
		"short pages":                       {fakeplex.Fault{On: list, Short: 400}, "", true},
		"a total that is too low":           {fakeplex.Fault{On: list, Total: -700}, "", true},
		"a total that is too high":          {fakeplex.Fault{On: list, Total: 5}, preview.PlexIncomplete, true},
		"an answer that is cut off":         {fakeplex.Fault{On: list, Cut: 30000, Times: 1, After: 1}, "", true},
		"a connection that is cut":          {fakeplex.Fault{On: list, Drop: true, Times: 1}, "", true},
		"an error":                          {fakeplex.Fault{On: list, Status: 500, Times: 1}, "", true},
		"a pause":                           {fakeplex.Fault{On: list, Status: 503, Times: 1, RetryAfter: time.Second}, "", true},
		"slow":                              {fakeplex.Fault{On: list, Slow: 200 * time.Millisecond}, "", true},
		"a page that is none":               {fakeplex.Fault{On: list, Body: "<html>hello</html>"}, preview.PlexNotPlex, false},
		"a token that is not good any more": {fakeplex.Fault{On: list, Status: 401, After: 1}, preview.PlexToken, true},
	} {
		t.Run(name, func(t *testing.T) {
			mend := f.Break(c.bad)
			defer mend()
			parts, shown, err := count(t, s)
			if (err != nil) != (c.want != "") || err != nil && preview.ReasonOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err == nil && (parts != 2500 || shown != 1250) || (parts > 0) != c.some {
				t.Errorf("listed %d parts, %d shown", parts, shown)
			}
		})
	}
	if got := f.Leaks(); len(got) > 0 {
		t.Error(got)
	}
}

func TestAServerThatBecomesAnother(t *testing.T) {
	f, s := visit(t, fakeplex.Options{}, 10)
	f.Break(fakeplex.Fault{Identity: "somebody else"})
	f.Revoke() // another server does not know the token
	if _, _, err := count(t, s); preview.ReasonOf(err) != preview.PlexIdentity {
		t.Error(err)
	}
}

func TestAGuestIsNoOwner(t *testing.T) {
	f, err := fakeplex.New(fakeplex.Options{DataDir: filepath.Join(t.TempDir(), "Plex Media Server")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	_, pms, err := f.Start()
	if err != nil {
		t.Fatal(err)
	}
	for token, owner := range map[string]bool{f.ServerToken(): true, f.SharedToken(): false} {
		s, err := plex.Connect(t.Context(), plex.Target{URL: pms, Token: secret.New(token)}, plex.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		root, err := s.Root(t.Context())
		if err != nil || root.Owner != owner || root.ID != f.Identity() {
			t.Errorf("got %+v, %v", root, err)
		}
	}
	s, err := plex.Connect(t.Context(), plex.Target{URL: pms, Token: secret.New("no-token-at-all")}, plex.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := s.Root(t.Context()); preview.ReasonOf(err) != preview.PlexToken {
		t.Error(err)
	}
}

func TestTheStandInsPINs(t *testing.T) {
	f, err := fakeplex.New(fakeplex.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	tv, _, err := f.Start()
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	a := plex.NewAccount(plex.Options{Client: plex.Client{ID: plex.NewClientID()}, TV: tv, Log: zerolog.New(&log)})
	t.Cleanup(a.Close)
	for name, c := range map[string]struct {
		do   func(code string)
		want preview.Reason
	}{
		"used":            {func(code string) { f.ApprovePIN(code) }, ""},
		"expired":         {func(code string) { f.ExpirePIN(code, false) }, preview.AccountExpired},
		"expired quietly": {func(code string) { f.ExpirePIN(code, true) }, preview.AccountExpired},
	} {
		t.Run(name, func(t *testing.T) {
			pin, err := a.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.do(pin.Code)
			token, err := a.Wait(t.Context(), pin)
			if (err != nil) != (c.want != "") || err != nil && preview.ReasonOf(err) != c.want {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			if user, err := a.Check(t.Context(), token); err != nil || user.ID == "" {
				t.Error(user, err)
			}
			if err := a.SignOut(t.Context(), token); err != nil {
				t.Error(err)
			}
			if _, err := a.Check(t.Context(), token); preview.ReasonOf(err) != preview.AccountSignedOut {
				t.Error(err)
			}
			if strings.Contains(log.String(), token.Reveal()) {
				t.Error("the token is in the log")
			}
		})
	}
}

func TestEventsOfTheStandIn(t *testing.T) {
	f, s := visit(t, fakeplex.Options{}, 10)
	var kinds []string
	enough := errors.New("enough")
	var err error
	for e, broken := range s.Events(t.Context()) {
		if err = broken; err != nil {
			break
		}
		switch kinds = append(kinds, e.Kind); len(kinds) {
		case 1:
			f.Announce("unheard-of", `{"Thing":[{"a":1}]}`)
			done := f.Busy("library.update.section", "Scanning", "1")
			defer done()
		case 2:
			if e.Activity == nil || e.Activity.Type != "library.update.section" || e.Activity.Section != "1" || e.Activity.Event != "started" {
				t.Errorf("got %+v", e.Activity)
			}
			f.DropStreams()
		case 3:
			err = enough
		}
		if err != nil {
			break
		}
	}
	if !errors.Is(err, enough) || strings.Join(kinds, " ") != "open activity open" {
		t.Error(kinds, err)
	}
}

func BenchmarkList(b *testing.B) {
	f, err := fakeplex.New(fakeplex.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := f.AddLibrary(fakeplex.Library{Title: "Films", Type: plex.Movies, Synthetic: 100_000}); err != nil {
		b.Fatal(err)
	}
	_, pms, err := f.Start()
	if err != nil {
		b.Fatal(err)
	}
	s, err := plex.Connect(b.Context(), plex.Target{URL: pms, Token: secret.New(f.ServerToken())}, plex.ConnectOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	sections, err := s.Sections(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		parts := 0
		for p, err := range s.Parts(b.Context(), sections[0], plex.PartQuery{}) {
			if err != nil {
				b.Fatal(err)
			}
			parts += len(p.Parts)
		}
		if parts != 100_000 {
			b.Fatal(parts)
		}
	}
}
