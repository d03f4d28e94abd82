package plex

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// DeviceSignIn signs in by a key of this installation and gets tokens that live for a week, as plex.tv offers since
// September 2025. Nothing uses it yet: servers have been seen to refuse what it returns, and plex.tv forgets the older
// kind of token when the first of these is made. An account can be asked for its servers with it, which then bring
// tokens of their own.
//
// It may be used from any goroutine.
type DeviceSignIn struct {
	account *Account
	key     ed25519.PrivateKey
	id      string // of the key; plex.tv knows the key by it
}

// NewDeviceKey makes the key of an installation: 32 bytes as text, to be kept like a token.
func NewDeviceKey() (secret.Secret, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return secret.Secret{}, err
	}
	return secret.New(base64.RawURLEncoding.EncodeToString(key.Seed())), nil
}

// NewDeviceSignIn takes a key of [NewDeviceKey].
func NewDeviceSignIn(a *Account, key secret.Secret) (*DeviceSignIn, error) {
	seed, err := base64.RawURLEncoding.DecodeString(key.Reveal())
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, preview.Because(preview.AccountSignedOut, "read the device key: it is damaged")
	}
	d := &DeviceSignIn{account: a, key: ed25519.NewKeyFromSeed(seed)}
	sum := sha256.Sum256(d.key.Public().(ed25519.PublicKey))
	d.id = hex.EncodeToString(sum[:])
	return d, nil
}

// Begin tells plex.tv the key, and asks for a PIN.
func (d *DeviceSignIn) Begin(ctx context.Context) (PIN, error) {
	body, err := json.Marshal(map[string]any{"jwk": map[string]string{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": d.id,
		"x": base64.RawURLEncoding.EncodeToString(d.key.Public().(ed25519.PublicKey)),
	}, "strong": true})
	if err != nil {
		return PIN{}, err
	}
	p, _, err := d.account.pin(ctx, d.account.clients, call{method: http.MethodPost, path: "/api/v2/pins", body: body})
	return p, err
}

// Wait polls like [Account.Wait]. The token lives for a week, see [DeviceSignIn.Refresh].
func (d *DeviceSignIn) Wait(ctx context.Context, p PIN) (secret.Secret, error) {
	if !digits(p.ID) {
		return secret.Secret{}, preview.Because(preview.AccountExpired, "wait for PIN %q: that is none", p.ID)
	}
	var signed secret.Secret
	var since time.Time
	return d.account.poll(ctx, p, func() (_ PIN, _ secret.Secret, err error) {
		if signed.Empty() || time.Since(since) > signedFor/2 {
			if signed, err = d.sign(nil); err != nil {
				return PIN{}, secret.Secret{}, err
			}
			since = time.Now()
		}
		return d.account.pin(ctx, d.account.clients, call{
			path: "/api/v2/pins/" + p.ID, query: url.Values{"deviceJWT": {signed.Reveal()}},
		})
	})
}

// Refresh returns a new token, also when the last one has run out. [preview.AccountSignedOut] says that plex.tv does
// not take the key any more, and that a person has to sign in again.
func (d *DeviceSignIn) Refresh(ctx context.Context) (secret.Secret, error) {
	var nonce struct {
		Nonce text `json:"nonce"`
	}
	err := d.account.get(ctx, d.account.clients, call{path: "/api/v2/auth/nonce", read: into(&nonce)})
	if err != nil {
		return secret.Secret{}, err
	}
	signed, err := d.sign(map[string]any{"nonce": string(nonce.Nonce), "scope": "username,email,friendly_name"})
	if err != nil {
		return secret.Secret{}, err
	}
	body, err := json.Marshal(map[string]string{"jwt": signed.Reveal()})
	if err != nil {
		return secret.Secret{}, err
	}
	var answer struct {
		Token text `json:"auth_token"`
	}
	// A nonce is good for one try.
	c := call{method: http.MethodPost, path: "/api/v2/auth/token", body: body, timeout: 15 * time.Second, read: into(&answer)}
	if err := d.account.wire.send(ctx, d.account.clients, c); err != nil {
		if ctx.Err() != nil {
			return secret.Secret{}, d.account.ended(ctx, judgeAccount(err))
		}
		return secret.Secret{}, judgeAccount(err)
	}
	if answer.Token == "" {
		return secret.Secret{}, preview.Because(preview.AccountAway, "refresh the token: plex.tv sent none")
	}
	return secret.New(string(answer.Token)), nil
}

func into(v any) func(http.Header, io.Reader) error {
	return func(_ http.Header, body io.Reader) error { return document(body, v) }
}

// signedFor is how long what we sign is good.
const signedFor = 5 * time.Minute

// sign makes a JWT of this device with more claims than the usual ones.
func (d *DeviceSignIn) sign(claims map[string]any) (secret.Secret, error) {
	now := time.Now()
	all := map[string]any{"aud": "plex.tv", "iss": d.account.client.ID, "iat": now.Unix(), "exp": now.Add(signedFor).Unix()}
	for name, v := range claims {
		all[name] = v
	}
	header, err := json.Marshal(map[string]string{"kid": d.id, "alg": "EdDSA", "typ": "JWT"})
	if err != nil {
		return secret.Secret{}, err
	}
	payload, err := json.Marshal(all)
	if err != nil {
		return secret.Secret{}, err
	}
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return secret.New(text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(d.key, []byte(text)))), nil
}

// TokenExpires returns when a token of a [DeviceSignIn] runs out; ok is false for tokens of the older kind, which do
// not. Refresh a day before.
func TokenExpires(token secret.Secret) (at time.Time, ok bool) {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return time.Time{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return time.Time{}, false
	}
	var claims struct {
		Exp number `json:"exp"`
	}
	if softly(json.Unmarshal(payload, &claims)) != nil || claims.Exp <= 0 {
		return time.Time{}, false
	}
	return seconds(claims.Exp), true
}
