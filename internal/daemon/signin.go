package daemon

import (
	"context"
	"errors"
	"slices"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/secrets"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// SignIn takes a person from a Plex account to settings that work: Begin and Wait, then Servers, then Examine and Keep for
// the one that was chosen. Its methods may be called from any goroutine.
type SignIn struct {
	s       *Settings
	account *plex.Account
}

// SignIn returns the way to sign in.
func (s *Settings) SignIn() *SignIn {
	return &SignIn{s: s, account: plex.NewAccount(s.plexOptions())}
}

// Close lets go of connections.
func (i *SignIn) Close() { i.account.Close() }

// Begin asks plex.tv for a PIN. Show the person its address.
func (i *SignIn) Begin(ctx context.Context) (plex.PIN, error) { return i.account.Begin(ctx) }

// Wait waits until the person has signed in, and keeps the account's token where secrets are kept. It returns who it is.
func (i *SignIn) Wait(ctx context.Context, pin plex.PIN) (plex.User, error) {
	token, err := i.account.Wait(ctx, pin)
	if err != nil {
		return plex.User{}, err
	}
	user, err := i.account.Check(ctx, token)
	if err != nil {
		return plex.User{}, err
	}
	return user, i.s.Secrets.Set(ctx, secrets.Account, token)
}

// Servers lists the servers of the account that is signed in, its own first.
func (i *SignIn) Servers(ctx context.Context) ([]plex.Resource, error) {
	token, err := i.token(ctx)
	if err != nil {
		return nil, err
	}
	listed, err := i.account.Servers(ctx, token)
	if preview.ReasonOf(err) == preview.AccountSignedOut {
		// A token that plex.tv refuses is of no use to anybody.
		return nil, errors.Join(err, i.s.Secrets.Delete(ctx, secrets.Account))
	}
	if err != nil {
		return nil, err
	}
	i.s.book().keep(listed, i.s.log)
	return listed, nil
}

func (i *SignIn) token(ctx context.Context) (secret.Secret, error) {
	token, err := i.s.Secrets.Get(ctx, secrets.Account)
	if err == nil && token.Empty() {
		err = errNotSignedIn()
	}
	return token, err
}

// Out has plex.tv forget the account's token, and forgets it and those of the servers here, also when plex.tv cannot be
// asked; the error says then that it could not. The servers stay in the settings: they are not secret.
func (i *SignIn) Out(ctx context.Context) error {
	token, err := i.s.Secrets.Get(ctx, secrets.Account)
	var refused error
	if err == nil && !token.Empty() {
		refused = i.account.SignOut(ctx, token)
	}
	errs := []error{err, i.s.Secrets.Delete(ctx, secrets.Account)}
	for _, c := range i.s.Config.Get().Servers {
		if c.ID != "" {
			errs = append(errs, i.s.Secrets.Delete(ctx, secrets.Server(c.ID)))
		}
	}
	return errors.Join(append(errs, refused)...)
}

// SignedIn reports whether there is a token of an account.
func (i *SignIn) SignedIn(ctx context.Context) bool {
	token, err := i.s.Secrets.Get(ctx, secrets.Account)
	return err == nil && !token.Empty()
}

// Keep makes an examined server one of the settings, with its token where secrets are kept. One that is there already
// keeps what a person has set of it.
func (i *SignIn) Keep(ctx context.Context, x *Examination) error {
	if err := i.s.Secrets.Set(ctx, secrets.Server(x.Server.ID), x.Server.Token); err != nil {
		return err
	}
	return i.s.Config.Modify(func(c *config.Config) {
		n := slices.IndexFunc(c.Servers, func(s config.Server) bool { return s.ID == x.Server.ID })
		if n < 0 {
			c.Servers = append(c.Servers, config.Server{ID: x.Server.ID})
			n = len(c.Servers) - 1
		}
		s := &c.Servers[n]
		if x.Server.Name != "" {
			s.Name = x.Server.Name
		}
		if x.DataDir != "" {
			s.DataDir = x.DataDir
		}
		for _, row := range x.Maps {
			if !slices.ContainsFunc(s.Maps, func(m config.Map) bool { return m.Remote == row.Remote }) {
				s.Maps = append(s.Maps, row)
			}
		}
	})
}
