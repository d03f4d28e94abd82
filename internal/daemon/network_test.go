package daemon

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
)

// network is a transport without sockets. Nobody listens at an address that it does not know.
type network struct {
	mu    sync.Mutex // guards hosts
	hosts map[string]http.Handler
}

func (n *network) set(address string, h http.Handler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[address] = h
}

// RoundTrip has the host answer. A handler that panics cuts the connection, as in a server; what it wrote before comes.
func (n *network) RoundTrip(r *http.Request) (_ *http.Response, err error) {
	n.mu.Lock()
	h := n.hosts[r.URL.Scheme+"://"+r.URL.Host]
	n.mu.Unlock()
	if h == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	asked := r.Clone(r.Context())
	asked.RequestURI = r.URL.RequestURI()
	asked.RemoteAddr = "192.0.2.1:1"
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	cut := func() (cut bool) {
		defer func() {
			if p := recover(); p != nil {
				cut = true
			}
		}()
		h.ServeHTTP(w, asked)
		return false
	}()
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	if cut && w.Body.Len() == 0 {
		return nil, io.EOF
	}
	answer := w.Result()
	answer.Request = r
	if cut {
		answer.Body = io.NopCloser(io.MultiReader(answer.Body, broken{}))
	}
	return answer, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
