package plex

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

const tv = "http://tv.test"

// tvError is how plex.tv says no.
func tvError(status, code int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"errors":[{"code":%d,"message":%q,"status":%d}]}`, code, message, status)
	}
}

func pinSays(life time.Duration, authToken string) string {
	now := time.Now().UTC()
	value := "null"
	if authToken != "" {
		value = fmt.Sprintf("%q", authToken)
	}
	// The clock of plex.tv is not ours.
	begun := now.Add(-7 * time.Hour)
	return fmt.Sprintf(`{"id":1000000001,"code":"abcdefghijklmnopqrstuvwxy","expiresIn":%d,"createdAt":%q,"expiresAt":%q,"authToken":%s}`,
		int(life.Seconds()), begun.Format(time.RFC3339), begun.Add(life).Format(time.RFC3339), value)
}

// account returns an account at a plex.tv that a handler plays.
func account(h host) (*Account, *network) {
	n := &network{hosts: map[string]host{tv: h}}
	return NewAccount(Options{TV: tv + "/", Transport: n, Client: Client{ID: "client & 1", Device: "My Computer", Platform: "Linux", Version: "1.0"}}), n
}

func TestSigningIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		mux := http.NewServeMux()
		mux.HandleFunc("POST /api/v2/pins", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery != "strong=true" || r.Header.Get("X-Plex-Client-Identifier") != "client & 1" || r.Header.Get("X-Plex-Token") != "" {
				t.Error(r.URL, r.Header)
			}
			w.WriteHeader(201)
			io.WriteString(w, pinSays(30*time.Minute, ""))
		})
		mux.HandleFunc("GET /api/v2/pins/1000000001", func(w http.ResponseWriter, r *http.Request) {
			token := ""
			if time.Since(began) >= 42*time.Second {
				token = "account-token-1"
			}
			io.WriteString(w, pinSays(30*time.Minute-time.Since(began), token))
		})
		a, n := account(serves(mux))
		var s SignIn = a
		p, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := PIN{
			ID: "1000000001", Code: "abcdefghijklmnopqrstuvwxy", Expires: began.Add(30 * time.Minute),
			URL: "https://app.plex.tv/auth#?clientID=client%20%26%201&code=abcdefghijklmnopqrstuvwxy&context%5Bdevice%5D%5Bproduct%5D=Scrubjay" +
				"&context%5Bdevice%5D%5Bversion%5D=1.0&context%5Bdevice%5D%5Bplatform%5D=Linux&context%5Bdevice%5D%5BdeviceName%5D=My%20Computer",
		}
		if diff := cmp.Diff(want, p); diff != "" {
			t.Error(diff)
		}
		got, err := s.Wait(t.Context(), p)
		if err != nil || got.Reveal() != "account-token-1" || time.Since(began) != 42*time.Second {
			t.Error(got, err, time.Since(began))
		}
		if asked := n.asked("/api/v2/pins/1000000001"); asked != 42 {
			t.Errorf("asked %d times in 42 seconds", asked)
		}
	})
}

func TestWaitingForASignInEnds(t *testing.T) {
	nobody := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, pinSays(time.Hour, "")) }
	signed := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, pinSays(time.Hour, "account-token-2")) }
	for name, c := range map[string]struct {
		answer host
		want   preview.Reason // none for a token
		took   time.Duration
		most   int // requests
	}{
		"nobody comes":                {serves(http.HandlerFunc(nobody)), preview.AccountExpired, 10 * time.Minute, 600},
		"it is not known any more":    {serves(tvError(404, 1020, "Code not found or expired")), preview.AccountExpired, time.Second, 1},
		"it expires quietly":          {serves(says(`{"id":1,"code":"c","authToken":null,"expiresIn":0}`)), preview.AccountExpired, time.Second, 1},
		"an outage for ever":          {refuses, preview.AccountExpired, 10 * time.Minute, 70},
		"a page of the hotel":         {serves(says("<html>Room number?</html>")), preview.AccountExpired, 10 * time.Minute, 70},
		"too many requests":           {serves(times(1, retryIn("30"), signed)), "", 31 * time.Second, 2},
		"too many, without a number":  {serves(times(2, tvError(429, 1003, "API rate limit exceeded"), signed)), "", 7 * time.Second, 3},
		"an outage":                   {serves(times(3, page(503), signed)), "", 15 * time.Second, 4},
		"a pause beyond the PIN":      {serves(retryIn("3600")), preview.AccountExpired, 10 * time.Minute, 2},
		"no answer":                   {hangs, preview.AccountExpired, 10*time.Minute + 10*time.Second, 40},
		"an outage, and a bad answer": {serves(times(1, says(`{}`), signed)), "", 3 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, n := account(c.answer)
				began := time.Now()
				got, err := a.Wait(t.Context(), PIN{ID: "1", Code: "c", Expires: began.Add(10 * time.Minute)})
				if (err != nil) != (c.want != "") || err != nil && preview.ReasonOf(err) != c.want || (err == nil) == got.Empty() {
					t.Errorf("got %v, %v, want %q", got, err, c.want)
				}
				if took := time.Since(began); took > c.took || took < c.took-10*time.Second || len(n.seen) > c.most {
					t.Errorf("took %v and %d requests, want %v and %d", took, len(n.seen), c.took, c.most)
				}
			})
		})
	}
}

func TestWaitingForASignInIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := account(hangs)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		began := time.Now()
		_, err := a.Wait(ctx, PIN{ID: "1", Expires: began.Add(time.Hour)})
		if preview.ReasonOf(err) != preview.Cancelled || time.Since(began) != 5*time.Second {
			t.Error(err, time.Since(began))
		}
		if _, err := a.Wait(t.Context(), PIN{ID: "../user", Expires: began.Add(time.Hour)}); preview.ReasonOf(err) != preview.AccountExpired {
			t.Error(err)
		}
	})
}

func TestBeginWithoutPlexTV(t *testing.T) {
	for name, c := range map[string]struct {
		answer host
		want   preview.Reason
	}{
		"away":     {refuses, preview.AccountAway},
		"limited":  {serves(tvError(429, 1003, "API rate limit exceeded")), preview.AccountBusy},
		"nonsense": {serves(says(`{"id":"../x","code":"c"}`)), preview.AccountAway},
		"hotel":    {serves(says("<html>")), preview.AccountAway},
	} {
		t.Run(name, func(t *testing.T) {
			a, n := account(c.answer)
			if p, err := a.Begin(t.Context()); preview.ReasonOf(err) != c.want {
				t.Error(p, err)
			}
			if len(n.seen) != 1 {
				t.Errorf("asked %d times, plex.tv counts", len(n.seen))
			}
		})
	}
}

// Only a plain refusal says that a token is bad.
func TestCheckTellsABadTokenFromAnOutage(t *testing.T) {
	user := says(`{"id":12345,"uuid":"u","username":"ann","title":"ann","friendlyName":"Ann","email":"a@example.invalid","authToken":"account-token-3","restricted":false,"subscription":{"active":true}}`)
	for name, c := range map[string]struct {
		answer host
		want   preview.Reason
		asked  int
	}{
		"good":                {serves(user), "", 1},
		"bad":                 {serves(tvError(401, 1001, "User could not be authenticated")), preview.AccountSignedOut, 1},
		"malformed":           {serves(tvError(422, 1000, "Invalid token")), preview.AccountSignedOut, 1},
		"expired":             {serves(tvError(498, 1000, "Token expired")), preview.AccountSignedOut, 1},
		"limited":             {serves(tvError(429, 1003, "API rate limit exceeded")), preview.AccountBusy, 1},
		"down":                {serves(page(500)), preview.AccountAway, 3},
		"down for a moment":   {serves(times(2, page(503), user)), "", 3},
		"forbidden":           {serves(page(403)), preview.AccountAway, 1},
		"no network":          {unknownName, preview.AccountAway, 3},
		"no answer":           {hangs, preview.AccountAway, 3},
		"a page of the hotel": {serves(says("<html>Room number?</html>")), preview.AccountAway, 3},
		"someone else's JSON": {serves(says(`{"ok":true}`)), preview.AccountAway, 3},
		"cut off":             {cut(serves(user)), preview.AccountAway, 3},
		"sent elsewhere":      {serves(http.RedirectHandler("http://login.test/", http.StatusFound)), preview.AccountAway, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, n := account(c.answer)
				got, err := a.Check(t.Context(), token)
				if (err != nil) != (c.want != "") || err != nil && preview.ReasonOf(err) != c.want || len(n.seen) != c.asked {
					t.Errorf("got %v after %d requests, want %q after %d", err, len(n.seen), c.want, c.asked)
				}
				if err == nil && got != (User{ID: "12345", Name: "Ann", PlexPass: true}) {
					t.Errorf("%+v", got)
				}
				noSecret(t, err)
			})
		})
	}
}

const resources = `[
 {"name":"Player","product":"Plex for TV","clientIdentifier":"p","provides":"client,player","owned":true,"accessToken":"none-of-it","connections":[]},
 {"name":"Friend","productVersion":"1.43.0","platform":"Windows","clientIdentifier":"` + other + `","provides":"server","ownerId":987,"sourceTitle":"Bob","owned":false,
  "accessToken":"friend-token","presence":true,"httpsRequired":true,"publicAddressMatches":false,"connections":[{"protocol":"https","address":"198.51.100.9","port":32400,"uri":"https://198-51-100-9.aa.plex.direct:32400","local":false,"relay":false,"IPv6":false}]},
 {"name":"Attic","clientIdentifier":"a","provides":"server","owned":"1","accessToken":"attic-token","presence":false},
 {"name":"Home","productVersion":"1.43.1","platform":"Linux","clientIdentifier":"` + machine + `","provides":"player,server","ownerId":null,"sourceTitle":null,"owned":true,
  "accessToken":"home-token","presence":true,"httpsRequired":0,"publicAddressMatches":true,"connections":[{"protocol":"https","address":"192.168.1.10","port":"32400","uri":"https://192-168-1-10.bb.plex.direct:32400","local":true,"relay":false,"IPv6":false}]},
 null, 7]`

func TestServersOfAnAccount(t *testing.T) {
	a, n := account(serves(says(resources)))
	got, err := a.Servers(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	reveal := cmp.Transformer("reveal", func(s secret.Secret) string { return s.Reveal() })
	want := []Resource{
		{
			Name: "Home", ID: machine, Version: "1.43.1", Platform: "Linux", Owned: true, Token: secret.New("home-token"), Online: true, PublicMatches: true,
			Connections: []Connection{{URI: "https://192-168-1-10.bb.plex.direct:32400", Protocol: "https", Address: "192.168.1.10", Port: 32400, Local: true}},
		},
		{Name: "Attic", ID: "a", Owned: true, Token: secret.New("attic-token")},
		{
			Name: "Friend", ID: other, Version: "1.43.0", Platform: "Windows", Owner: "Bob", Token: secret.New("friend-token"), Online: true, HTTPSRequired: true,
			Connections: []Connection{{URI: "https://198-51-100-9.aa.plex.direct:32400", Protocol: "https", Address: "198.51.100.9", Port: 32400}},
		},
	}
	if diff := cmp.Diff(want, got, reveal); diff != "" {
		t.Error(diff)
	}
	q := n.seen[0].URL.Query()
	if q.Get("includeHttps") != "1" || q.Get("includeRelay") != "1" || q.Get("includeIPv6") != "1" || n.seen[0].Header.Get("X-Plex-Token") != token.Reveal() {
		t.Error(n.seen[0].URL, n.seen[0].Header)
	}
	if text := fmt.Sprintf("%+v %#v", got, got); strings.Contains(text, "home-token") {
		t.Error("a token is printed with its server")
	}
	if target := got[0].Target(); target.ID != machine || target.Token.Reveal() != "home-token" || len(target.Connections) != 1 {
		t.Error(target)
	}
}

func TestSigningOut(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   preview.Reason
	}{
		"done":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, ""},
		"done before": {tvError(401, 1001, "User could not be authenticated"), ""},
		"away":        {page(503), preview.AccountAway},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mux := http.NewServeMux()
				mux.HandleFunc("DELETE /api/v2/users/signout", c.answer)
				a, _ := account(serves(mux))
				if err := a.SignOut(t.Context(), token); (err != nil) != (c.want != "") || err != nil && preview.ReasonOf(err) != c.want {
					t.Error(err)
				}
			})
		})
	}
}

func TestPlexTVIsWhereItIs(t *testing.T) {
	n := &network{hosts: map[string]host{}}
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Transport: n})
		_, _ = a.Check(t.Context(), token)
		_, _ = a.Servers(t.Context(), token)
	})
	var asked []string
	for _, r := range n.seen {
		asked = append(asked, r.URL.Scheme+"://"+r.URL.Host)
	}
	if diff := cmp.Diff([]string{"https://plex.tv", "https://clients.plex.tv"}, slices.Compact(asked)); diff != "" {
		t.Error(diff)
	}
}

// verify returns the claims of a JWT that was signed by a device whose public key plex.tv was told.
func verify(t *testing.T, jwt string, jwk map[string]string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	public, err := base64.RawURLEncoding.DecodeString(jwk["x"])
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !ed25519.Verify(public, []byte(parts[0]+"."+parts[1]), signature) {
		t.Fatal("the signature is wrong")
	}
	decode := func(part string, v any) {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err == nil {
			err = json.Unmarshal(raw, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var header map[string]string
	decode(parts[0], &header)
	if diff := cmp.Diff(map[string]string{"kid": jwk["kid"], "alg": "EdDSA", "typ": "JWT"}, header); diff != "" {
		t.Error(diff)
	}
	var claims map[string]any
	decode(parts[1], &claims)
	if claims["aud"] != "plex.tv" || claims["iss"] != "client & 1" || claims["iat"] != float64(time.Now().Unix()) && claims["exp"].(float64) < float64(time.Now().Unix()) {
		t.Error(claims)
	}
	return claims
}

func TestSigningInByAKeyOfTheDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		week := jwtUntil(time.Now().Add(7 * 24 * time.Hour))
		began := time.Now()
		var told struct {
			JWK    map[string]string `json:"jwk"`
			Strong bool              `json:"strong"`
		}
		mux := http.NewServeMux()
		mux.HandleFunc("POST /api/v2/pins", func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&told); err != nil || !told.Strong || told.JWK["kty"] != "OKP" || told.JWK["crv"] != "Ed25519" || told.JWK["alg"] != "EdDSA" {
				t.Error(err, told)
			}
			io.WriteString(w, pinSays(30*time.Minute, ""))
		})
		mux.HandleFunc("GET /api/v2/pins/1000000001", func(w http.ResponseWriter, r *http.Request) {
			verify(t, r.URL.Query().Get("deviceJWT"), told.JWK)
			if time.Since(began) < 10*time.Minute {
				io.WriteString(w, pinSays(30*time.Minute-time.Since(began), ""))
				return
			}
			io.WriteString(w, pinSays(10*time.Minute, week))
		})
		mux.HandleFunc("GET /api/v2/auth/nonce", says(`{"nonce":"n-1"}`))
		mux.HandleFunc("POST /api/v2/auth/token", func(w http.ResponseWriter, r *http.Request) {
			var signed struct{ JWT string }
			if err := json.NewDecoder(r.Body).Decode(&signed); err != nil {
				t.Error(err)
			}
			if claims := verify(t, signed.JWT, told.JWK); claims["nonce"] != "n-1" || claims["scope"] != "username,email,friendly_name" {
				t.Error(claims)
			}
			io.WriteString(w, `{"auth_token":"next-weeks-token"}`)
		})
		a, n := account(serves(mux))
		key, err := NewDeviceKey()
		if err != nil {
			t.Fatal(err)
		}
		d, err := NewDeviceSignIn(a, key)
		if err != nil {
			t.Fatal(err)
		}
		var s SignIn = d
		p, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Wait(t.Context(), p)
		if err != nil || got.Reveal() != week {
			t.Fatal(got, err)
		}
		if at, ok := TokenExpires(got); !ok || !at.Equal(began.Add(7*24*time.Hour).Truncate(time.Second)) {
			t.Error(at, ok)
		}
		if got, err = d.Refresh(t.Context()); err != nil || got.Reveal() != "next-weeks-token" {
			t.Error(got, err)
		}
		signed := map[string]bool{}
		for _, r := range n.seen {
			if jwt := r.URL.Query().Get("deviceJWT"); jwt != "" {
				signed[jwt] = true
			}
		}
		if len(signed) > 5 {
			t.Errorf("signed %d times in ten minutes, which all have to be remembered", len(signed))
		}
		// What fails says nothing of what was signed.
		n.set(tv, refuses)
		_, err = d.Wait(t.Context(), PIN{ID: "1", Expires: time.Now().Add(2 * time.Second)})
		if err == nil || strings.Contains(err.Error(), "deviceJWT") {
			t.Error(err)
		}
	})
}

// jwtUntil is a token as plex.tv makes them.
func jwtUntil(at time.Time) string {
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return encode(`{"alg":"EdDSA"}`) + "." + encode(fmt.Sprintf(`{"exp":%d,"user":{"id":1}}`, at.Unix())) + "." + encode("signature")
}

func TestRefreshWhenPlexTVSaysNo(t *testing.T) {
	key, err := NewDeviceKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token http.HandlerFunc
		want  preview.Reason
	}{
		"the key is not known": {tvError(422, 1000, "signature verification failed"), preview.AccountSignedOut},
		"limited":              {tvError(429, 1003, "API rate limit exceeded"), preview.AccountBusy},
		"nothing":              {says(`{}`), preview.AccountAway},
	} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /api/v2/auth/nonce", says(`{"nonce":"n-1"}`))
			mux.HandleFunc("POST /api/v2/auth/token", c.token)
			a, _ := account(serves(mux))
			d, err := NewDeviceSignIn(a, key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Refresh(t.Context()); preview.ReasonOf(err) != c.want {
				t.Error(err)
			}
		})
	}
	a, _ := account(refuses)
	for _, bad := range []string{"", "abc", "%%%"} {
		if _, err := NewDeviceSignIn(a, secret.New(bad)); err == nil {
			t.Errorf("took %q for a key", bad)
		}
	}
	for _, old := range []string{"", "abcdefghij", "a.b.c", "..", url.QueryEscape("ä.ö.ü")} {
		if at, ok := TokenExpires(secret.New(old)); ok {
			t.Errorf("%q expires at %v", old, at)
		}
	}
}
