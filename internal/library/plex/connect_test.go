package plex

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	docker = "https://172-18-0-2.00112233445566778899aabbccddeeff.plex.direct:32400"
	lan    = "https://192-168-1-10.00112233445566778899aabbccddeeff.plex.direct:32400"
	bare10 = "http://192.168.1.10:32400"
	wan    = "https://203-0-113-1.00112233445566778899aabbccddeeff.plex.direct:32400"
	relay  = "https://198-51-100-7.00112233445566778899aabbccddeeff.plex.direct:8443"
)

func TestTheBestAddressThatAnswersIsTaken(t *testing.T) {
	here := pms(machine, nil)
	for name, c := range map[string]struct {
		hosts map[string]host
		want  string
		took  time.Duration
	}{
		"all answer":                          {map[string]host{lan: here, bare10: here, wan: here, relay: here}, lan, 0},
		"an address inside a container hangs": {map[string]host{docker: hangs, lan: late(time.Second, here), bare10: here, wan: here}, lan, time.Second},
		"names of plex.direct are filtered":   {map[string]host{docker: unknownName, lan: unknownName, bare10: here, wan: unknownName, relay: here}, bare10, 0},
		"from outside":                        {map[string]host{docker: hangs, lan: hangs, wan: here, relay: here}, wan, 4 * time.Second},
		"through the relay only":              {map[string]host{docker: hangs, lan: hangs, wan: refuses, relay: late(time.Second, here)}, relay, 4 * time.Second},
		"a stranger at the best address":      {map[string]host{docker: pms(other, nil), lan: late(2*time.Second, here), wan: here}, lan, 2 * time.Second},
		"a router's page at the best address": {map[string]host{docker: serves(says("<html>Welcome</html>")), lan: serves(page(404)), wan: here}, wan, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{hosts: c.hosts}
				began := time.Now()
				s, err := Connect(t.Context(), resource().Target(), ConnectOptions{Options: Options{Transport: n}})
				if err != nil {
					t.Fatal(err)
				}
				if s.URL() != c.want || time.Since(began) != c.took {
					t.Errorf("took %s after %v, want %s after %v", s.URL(), time.Since(began), c.want, c.took)
				}
				if s.ID() != machine || s.Name() != "Home" || s.Version() != "1.43.1" {
					t.Error(s.ID(), s.Name(), s.Version())
				}
				if told := n.told(); len(told) > 0 {
					t.Errorf("the token was sent to %v before the server was known", told)
				}
			})
		})
	}
}

func TestWhyNoServerWasFound(t *testing.T) {
	strange := func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset by peer") }
	for name, c := range map[string]struct {
		host host
		want preview.Reason
	}{
		"nobody listens":           {refuses, preview.PlexRefused},
		"unknown name":             {unknownName, preview.PlexName},
		"no answer":                {hangs, preview.PlexAway},
		"reset":                    {strange, preview.PlexAway},
		"another server":           {pms(other, nil), preview.PlexIdentity},
		"a web page":               {serves(says("<html>It works!</html>")), preview.PlexNotPlex},
		"another program's JSON":   {serves(says(`{"name":"grafana"}`)), preview.PlexNotPlex},
		"JSON without an identity": {serves(says(`{"MediaContainer":{"size":1}}`)), preview.PlexNotPlex},
		"a list":                   {serves(says(`[1,2]`)), preview.PlexNotPlex},
		"nothing":                  {serves(says("")), preview.PlexAway},
		"not found":                {serves(page(404)), preview.PlexNotPlex},
		"a proxy's sign-in":        {serves(page(401)), preview.PlexNotPlex},
		"a proxy without Plex":     {serves(page(502)), preview.PlexAway},
		"an error":                 {serves(page(500)), preview.PlexFailed},
		"busy for ever":            {serves(http.HandlerFunc(busy)), preview.PlexBusy},
		"a redirect to elsewhere":  {serves(http.RedirectHandler("https://login.example.com/", http.StatusFound)), preview.PlexNotPlex},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{hosts: map[string]host{home: c.host}}
				_, err := Connect(t.Context(), Target{ID: machine, URL: home, Token: token}, ConnectOptions{Options: Options{Transport: n}})
				if preview.ReasonOf(err) != c.want {
					t.Errorf("got %q, want %q: %v", preview.ReasonOf(err), c.want, err)
				}
				if told := n.told(); len(told) > 0 {
					t.Errorf("the token was sent to %v", told)
				}
			})
		})
	}
}

func TestConnectWaitsForAServerThatIsStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		told := 0
		n := &network{hosts: map[string]host{home: func(r *http.Request) (*http.Response, error) {
			if time.Since(began) < time.Minute {
				return serves(http.HandlerFunc(busy))(r)
			}
			return pms(machine, nil)(r)
		}}}
		s, err := Connect(t.Context(), Target{ID: machine, URL: home}, ConnectOptions{
			Options: Options{Transport: n},
			Waiting: func(err error) {
				if preview.ReasonOf(err) != preview.PlexBusy || !strings.Contains(err.Error(), "migrating its database") {
					t.Error(err)
				}
				told++
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 65*time.Second || told != 2 || s.URL() != home {
			t.Errorf("took %v, told %d times", took, told)
		}
	})
}

func TestAServerGivenByItsAddressIsNotSwapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sections := map[string]http.HandlerFunc{"/library/sections": says(`{"MediaContainer":{"size":0}}`)}
		n := &network{hosts: map[string]host{home: pms(machine, sections)}}
		s, err := Connect(t.Context(), Target{URL: "plex:32400", Token: token}, ConnectOptions{Options: Options{Transport: n}})
		if err != nil || s.ID() != machine || s.Name() != machine {
			t.Fatal(s, err)
		}
		if _, err := s.Sections(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := len(n.told())
		// The address goes to another machine, an hour later.
		n.set(home, pms(other, sections))
		time.Sleep(time.Hour)
		if _, err := s.Sections(t.Context()); preview.ReasonOf(err) != preview.PlexIdentity {
			t.Error(err)
		}
		if len(n.told()) != before {
			t.Error("the token was sent to another server")
		}
		// And comes back.
		n.set(home, pms(machine, sections))
		time.Sleep(10 * time.Second)
		if _, err := s.Sections(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAnotherWayIsFoundWhenOneFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here := pms(machine, map[string]http.HandlerFunc{"/activities": says(`{"MediaContainer":{"size":0}}`)})
		n := &network{hosts: map[string]host{lan: here, wan: here}}
		s, err := Connect(t.Context(), resource().Target(), ConnectOptions{Options: Options{Transport: n}})
		if err != nil || s.URL() != lan {
			t.Fatal(err)
		}
		n.set(lan, refuses)
		if _, err := s.Activities(t.Context()); err != nil || s.URL() != wan {
			t.Errorf("%v, and it is at %s", err, s.URL())
		}
	})
}

func TestAServerThatIsGoneIsNotLookedForAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, n := connect(t, pms(machine, nil))
		n.set(home, refuses)
		time.Sleep(time.Hour)
		before := n.asked("/identity")
		for range 50 {
			if _, err := s.way(t.Context()); preview.ReasonOf(err) != preview.PlexRefused {
				t.Fatal(err)
			}
		}
		if asked := n.asked("/identity") - before; asked != 2 { // where it was last, and everywhere
			t.Errorf("asked %d times", asked)
		}
	})
}

func TestASharedDeadlineTellsOfAServerThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, n := connect(t, pms(machine, nil))
		n.set(home, hangs)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := s.Sections(ctx); preview.ReasonOf(err) != preview.PlexAway {
			t.Error(err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		if _, err := s.Sections(ctx); preview.ReasonOf(err) != preview.Cancelled || time.Since(began) != time.Second {
			t.Error(err, time.Since(began))
		}
	})
}

func identityOnly() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/identity", says(`{"MediaContainer":{"machineIdentifier":"`+machine+`"}}`))
	return mux
}

func TestCertificates(t *testing.T) {
	srv := httptest.NewUnstartedServer(identityOnly())
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	sum := sha256.Sum256(srv.Certificate().Raw)
	right := hex.EncodeToString(sum[:])
	pairs := func(s string) (p string) {
		for c := range slices.Chunk([]byte(strings.ToUpper(s)), 2) {
			p += ":" + string(c)
		}
		return p[1:]
	}
	var log strings.Builder
	for name, c := range map[string]struct {
		options ConnectOptions
		want    preview.Reason
	}{
		"unknown issuer":     {ConnectOptions{}, preview.PlexTLS},
		"any":                {ConnectOptions{SkipVerify: true, Options: Options{Log: zerolog.New(&log)}}, ""},
		"pinned":             {ConnectOptions{PinnedCert: right}, ""},
		"pinned, by browser": {ConnectOptions{PinnedCert: pairs(right)}, ""},
		"another pinned":     {ConnectOptions{PinnedCert: strings.Repeat("ab", 32)}, preview.PlexTLS},
		"another, and any":   {ConnectOptions{PinnedCert: strings.Repeat("ab", 32), SkipVerify: true}, preview.PlexTLS},
		"no pin at all":      {ConnectOptions{PinnedCert: "abc"}, preview.PlexTLS},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Connect(t.Context(), Target{URL: srv.URL}, c.options)
			if (err != nil) != (c.want != "") || err != nil && preview.ReasonOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if name == "unknown issuer" && !strings.Contains(err.Error(), right) {
				t.Errorf("%v does not say what to pin", err)
			}
			if s != nil {
				s.Close()
			}
		})
	}
	if !strings.Contains(log.String(), `"level":"warn"`) {
		t.Error("nobody was warned")
	}
}

func TestEncryptionAtAPortWithout(t *testing.T) {
	srv := httptest.NewServer(identityOnly())
	t.Cleanup(srv.Close)
	address := strings.TrimPrefix(srv.URL, "http://")
	if _, err := Connect(t.Context(), Target{URL: "https://" + address}, ConnectOptions{}); preview.ReasonOf(err) != preview.PlexNotPlex {
		t.Error(err)
	}
	// Who leaves the scheme out gets what works.
	s, err := Connect(t.Context(), Target{URL: address}, ConnectOptions{})
	if err != nil || s.URL() != srv.URL {
		t.Fatal(err)
	}
	s.Close()
}

func TestRedirectsStayWithTheServer(t *testing.T) {
	var leaked []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leaked = append(leaked, r.Header.Get("X-Plex-Token"))
		io.WriteString(w, `{"MediaContainer":{}}`)
	}))
	t.Cleanup(elsewhere.Close)
	mux := identityOnly().(*http.ServeMux)
	mux.Handle("/library/sections", http.RedirectHandler(elsewhere.URL+"/library/sections", http.StatusFound))
	mux.Handle("/activities", http.RedirectHandler("/activities/", http.StatusFound))
	mux.Handle("/activities/", says(`{"MediaContainer":{"Activity":[{"type":"butler"}]}}`))
	mux.Handle("/library/metadata/1/analyze", http.RedirectHandler("/activities", http.StatusFound))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s, err := Connect(t.Context(), Target{URL: srv.URL, Token: token}, ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := s.Sections(t.Context()); preview.ReasonOf(err) != preview.PlexNotPlex {
		t.Error(err)
	}
	if len(leaked) > 0 {
		t.Errorf("another host was asked with the token %q", leaked)
	}
	if all, err := s.Activities(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("a redirect to the same server gave %v, %v", all, err)
	}
	if err := s.Analyze(t.Context(), "1"); preview.ReasonOf(err) != preview.PlexNotPlex {
		t.Errorf("a PUT that was turned into a GET gave %v", err)
	}
}
