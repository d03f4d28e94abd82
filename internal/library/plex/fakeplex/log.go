package fakeplex

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
)

// Request is what a client asked.
type Request struct {
	TV     bool // of plex.tv, not of the server
	Method string
	Path   string
	Query  url.Values
	Token  Token  // that came along
	Client string // X-Plex-Client-Identifier
	Status int    // of the answer; 0 while there is none
}

// Token is what a request has to show for itself.
type Token string

// The tokens.
const (
	NoToken      Token = ""
	AccountToken Token = "account"
	ServerToken  Token = "server" // the owner's
	SharedToken  Token = "shared" // a guest's for the server
	OtherToken   Token = "other"  // one that nobody knows
)

// kept is how many requests are kept; all are counted.
const kept = 100_000

// log is what clients did. The zero value is ready.
type log struct {
	mu       sync.Mutex // guards all below
	requests []*Request
	counts   map[string]int // by method and path
	leaks    []string
}

// Requests returns what was asked so far, the first 100,000 at most.
func (f *Fake) Requests() []Request {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	all := make([]Request, 0, len(f.log.requests))
	for _, r := range f.log.requests {
		all = append(all, *r)
	}
	return all
}

// Count says how many requests were like the pattern: "GET /library/sections/*/all", or a path alone.
func (f *Fake) Count(pattern string) int {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	n := 0
	for key, count := range f.log.counts {
		method, path, _ := strings.Cut(key, " ")
		if like(pattern, method, path) {
			n += count
		}
	}
	return n
}

// ForgetRequests begins the log anew.
func (f *Fake) ForgetRequests() {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	f.log.requests, f.log.counts, f.log.leaks = nil, nil, nil
}

// Leaks returns a sentence for each request that had a token where others can read it: in its address, or with the
// server of somebody else.
func (f *Fake) Leaks() []string {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	return slices.Clone(f.log.leaks)
}

// note writes a request down.
func (f *Fake) note(tv bool, r *http.Request) *Request {
	entry := &Request{
		TV: tv, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(),
		Client: r.Header.Get("X-Plex-Client-Identifier"),
	}
	address := r.URL.String() + " " + r.Header.Get("Referer")
	plain, err := url.PathUnescape(address)
	if err != nil {
		plain = address
	}
	f.mu.Lock()
	entry.Token = f.tokenOfLocked(r)
	inAddress := entry.Query.Has("X-Plex-Token") || f.leaksLocked(address) || f.leaksLocked(plain)
	f.mu.Unlock()
	leak := ""
	switch {
	case inAddress:
		leak = "a token is in the address"
	case tv && (entry.Token == ServerToken || entry.Token == SharedToken):
		leak = "the server's token went to plex.tv"
	}
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	if f.log.counts == nil {
		f.log.counts = make(map[string]int)
	}
	f.log.counts[entry.Method+" "+entry.Path]++
	if leak != "" {
		f.log.leaks = append(f.log.leaks, fmt.Sprintf("%s %s: %s", entry.Method, entry.Path, leak))
	}
	if len(f.log.requests) < kept {
		f.log.requests = append(f.log.requests, entry)
	}
	return entry
}

func (f *Fake) answered(entry *Request, status int) {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	entry.Status = status
}

// like reports whether a request matches a pattern: an optional method, and a path whose elements may have wildcards. A
// pattern that ends with a slash stands for all below it; an empty one for everything.
func like(pattern, method, p string) bool {
	if m, rest, ok := strings.Cut(pattern, " "); ok {
		if m != method {
			return false
		}
		pattern = rest
	}
	if pattern == "" || strings.HasSuffix(pattern, "/") && strings.HasPrefix(p, pattern) && pattern != "/" {
		return true
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}
