package plex

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// network is a transport without sockets, so that the clock of synctest can rule it. Addresses are "scheme://host:port".
type network struct {
	mu    sync.Mutex
	hosts map[string]host
	seen  []*http.Request
}

// host answers requests, or fails like a network does.
type host func(*http.Request) (*http.Response, error)

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.seen = append(n.seen, r)
	h := n.hosts[r.URL.Scheme+"://"+r.URL.Host]
	n.mu.Unlock()
	if h == nil {
		h = refuses
	}
	return h(r)
}

func (n *network) set(address string, h host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[address] = h
}

// asked returns how often a path was asked for.
func (n *network) asked(path string) (times int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.seen {
		if r.URL.Path == path {
			times++
		}
	}
	return times
}

// told returns the addresses that have seen the token.
func (n *network) told() (addresses []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.seen {
		if r.Header.Get("X-Plex-Token") != "" {
			addresses = append(addresses, r.URL.Scheme+"://"+r.URL.Host)
		}
	}
	return addresses
}

func refuses(r *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: refused}
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func unknownName(r *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}}
}

// serves answers with what a handler writes.
func serves(h http.Handler) host {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		resp := w.Result()
		resp.Request = r
		return resp, nil
	}
}

// late answers after a while.
func late(d time.Duration, h host) host {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return h(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// cut sends half of the answer.
func cut(h host) host {
	return func(r *http.Request) (*http.Response, error) {
		resp, err := h(r)
		if err != nil {
			return resp, err
		}
		all, _ := io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(all[:len(all)/2]), broken{}))
		return resp, nil
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

const (
	machine = "0123456789abcdef0123456789abcdef01234567"
	other   = "fedcba9876543210fedcba9876543210fedcba98"
	home    = "http://plex:32400"
)

var token = secret.New("tok-3f9a1c77e2")

// pms is the part of a server that all have: an identity for everybody, and all else for those with the token. The
// paths of more are those of [http.ServeMux].
func pms(id string, more map[string]http.HandlerFunc) host {
	mux := http.NewServeMux()
	for path, h := range more {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Plex-Token") != token.Reveal() {
				page(401)(w, r)
				return
			}
			h(w, r)
		})
	}
	mux.HandleFunc("GET /identity", says(`{"MediaContainer":{"size":0,"claimed":true,"machineIdentifier":"`+id+`","version":"1.43.1"}}`))
	return serves(mux)
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text)
	}
}

// page is one of Plex's error pages.
func page(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		fmt.Fprintf(w, "<html><head><title>%s</title></head><body><h1>%d %[1]s</h1></body></html>", http.StatusText(code), code)
	}
}

// busy is what a server answers to everything while it works on its database.
func busy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(503)
	io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<Response code="503" title="Maintenance" status="The server is migrating its database."/>`)
}

// connect connects to one server in a network of its own.
func connect(t *testing.T, h host) (*Server, *network) {
	t.Helper()
	n := &network{hosts: map[string]host{home: h}}
	s, err := Connect(t.Context(), Target{ID: machine, Name: "Home", URL: home, Token: token}, ConnectOptions{Options: Options{Transport: n}})
	if err != nil {
		t.Fatal(err)
	}
	return s, n
}

// noSecret fails when a text has the token in it.
func noSecret(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), token.Reveal()) {
		t.Errorf("the token is in the error %q", err)
	}
}
