package fakeplex

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"
)

const username = "ann"

// account is who may do what. Tokens are made for each Fake, so that a test can look for them where they should not be.
type account struct {
	token     string // the account's
	server    string // the owner's for the server
	shared    string // a guest's for the server
	signedOut bool   // the account's token is not valid any more
	revoked   bool   // none is
	pins      []*pin
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
	return account{token: "acc" + rand.Text(), server: "srv" + rand.Text(), shared: "shr" + rand.Text()}
}

// AccountToken is what signing in ends with.
func (f *Fake) AccountToken() string { return f.account.token }

// ServerToken is the owner's token for the server.
func (f *Fake) ServerToken() string { return f.account.server }

// SharedToken is a guest's token for the server: good for looking, not for anything else.
func (f *Fake) SharedToken() string { return f.account.shared }

// Revoke makes all tokens invalid, as when somebody removes the device in the account.
func (f *Fake) Revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.account.revoked = true
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

// tokenOf says what a request shows for itself. The token may also stand in the query, as Plex has it.
func (f *Fake) tokenOf(r *http.Request) Token {
	value := r.Header.Get("X-Plex-Token")
	if value == "" {
		value = r.URL.Query().Get("X-Plex-Token")
	}
	switch value {
	case "":
		return NoToken
	case f.account.token:
		return AccountToken
	case f.account.server:
		return ServerToken
	case f.account.shared:
		return SharedToken
	}
	return OtherToken
}

// anyToken reports whether text has a token in it.
func (f *Fake) anyToken(text string) bool {
	for _, t := range []string{f.account.token, f.account.server, f.account.shared} {
		if strings.Contains(text, t) {
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
	switch token := f.tokenOf(r); {
	case need == open:
		return http.StatusOK
	case f.account.revoked || token == NoToken || token == OtherToken:
		return http.StatusUnauthorized
	case token == AccountToken && (f.account.signedOut || f.o.Shared):
		return http.StatusUnauthorized
	case need == owner && token == SharedToken:
		return http.StatusForbidden
	}
	return http.StatusOK
}

func (f *Fake) signedInLocked(r *http.Request) bool {
	return f.tokenOf(r) == AccountToken && !f.account.revoked && !f.account.signedOut
}
