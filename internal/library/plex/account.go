package plex

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// SignIn is a way to get a token of an account with the help of a browser. Begin makes a PIN, a person opens its URL,
// and Wait returns the token then.
type SignIn interface {
	Begin(ctx context.Context) (PIN, error)
	Wait(ctx context.Context, p PIN) (secret.Secret, error)
}

var (
	_ SignIn = (*Account)(nil)
	_ SignIn = (*DeviceSignIn)(nil)
)

// Account talks to plex.tv. It holds no token; all methods may be called from any goroutine. Errors are
// [preview.Fault]: [preview.AccountSignedOut] when plex.tv refuses the token; [preview.AccountBusy] and
// [preview.AccountAway] say nothing about the token.
type Account struct {
	wire    *wire
	client  Client
	tv      string // for what concerns the account
	clients string // for what concerns its devices
}

// NewAccount makes an account of the given options. Nothing is asked yet.
func NewAccount(opts Options) *Account {
	carrier := opts.Transport
	if carrier == nil {
		carrier = transport()
	}
	a := &Account{wire: newWire(opts, carrier), client: opts.Client, tv: "https://plex.tv", clients: "https://clients.plex.tv"}
	if opts.TV != "" {
		a.tv = strings.TrimRight(opts.TV, "/")
		a.clients = a.tv
	}
	return a
}

// Close lets go of idle connections. The account can still be used.
func (a *Account) Close() { a.wire.client.CloseIdleConnections() }

// User is the person that an account belongs to.
type User struct {
	ID         string
	Name       string // never logged
	Restricted bool   // a managed user of somebody's home: cannot administer a server
	PlexPass   bool
}

// Check asks whether a token is good, and whose it is.
func (a *Account) Check(ctx context.Context, token secret.Secret) (User, error) {
	var u User
	err := a.get(ctx, a.tv, call{path: "/api/v2/user", token: token, read: func(_ http.Header, body io.Reader) error {
		var v struct {
			ID           text `json:"id"`
			Username     text `json:"username"`
			Title        text `json:"title"`
			FriendlyName text `json:"friendlyName"`
			Restricted   flag `json:"restricted"`
			Subscription list[struct {
				Active flag `json:"active"`
			}] `json:"subscription"`
		}
		if err := document(body, &v); err != nil {
			return err
		}
		u = User{ID: string(v.ID), Restricted: bool(v.Restricted), PlexPass: bool(v.Subscription.first().Active)}
		for _, name := range []text{v.FriendlyName, v.Title, v.Username} {
			if u.Name == "" {
				u.Name = string(name)
			}
		}
		if u.ID == "" { // a page of a hotel's network, which answers everything with 200
			return errNotJSON
		}
		return nil
	}})
	return u, err
}

// Resource is a server that an account can use.
type Resource struct {
	Name          string
	ID            string // machine identifier
	Version       string
	Platform      string
	Owned         bool
	Owner         string        // name, where it is somebody else's; never logged
	Token         secret.Secret // for this server alone
	Online        bool          // as far as plex.tv knows
	HTTPSRequired bool          // it takes no plain http
	PublicMatches bool          // it and we have the same public address: likely the same network
	Connections   []Connection
}

// Target returns what [Connect] takes.
func (r Resource) Target() Target {
	return Target{ID: r.ID, Name: r.Name, Token: r.Token, Connections: r.Connections, HTTPSRequired: r.HTTPSRequired}
}

// Servers lists the servers that an account can use: its own first, those that are online before others.
func (a *Account) Servers(ctx context.Context, token secret.Secret) ([]Resource, error) {
	var all []Resource
	err := a.get(ctx, a.clients, call{
		path: "/api/v2/resources", query: url.Values{"includeHttps": {"1"}, "includeRelay": {"1"}, "includeIPv6": {"1"}},
		token: token,
		read: func(_ http.Header, body io.Reader) (err error) {
			all, err = readResources(body)
			return err
		},
	})
	return all, err
}

func readResources(body io.Reader) ([]Resource, error) {
	type device struct {
		Name          text `json:"name"`
		Version       text `json:"productVersion"`
		Platform      text `json:"platform"`
		ID            text `json:"clientIdentifier"`
		Provides      text `json:"provides"`
		SourceTitle   text `json:"sourceTitle"`
		AccessToken   text `json:"accessToken"`
		Owned         flag `json:"owned"`
		Presence      flag `json:"presence"`
		HTTPSRequired flag `json:"httpsRequired"`
		PublicMatches flag `json:"publicAddressMatches"`
		Connections   list[struct {
			Protocol text   `json:"protocol"`
			Address  text   `json:"address"`
			Port     number `json:"port"`
			URI      text   `json:"uri"`
			Local    flag   `json:"local"`
			Relay    flag   `json:"relay"`
			IPv6     flag   `json:"IPv6"`
		}] `json:"connections"`
	}
	var devices []device
	if err := document(body, &devices); err != nil {
		return nil, err
	}
	var all []Resource
	for _, d := range devices {
		// A device may be more than a server: "server,player".
		if !slices.Contains(strings.Split(string(d.Provides), ","), "server") || d.ID == "" {
			continue
		}
		r := Resource{
			Name: string(d.Name), ID: string(d.ID), Version: string(d.Version), Platform: string(d.Platform),
			Owned: bool(d.Owned), Owner: string(d.SourceTitle), Token: secret.New(string(d.AccessToken)),
			Online: bool(d.Presence), HTTPSRequired: bool(d.HTTPSRequired), PublicMatches: bool(d.PublicMatches),
		}
		for _, c := range d.Connections {
			r.Connections = append(r.Connections, Connection{
				URI: string(c.URI), Protocol: string(c.Protocol), Address: string(c.Address), Port: int(c.Port),
				Local: bool(c.Local), Relay: bool(c.Relay), IPv6: bool(c.IPv6),
			})
		}
		all = append(all, r)
	}
	weight := func(r Resource) (w int) {
		if !r.Owned {
			w += 2
		}
		if !r.Online {
			w++
		}
		return w
	}
	slices.SortStableFunc(all, func(a, b Resource) int { return weight(a) - weight(b) })
	return all, nil
}

// SignOut has plex.tv forget a token. One that plex.tv does not take any more is signed out already.
func (a *Account) SignOut(ctx context.Context, token secret.Secret) error {
	err := a.get(ctx, a.tv, call{method: http.MethodDelete, path: "/api/v2/users/signout", token: token})
	if preview.ReasonOf(err) == preview.AccountSignedOut {
		return nil
	}
	return err
}

// get makes a request that may be repeated, up to three times.
func (a *Account) get(ctx context.Context, base string, c call) error {
	c.timeout = 15 * time.Second
	for try := 0; ; try++ {
		err := a.wire.send(ctx, base, c)
		if err == nil {
			return nil
		}
		fault := judgeAccount(err)
		if ctx.Err() != nil {
			return a.ended(ctx, fault)
		}
		r, said := errors.AsType[*refusal](err)
		if preview.ReasonOf(fault) != preview.AccountAway || try == 2 || said && r.code < 500 {
			return fault
		}
		select {
		case <-time.After(time.Second << try):
		case <-ctx.Done():
			return a.ended(ctx, fault)
		}
	}
}

func (a *Account) ended(ctx context.Context, last error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return last
	}
	return preview.Because(preview.Cancelled, "ask plex.tv: %w", context.Cause(ctx))
}

// judgeAccount makes the fault of what plex.tv answered. Only a plain refusal of the token says anything about it.
func judgeAccount(err error) error {
	reason := preview.AccountAway
	if r, ok := errors.AsType[*refusal](err); ok {
		switch r.code {
		// 422 is "Invalid token"; 498 an expired one of the newer kind.
		case http.StatusUnauthorized, http.StatusUnprocessableEntity, 498:
			reason = preview.AccountSignedOut
		case http.StatusTooManyRequests:
			reason = preview.AccountBusy
		}
	}
	return preview.Because(reason, "%w", err)
}

// document reads a JSON document that is small.
func document(body io.Reader, v any) error {
	all, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := softly(json.Unmarshal(all, v)); err != nil {
		return errNotJSON
	}
	return nil
}
