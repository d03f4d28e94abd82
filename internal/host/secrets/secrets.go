// Package secrets keeps tokens where nobody but this user finds them: in the keyring of a desktop, in a file with mode
// 0600, or in the environment, which is only read.
//
// A secret is found under a key: [Account], [Server] of a machine identifier, or [EnvPlexToken]. Nothing here puts a value
// into an error, a log or an argument list. What a token is for, and whether a server accepts it, is not known here.
package secrets

import (
	"context"
	"errors"
	"slices"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// Account is the key of the token of the Plex account.
const Account = "account"

// Server returns the key of the token of a server, by its machine identifier: an account's token is never sent to a server,
// nor one server's to another.
func Server(id string) string { return "server/" + id }

// Store keeps secrets. Its methods may be called from any goroutine.
type Store interface {
	// Name says in people's words where the secrets are: "keyring", "file /data/secrets.json".
	Name() string
	// Get returns the secret, or an empty one when there is none.
	Get(ctx context.Context, key string) (secret.Secret, error)
	// Set keeps a secret. Errors are [preview.Fault]; [ErrReadOnly] says that the store never keeps any.
	Set(ctx context.Context, key string, s secret.Secret) error
	// Delete forgets a secret. That there is none is no error.
	Delete(ctx context.Context, key string) error
}

// ErrReadOnly says that a store can only be read.
var ErrReadOnly = errors.New("it can only be read")

// Options say where secrets are kept.
type Options struct {
	Dir string // of the file: the data folder
	// Keyring allows the keyring, where there is one. It belongs to the user and not to the folder, so an installation that
	// is all in one folder does without.
	Keyring bool
	Getenv  func(name string) string // nil for no environment
	Log     zerolog.Logger
}

// Open returns the places of this machine. It asks no keyring and writes nothing. An error is a [preview.Fault] and says
// what is wrong with the token in the environment.
func Open(o Options) (First, error) {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	env := Environment{Getenv: o.Getenv}
	if _, err := env.Get(context.Background(), EnvPlexToken); err != nil { // a small file at most
		return nil, err
	}
	file := NewFile(o.Dir, o.Log)
	// All that is in it is masked from here on. What is wrong with it is said to whoever needs it.
	_, _ = file.Get(context.Background(), Account)
	first := First{env, file}
	if o.Keyring && keyringHere(o.Getenv) {
		first = append(first, NewKeyring(o.Log))
	}
	return first, nil
}

// First is several stores as one. A secret is read from the first that has it, and kept in the last that can: with the
// keyring behind the file, what had to go into the file because the keyring was locked is newer than what the keyring has.
type First []Store

// Name names all stores.
func (f First) Name() string {
	name := ""
	for _, s := range f {
		if name != "" {
			name += ", "
		}
		name += s.Name()
	}
	return name
}

// Get returns the secret from the first store that has it. A store that fails is an error only when no other has it.
func (f First) Get(ctx context.Context, key string) (secret.Secret, error) {
	s, _, err := f.find(ctx, key)
	return s, err
}

// Where names the store that [First.Get] reads the secret from; it is empty when none has it.
func (f First) Where(ctx context.Context, key string) (string, error) {
	_, name, err := f.find(ctx, key)
	return name, err
}

func (f First) find(ctx context.Context, key string) (secret.Secret, string, error) {
	var errs []error
	for _, store := range f {
		s, err := store.Get(ctx, key)
		if err == nil && !s.Empty() {
			return s, store.Name(), nil
		}
		errs = append(errs, err)
	}
	return secret.Secret{}, "", errors.Join(errs...)
}

// Set keeps a secret in the last store that can, and deletes what stands in its way in those before.
func (f First) Set(ctx context.Context, key string, s secret.Secret) error {
	var errs []error
	for i, store := range slices.Backward(f) {
		err := store.Set(ctx, key, s)
		if err == nil {
			return f[:i].Delete(ctx, key)
		}
		if !errors.Is(err, ErrReadOnly) {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 {
		errs = append(errs, preview.Because(preview.SecretsReadOnly, "keep %s: %w", key, ErrReadOnly))
	}
	return errors.Join(errs...)
}

// Delete forgets a secret everywhere. An error says that it may be left somewhere.
func (f First) Delete(ctx context.Context, key string) error {
	var errs []error
	for _, store := range f {
		if err := store.Delete(ctx, key); !errors.Is(err, ErrReadOnly) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Keep takes what using a token came to: one that worked is kept, one that was refused is forgotten (unless there is
// another one by now), and any other error says nothing about the token.
func Keep(ctx context.Context, s Store, key string, token secret.Secret, outcome error) error {
	refused := false
	if outcome != nil {
		r := preview.ReasonOf(outcome)
		if refused = r == preview.PlexToken || r == preview.AccountSignedOut; !refused {
			return nil
		}
	}
	kept, err := s.Get(ctx, key)
	switch {
	case refused && err == nil && kept == token:
		return s.Delete(ctx, key)
	case refused:
		return err
	case err == nil && kept == token:
		return nil
	}
	return s.Set(ctx, key, token)
}
