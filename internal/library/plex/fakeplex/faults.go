package fakeplex

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Fault is a bad day. Its zero value is none; several things can be wrong at once.
type Fault struct {
	TV bool   // at plex.tv, not at the server
	On string // requests that it is about: "PUT /library/metadata/*/analyze", "/library/"; all when empty

	// When. After so many requests that are answered well, for so many, for so long; 0 stands for at once and for ever.
	After, Times int
	For          time.Duration

	// What.
	Slow       time.Duration // before anything else
	Status     int           // answered in place of everything else, with the page that Plex has for it
	RetryAfter time.Duration // sent along with Status
	Body       string        // in place of Plex's own; with Status 0 it is a 200
	Drop       bool          // the connection is cut before there is an answer
	Cut        int           // bytes of the answer's body after which the connection is cut
	Short      int           // a page has at most so many items
	Total      int           // is added to totalSize
	Identity   string        // the server says that it is this one
}

type fault struct {
	Fault
	seen  int       // requests that it could have been about
	until time.Time // zero for ever
}

type faults struct {
	mu  sync.Mutex // guards all
	all []*fault
}

// Break begins a bad day. The function that it returns ends it.
func (f *Fake) Break(bad Fault) (mend func()) {
	x := &fault{Fault: bad}
	if bad.For > 0 {
		x.until = f.o.Now().Add(bad.For)
	}
	f.faults.mu.Lock()
	defer f.faults.mu.Unlock()
	f.faults.all = append(f.faults.all, x)
	return func() {
		f.faults.mu.Lock()
		defer f.faults.mu.Unlock()
		for i, other := range f.faults.all {
			if other == x {
				f.faults.all = append(f.faults.all[:i:i], f.faults.all[i+1:]...)
				return
			}
		}
	}
}

// Mend ends all bad days.
func (f *Fake) Mend() {
	f.faults.mu.Lock()
	defer f.faults.mu.Unlock()
	f.faults.all = nil
}

// wrong returns what is wrong with a request, all faults in one.
func (f *Fake) wrong(tv bool, r *http.Request) Fault {
	f.faults.mu.Lock()
	defer f.faults.mu.Unlock()
	var sum Fault
	for _, x := range f.faults.all {
		if x.TV != tv || !like(x.On, r.Method, r.URL.Path) {
			continue
		}
		x.seen++
		if n := x.seen - x.After; n <= 0 || x.Times > 0 && n > x.Times || !x.until.IsZero() && f.o.Now().After(x.until) {
			continue
		}
		sum = sum.with(x.Fault)
	}
	return sum
}

func (a Fault) with(b Fault) Fault {
	a.Slow += b.Slow
	a.Drop = a.Drop || b.Drop
	a.Total += b.Total
	if b.Status != 0 {
		a.Status, a.RetryAfter = b.Status, b.RetryAfter
	}
	if b.Body != "" {
		a.Body = b.Body
	}
	if b.Cut != 0 {
		a.Cut = b.Cut
	}
	if b.Short != 0 {
		a.Short = b.Short
	}
	if b.Identity != "" {
		a.Identity = b.Identity
	}
	return a
}

type faultKey struct{}

// faultOf returns what is wrong with the request, for those whose answers it changes.
func faultOf(r *http.Request) Fault {
	bad, _ := r.Context().Value(faultKey{}).(Fault)
	return bad
}

// watched writes requests down and has the bad days.
func (f *Fake) watched(tv bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := f.note(tv, r)
		bad := f.wrong(tv, r)
		if bad.Slow > 0 {
			t := time.NewTimer(bad.Slow)
			defer t.Stop()
			select {
			case <-t.C:
			case <-r.Context().Done():
				panic(http.ErrAbortHandler) // cuts the connection, and nothing else
			case <-f.closing.Done():
				panic(http.ErrAbortHandler)
			}
		}
		if bad.Drop {
			panic(http.ErrAbortHandler)
		}
		out := &answer{ResponseWriter: w, cut: bad.Cut}
		defer func() { f.answered(entry, out.status) }()
		if bad.RetryAfter > 0 {
			out.Header().Set("Retry-After", strconv.Itoa(int(bad.RetryAfter.Seconds())))
		}
		switch {
		case bad.Body != "":
			send(out, max(bad.Status, http.StatusOK), "text/html", []byte(bad.Body))
		case bad.Status != 0 && tv:
			failTV(out, bad.Status)
		case bad.Status != 0:
			fail(out, bad.Status)
		default:
			next.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), faultKey{}, bad)))
		}
	})
}

// answer is a ResponseWriter that remembers the status, and cuts the connection after so many bytes of the body.
type answer struct {
	http.ResponseWriter
	status  int
	cut     int // 0 for not at all
	written int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.cut > 0 && a.written+len(p) > a.cut {
		_, _ = a.ResponseWriter.Write(p[:a.cut-a.written])
		_ = http.NewResponseController(a.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	n, err := a.ResponseWriter.Write(p)
	a.written += n
	return n, err
}

// Unwrap is for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
