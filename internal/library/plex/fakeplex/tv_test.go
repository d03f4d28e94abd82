package fakeplex_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
)

func (p *fake) beginPIN() (id, code string) {
	p.t.Helper()
	resp, body, err := p.ask(http.MethodPost, p.tv+"/api/v2/pins?strong=true")
	if err != nil || resp.StatusCode != http.StatusCreated {
		p.t.Fatal(resp, err, body)
	}
	if token := dig(p.t, body, "authToken"); token != nil {
		p.t.Fatalf("a new PIN has the token %v", token)
	}
	n, _ := dig(p.t, body, "id").(float64)
	code, _ = dig(p.t, body, "code").(string)
	return strconv.Itoa(int(n)), code
}

func TestSigningIn(t *testing.T) {
	p := start(t, fakeplex.Options{})
	_, code := p.beginPIN()
	poll := p.tv + "/api/v2/pins/1000000001"
	if _, body, err := p.ask(http.MethodGet, poll); err != nil || dig(t, body, "authToken") != nil {
		t.Fatal("signed in by nobody", err)
	}
	if resp, _, err := p.ask(http.MethodGet, poll, "X-Plex-Client-Identifier", "another"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Error("another client polls it", err)
	}
	if !p.ApprovePIN(code) || p.ApprovePIN("nonsense") {
		t.Error("approving")
	}
	_, body, err := p.ask(http.MethodGet, poll)
	if err != nil || dig(t, body, "authToken") != p.AccountToken() {
		t.Fatal(err, body)
	}

	token := []string{"X-Plex-Token", p.AccountToken()}
	if _, body, err := p.ask(http.MethodGet, p.tv+"/api/v2/user", token...); err != nil || dig(t, body, "username") != "ann" {
		t.Error(err, body)
	}
	_, body, err = p.ask(http.MethodGet, p.tv+"/api/v2/resources?includeHttps=1", token...)
	if err != nil || dig(t, body, 1, "accessToken") != p.ServerToken() || dig(t, body, 1, "clientIdentifier") != p.Identity() {
		t.Error(err, body)
	}
	if dig(t, body, 1, "connections", 0, "uri") != p.pms || dig(t, body, 0, "provides") == "server" {
		t.Error(body)
	}
	if resp, _, err := p.ask(http.MethodDelete, p.tv+"/api/v2/users/signout", token...); err != nil || resp.StatusCode != http.StatusNoContent {
		t.Error(resp, err)
	}
	if resp, _, err := p.ask(http.MethodGet, p.tv+"/api/v2/user", token...); err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Error("signed out, and still in", err)
	}
	if got := p.Leaks(); len(got) != 0 {
		t.Error(got)
	}
}

func TestAPINExpires(t *testing.T) {
	for _, quietly := range []bool{false, true} {
		p := start(t, fakeplex.Options{AutoApprove: 2})
		_, code := p.beginPIN()
		p.ExpirePIN(code, quietly)
		for range 3 {
			resp, body, err := p.ask(http.MethodGet, p.tv+"/api/v2/pins/1000000001")
			if err != nil {
				t.Fatal(err)
			}
			want := http.StatusNotFound
			if quietly {
				want = http.StatusOK
			}
			if resp.StatusCode != want || dig(t, body, "authToken") != nil {
				t.Error(resp.Status, body)
			}
		}
	}
}

func TestAPINThatApprovesItself(t *testing.T) {
	p := start(t, fakeplex.Options{AutoApprove: 2})
	id, _ := p.beginPIN()
	_, first, _ := p.ask(http.MethodGet, p.tv+"/api/v2/pins/"+id)
	_, second, _ := p.ask(http.MethodGet, p.tv+"/api/v2/pins/"+id)
	if dig(t, first, "authToken") != nil || dig(t, second, "authToken") != p.AccountToken() {
		t.Error(first, second)
	}
}

func TestPlexTVAsksForAPause(t *testing.T) {
	p := start(t, fakeplex.Options{Shared: true, Connections: fakeplex.DeadConnections()})
	mend := p.Break(fakeplex.Fault{TV: true, On: "POST /api/v2/pins", Status: 429, RetryAfter: 3 * time.Second})
	resp, body, err := p.ask(http.MethodPost, p.tv+"/api/v2/pins")
	if err != nil || resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "3" || dig(t, body, "errors", 0, "code") != 1003.0 {
		t.Error(resp, err, body)
	}
	mend()
	_, code := p.beginPIN()
	p.ApprovePIN(code)

	_, body, err = p.ask(http.MethodGet, p.tv+"/api/v2/resources", "X-Plex-Token", p.AccountToken())
	if err != nil || dig(t, body, 1, "owned") != false || dig(t, body, 1, "accessToken") != p.SharedToken() {
		t.Error("a server of somebody else", err, body)
	}
	if dig(t, body, 1, "connections", 0, "address") != "172.18.0.2" || dig(t, body, 1, "connections", 3, "uri") != p.pms {
		t.Error(body)
	}
}
