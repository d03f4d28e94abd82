package daemon

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/host/secrets"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// signedIn goes the whole way of a person who signs in, and returns what was found.
func (w *world) signedIn() *Examination {
	w.Helper()
	s, err := OpenSettings(w.options())
	if err != nil {
		w.Fatal(err)
	}
	defer s.Close()
	in := s.SignIn()
	defer in.Close()
	pin, err := in.Begin(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	if _, err := in.Wait(w.Context(), pin); err != nil {
		w.Fatal(err)
	}
	servers, err := in.Servers(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	i := slices.IndexFunc(servers, func(r plex.Resource) bool { return r.ID == w.fake.Identity() })
	if i < 0 {
		w.Fatalf("plex.tv lists %+v", servers)
	}
	x, err := in.Examine(w.Context(), servers[i], w.path("Plex Media Server"))
	if err != nil {
		w.Fatal(err)
	}
	if err := in.Keep(w.Context(), x); err != nil {
		w.Fatal(err)
	}
	return x
}

func TestSigningInIsAllThatItTakes(t *testing.T) {
	inBubble(t, fakeplex.Options{AutoApprove: 2, Connections: fakeplex.DeadConnections()}, func(w *world) {
		w.films(2)
		if x := w.signedIn(); !x.Ready() {
			w.Errorf("something stands in the way: %+v", x.Findings)
		}
		w.ended(w.scanOnce(), preview.JobDone, "", done(2))
		w.noLeaks()
	})
}

func TestWithoutASignInNothingIsScanned(t *testing.T) {
	inBubble(t, fakeplex.Options{}, func(w *world) {
		r := w.open()
		_, err := r.Scan(w.Context(), everything, false)
		w.because(err, preview.NotSignedIn)
		if open := r.Snapshot().Jobs; len(open) > 0 {
			w.Errorf("there are jobs: %+v", open)
		}
	})
}

func TestNothingChosenIsNeverEverything(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		_, err := w.open().Scan(w.Context(), preview.Selection{}, false)
		w.because(err, preview.NothingChosen)
		w.wantShown()
	})
}

func TestAWrongToken(t *testing.T) {
	inBubble(t, fakeplex.Options{}, func(w *world) {
		w.films(2)
		w.set(w.fake, w.name, pmsAddress, "not-the-token")
		r := w.open()
		w.ended(r.scan(everything), preview.JobFailed, preview.PlexToken, preview.Counts{})
		if n := w.pen.all(); n != 0 {
			w.Errorf("%d renders for nothing", n)
		}
		// Signing in mends it, also for the daemon that runs.
		w.signIn()
		w.ended(r.scan(everything), preview.JobDone, "", done(2))
	})
}

// TestATokenRevokedInTheMiddle: what is in place stays, nothing is struck, and after the next sign-in the rest is done.
func TestATokenRevokedInTheMiddle(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(6)
		r := w.open()
		w.pen.instead(func(_ context.Context, _ engine.Render, n int) error {
			if n == 3 {
				w.fake.Revoke()
			}
			return nil
		})
		j := r.scan(everything)
		if j.State != preview.JobFailed || j.Reason != preview.PlexToken {
			w.Errorf("the job is %+v", j)
		}
		time.Sleep(time.Second) // what was on a device is cancelled, and gone
		if left := r.Snapshot(); len(left.Jobs)+len(left.Tasks) > 0 {
			w.Errorf("left over: %+v", left)
		}
		inPlace := map[string]bool{}
		for i := range 6 {
			_, err := os.Stat(w.bundle(w.path("Films", film(i))))
			inPlace[film(i)] = err == nil
		}
		w.signIn()
		j = r.scan(everything)
		if c := j.Counts; j.State != preview.JobDone || c.Published+c.Already != 6 || c.Failed+c.Later > 0 {
			w.Errorf("after the sign-in the job is %+v", j)
		}
		w.wantShown(film(0), film(1), film(2), film(3), film(4), film(5))
		for i := range 6 {
			if n := r.struck(w.path("Films", film(i))); n != 0 {
				w.Errorf("%s was struck %d times", film(i), n)
			}
			if n := w.pen.times(film(i)); inPlace[film(i)] && n != 1 {
				w.Errorf("%s was in place, and was rendered %d times", film(i), n)
			}
		}
		w.noLeaks()
	})
}

// TestAServerOfSomebodyElse is said when it is examined, and before anything is rendered for it.
func TestAServerOfSomebodyElse(t *testing.T) {
	inBubble(t, fakeplex.Options{Shared: true, AutoApprove: 1}, func(w *world) {
		w.films(2)
		x := w.signedIn()
		if i := slices.IndexFunc(x.Findings, func(f Finding) bool { return f.Text == preview.PlexNotOwner.Text() }); x.Ready() || i < 0 {
			w.Errorf("the findings are %+v", x.Findings)
		}
		w.ended(w.scanOnce(), preview.JobFailed, preview.PlexNotOwner, preview.Counts{})
		if left := w.previews(w.path("Plex Media Server")); w.pen.all() > 0 || len(left) > 0 || w.fake.Count("PUT /library/metadata/*/analyze") > 0 {
			w.Errorf("%d renders, files %v", w.pen.all(), left)
		}
		w.noLeaks()
	})
}

// TestAnotherServerAtTheAddress never sees the token.
func TestAnotherServerAtTheAddress(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		other := w.serve(pmsAddress, fakeplex.Options{Name: "Cellar"})
		r := w.open()
		w.ended(r.scan(everything), preview.JobFailed, preview.PlexIdentity, preview.Counts{})
		for _, asked := range other.Requests() {
			if asked.Path != "/identity" || asked.Token != fakeplex.NoToken {
				w.Errorf("the other server was asked %s %s with token %q", asked.Method, asked.Path, asked.Token)
			}
		}
		// The right one comes back.
		w.net.set(pmsAddress, w.fake.PMS())
		time.Sleep(again)
		w.ended(r.scan(everything), preview.JobDone, "", done(2))
	})
}

// TestAServerThatMoves is found where plex.tv lists it now.
func TestAServerThatMoves(t *testing.T) {
	inBubble(t, fakeplex.Options{AutoApprove: 1}, func(w *world) {
		w.films(1)
		w.signedIn()
		r := w.open()
		w.ended(r.scan(everything), preview.JobDone, "", done(1))
		const elsewhere = "http://elsewhere.test:32400"
		w.net.set(pmsAddress, nil)
		w.net.set(elsewhere, w.fake.PMS())
		w.fake.At(elsewhere)
		time.Sleep(time.Hour)
		w.ended(r.scan(everything), preview.JobDone, "", already(1))
	})
}

// TestPlexTVAway: a server that was found once is found again without plex.tv.
func TestPlexTVAway(t *testing.T) {
	inBubble(t, fakeplex.Options{AutoApprove: 1}, func(w *world) {
		w.films(1)
		w.signedIn()
		w.net.set(tvAddress, nil)
		w.ended(w.scanOnce(), preview.JobDone, "", done(1))

		s, err := OpenSettings(w.options())
		if err != nil {
			w.Fatal(err)
		}
		defer s.Close()
		listed, err := s.ListServers(w.Context())
		if err != nil || len(listed) != 1 || !listed[0].Online || !listed[0].Configured || listed[0].URL != pmsAddress {
			w.Errorf("servers are %+v, %v", listed, err)
		}
		if !s.SignIn().SignedIn(w.Context()) {
			w.Error("the sign-in was forgotten")
		}
	})
}

// TestASignInThatPlexTVEnded is forgotten here; the server's own token is none of that.
func TestASignInThatPlexTVEnded(t *testing.T) {
	inBubble(t, fakeplex.Options{AutoApprove: 1}, func(w *world) {
		w.signedIn()
		defer w.fake.Break(fakeplex.Fault{TV: true, Status: http.StatusUnauthorized})()
		s, err := OpenSettings(w.options())
		if err != nil {
			w.Fatal(err)
		}
		defer s.Close()
		in := s.SignIn()
		defer in.Close()
		_, err = in.Servers(w.Context())
		w.because(err, preview.AccountSignedOut)
		if in.SignedIn(w.Context()) {
			w.Error("a token that plex.tv refuses is kept")
		}
		if token, err := s.Secrets.Get(w.Context(), secrets.Server(w.fake.Identity())); token.Empty() || err != nil {
			w.Errorf("the server's token is gone (%v)", err)
		}
	})
}

// TestSigningOut leaves no token, also when plex.tv cannot be asked.
func TestSigningOut(t *testing.T) {
	inBubble(t, fakeplex.Options{AutoApprove: 1}, func(w *world) {
		w.films(1)
		w.signedIn()
		s, err := OpenSettings(w.options())
		if err != nil {
			w.Fatal(err)
		}
		defer s.Close()
		w.net.set(tvAddress, nil)
		in := s.SignIn()
		defer in.Close()
		w.because(in.Out(w.Context()), preview.AccountAway)
		for _, key := range []string{secrets.Account, secrets.Server(w.fake.Identity())} {
			if token, err := s.Secrets.Get(w.Context(), key); !token.Empty() || err != nil {
				w.Errorf("%s is still there (%v)", key, err)
			}
		}
		w.ended(w.scanOnce(), preview.JobFailed, preview.PlexToken, preview.Counts{})
	})
}

// TestTheServerOfTheEnvironment is all that a container has. It may be away at the next start, and even at the first.
func TestTheServerOfTheEnvironment(t *testing.T) {
	inBubble(t, fakeplex.Options{}, func(w *world) {
		w.films(1)
		w.env["SCRUBJAY_PLEX_URL"] = pmsAddress
		w.env["SCRUBJAY_PLEX_TOKEN"] = w.fake.ServerToken()
		w.env["SCRUBJAY_PLEX_DATA_DIR"] = w.path("Plex Media Server")

		w.net.set(pmsAddress, nil)
		r := w.open()
		_, err := r.Scan(w.Context(), everything, false)
		w.because(err, preview.PlexRefused)
		w.video("a film", "elsewhere", "Heat.mkv")
		w.ended(r.scan(preview.Selection{Folders: []string{w.path("elsewhere")}}), preview.JobDone, "", done(1))
		r.stop()

		w.net.set(pmsAddress, w.fake.PMS())
		w.ended(w.scanOnce(), preview.JobDone, "", done(1))

		w.net.set(pmsAddress, nil)
		w.ended(w.scanOnce(), preview.JobFailed, preview.PlexRefused, preview.Counts{})
		w.noLeaks()
	})
}

func TestTwoProcesses(t *testing.T) {
	bubble(t, func(w *world) {
		w.open()
		d, err := Open(w.Context(), w.options())
		w.because(err, preview.AnotherIsRunning)
		if d != nil {
			w.Error("there is a second daemon")
		}
		// What is remembered can be read meanwhile.
		h, err := OpenHistory(w.Context(), w.options())
		if err != nil {
			w.Fatal(err)
		}
		if _, err := h.Jobs(w.Context(), 10, 0); err != nil {
			w.Error(err)
		}
		if err := errors.Join(h.Close()); err != nil {
			w.Error(err)
		}
	})
}
