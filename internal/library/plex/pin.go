package plex

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// PIN is a sign-in that was begun.
type PIN struct {
	ID      string
	Code    string
	URL     string    // what the person opens
	Expires time.Time // by this machine's clock
}

const (
	pollEvery   = time.Second
	slowestPoll = 10 * time.Second
	// usualLife is how long a PIN lives when plex.tv does not say; it has been 30 minutes.
	usualLife = 15 * time.Minute
)

// Begin asks plex.tv for a strong PIN: one that lives long and is not typed. Ask for one for each time that a person
// wants to sign in, no more: plex.tv counts.
func (a *Account) Begin(ctx context.Context) (PIN, error) {
	p, _, err := a.pin(ctx, a.tv, call{method: http.MethodPost, path: "/api/v2/pins", query: url.Values{"strong": {"true"}}})
	return p, err
}

// Wait polls until the person has signed in, and returns the account's token. It gives up with
// [preview.AccountExpired]; plex.tv being away or asking for a pause only makes it wait.
func (a *Account) Wait(ctx context.Context, p PIN) (secret.Secret, error) {
	if !digits(p.ID) {
		return secret.Secret{}, preview.Because(preview.AccountExpired, "wait for PIN %q: that is none", p.ID)
	}
	return a.poll(ctx, p, func() (PIN, secret.Secret, error) {
		return a.pin(ctx, a.tv, call{path: "/api/v2/pins/" + p.ID})
	})
}

// poll asks once a second, slower while plex.tv is away.
func (a *Account) poll(ctx context.Context, p PIN, ask func() (PIN, secret.Secret, error)) (secret.Secret, error) {
	var last error
	for pause := pollEvery; ; {
		// One report says that an expired PIN is still answered with 200, so the clock ends it too.
		left := time.Until(p.Expires)
		if left <= 0 {
			return secret.Secret{}, expired(last)
		}
		select {
		case <-time.After(min(pause, left)):
		case <-ctx.Done():
			return secret.Secret{}, a.ended(ctx, expired(last))
		}
		now, token, err := ask()
		if err == nil && !token.Empty() {
			return token, nil
		}
		if ctx.Err() != nil {
			return secret.Secret{}, a.ended(ctx, expired(err))
		}
		last = err
		if err == nil {
			pause = pollEvery
			if now.Expires.Before(p.Expires) {
				p.Expires = now.Expires
			}
			continue
		}
		a.wire.log.Debug().Err(err).Msg("asked plex.tv whether somebody has signed in")
		pause = min(2*pause, slowestPoll)
		if r, ok := errors.AsType[*refusal](err); ok {
			if r.code == http.StatusNotFound {
				return secret.Secret{}, expired(err)
			}
			pause = max(pause, r.after)
		}
	}
}

// expired is the end of a PIN, with the last word of plex.tv.
func expired(last error) error {
	if last == nil {
		return preview.Because(preview.AccountExpired, "wait for the sign-in: the PIN has expired")
	}
	return preview.Because(preview.AccountExpired, "wait for the sign-in: %w", last)
}

// pin makes a request that is answered with a PIN, and with a token when somebody has signed in.
func (a *Account) pin(ctx context.Context, base string, c call) (p PIN, token secret.Secret, err error) {
	c.timeout = 10 * time.Second
	c.read = func(_ http.Header, body io.Reader) error {
		var v struct {
			ID        text    `json:"id"`
			Code      text    `json:"code"`
			AuthToken text    `json:"authToken"`
			ExpiresIn *number `json:"expiresIn"` // s
			Created   text    `json:"createdAt"`
			Expires   text    `json:"expiresAt"`
		}
		if err := document(body, &v); err != nil {
			return err
		}
		if !digits(string(v.ID)) || v.Code == "" {
			return errNotJSON
		}
		p = PIN{ID: string(v.ID), Code: string(v.Code), URL: a.browse(string(v.Code))}
		p.Expires = time.Now().Add(life(string(v.Created), string(v.Expires), v.ExpiresIn))
		token = secret.New(string(v.AuthToken))
		return nil
	}
	if err := a.wire.send(ctx, base, c); err != nil {
		if ctx.Err() != nil {
			return PIN{}, secret.Secret{}, a.ended(ctx, judgeAccount(err))
		}
		return PIN{}, secret.Secret{}, judgeAccount(err)
	}
	return p, token, nil
}

// life returns how long a PIN still lives: as plex.tv counts, because the clock of this machine may be wrong.
func life(created, expires string, in *number) time.Duration {
	if in != nil {
		return time.Duration(min(max(*in, 0), 24*60*60)) * time.Second
	}
	from, err := time.Parse(time.RFC3339, created)
	to, err2 := time.Parse(time.RFC3339, expires)
	switch {
	case err == nil && err2 == nil:
		return to.Sub(from)
	case err2 == nil:
		return time.Until(to)
	}
	return usualLife
}

// browse returns the address where a person signs in. All that it says stands behind the #, and stays in the browser.
func (a *Account) browse(code string) string {
	var b strings.Builder
	b.WriteString("https://app.plex.tv/auth#")
	separator := "?"
	add := func(name, value string) {
		if value == "" {
			return
		}
		b.WriteString(separator + escape(name) + "=" + escape(value))
		separator = "&"
	}
	add("clientID", a.client.ID)
	add("code", code)
	add("context[device][product]", a.client.product())
	add("context[device][version]", a.client.Version)
	add("context[device][platform]", a.client.Platform)
	add("context[device][deviceName]", a.client.Device)
	return b.String()
}

// escape writes a space as %20: the page does not take + for one.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
