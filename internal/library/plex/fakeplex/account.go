package fakeplex

import (
	"cmp"
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const username = "ann"

// account is who may do what. Tokens are made for each Fake, so that a test can look for them where they should not be.
type account struct {
	tokens  map[Token]string // AccountToken, ServerToken and SharedToken
	retired []string         // tokens that were good once
	pins    []*pin
}

// pin is a sign-in that was begun.
type pin struct {
	id       int
	code     string
	client   string // that began it
	product  string
	created  time.Time
	expires  time.Time
	polls    int
	approved bool
	quiet    bool // once expired it is still answered, without a token
}

func newAccount() account {
	a := account{tokens: make(map[Token]string)}
	a.renew(AccountToken, ServerToken, SharedToken)
	return a
}

// renew makes new tokens in place of those that there are.
func (a *account) renew(kinds ...Token) {
	for _, kind := range kinds {
		if old := a.tokens[kind]; old != "" {
			a.retired = append(a.retired, old)
		}
		a.tokens[kind] = string(kind[:2]) + rand.Text()
	}
}

// AccountToken is what signing in ends with.
func (f *Fake) AccountToken() string { return f.token(AccountToken) }

// ServerToken is the owner's token for the server.
func (f *Fake) ServerToken() string { return f.token(ServerToken) }

// SharedToken is a guest's token for the server: good for looking, not for anything else.
func (f *Fake) SharedToken() string { return f.token(SharedToken) }

func (f *Fake) token(kind Token) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.account.tokens[kind]
}

// Revoke makes all tokens invalid, as when somebody removes the device in the account. Whoever signs in again gets new
// ones.
func (f *Fake) Revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.account.renew(AccountToken, ServerToken, SharedToken)
}

// ApprovePIN signs in with a code, as a person does in the browser, and reports whether there is such a code.
func (f *Fake) ApprovePIN(code string) bool {
	return f.withPIN(code, func(p *pin) { p.approved = true })
}

// ExpirePIN lets a code run out now. One that runs out quietly is still answered, with no token in it.
func (f *Fake) ExpirePIN(code string, quietly bool) bool {
	return f.withPIN(code, func(p *pin) { p.expires, p.quiet = f.o.Now().Add(-time.Second), quietly })
}

// PINs are the codes of sign-ins that were begun, in their order.
func (f *Fake) PINs() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var codes []string
	for _, p := range f.account.pins {
		codes = append(codes, p.code)
	}
	return codes
}

func (f *Fake) withPIN(code string, do func(*pin)) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.account.pins {
		if p.code == code {
			do(p)
			return true
		}
	}
	return false
}

// tokenOfLocked says what a request shows for itself. The token may also stand in the query, as Plex has it.
func (f *Fake) tokenOfLocked(r *http.Request) Token {
	value := cmp.Or(r.Header.Get("X-Plex-Token"), r.URL.Query().Get("X-Plex-Token"))
	if value == "" {
		return NoToken
	}
	for kind, token := range f.account.tokens {
		if token == value {
			return kind
		}
	}
	return OtherToken
}

// leaksLocked reports whether text has a token in it, be it one that is not good any more.
func (f *Fake) leaksLocked(text string) bool {
	for _, token := range slices.Concat(slices.Collect(maps.Values(f.account.tokens)), f.account.retired) {
		if strings.Contains(text, token) {
			return true
		}
	}
	return false
}

// access is what a call asks for.
type access int

const (
	open  access = iota // no token
	guest               // a token that is valid
	owner               // the owner's
)

// mayAt answers for the server whether a request may do something: 200, 401 or 403. An owner's account token is as good
// there as the server's own.
func (f *Fake) mayAt(r *http.Request, need access) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch token := f.tokenOfLocked(r); {
	case need == open:
		return http.StatusOK
	case token == NoToken, token == OtherToken, token == AccountToken && f.o.Shared:
		return http.StatusUnauthorized
	case need == owner && token == SharedToken:
		return http.StatusForbidden
	}
	return http.StatusOK
}
