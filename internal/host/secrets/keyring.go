package secrets

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/zalando/go-keyring"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

const (
	// service is the name that people see in their keyring.
	service = "scrubjay"
	// patience is how long a keyring may take. A locked one asks a person for a password, who may need that long; or is
	// not there.
	patience = 30 * time.Second
)

// Keyring keeps secrets in the keyring of this desktop: the Secret Service on Linux, the keychain of macOS, the credential
// manager of Windows. A call that waits for a person gives up after 30 s or when ctx ends, with [preview.SecretsLocked];
// until the keyring answers it, further calls give up at once. A keyring that turns out not to be there holds nothing.
type Keyring struct {
	ring ring
	log  zerolog.Logger
	turn chan struct{} // holds a token while the keyring is free: it is asked one thing at a time
	told atomic.Bool   // that it is not there
}

// ring is what we need of go-keyring.
type ring interface {
	Get(service, user string) (string, error)
	Set(service, user, password string) error
	Delete(service, user string) error
}

// NewKeyring returns the keyring of this user's desktop. It does not ask it anything.
func NewKeyring(log zerolog.Logger) *Keyring { return newKeyring(desktop{}, log) }

func newKeyring(r ring, log zerolog.Logger) *Keyring {
	k := &Keyring{ring: r, log: log, turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// Name returns "keyring".
func (k *Keyring) Name() string { return "keyring" }

// Get returns a secret.
func (k *Keyring) Get(ctx context.Context, key string) (secret.Secret, error) {
	var value string
	err := k.ask(ctx, func() (err error) {
		value, err = k.ring.Get(service, key)
		return err
	})
	if err != nil { // then value may still be written
		return secret.Secret{}, k.absent(err)
	}
	return secret.New(value), nil
}

// Set keeps a secret; an empty one is forgotten.
func (k *Keyring) Set(ctx context.Context, key string, s secret.Secret) error {
	if s.Empty() {
		return k.Delete(ctx, key)
	}
	return k.ask(ctx, func() error { return k.ring.Set(service, key, s.Reveal()) })
}

// Delete forgets a secret.
func (k *Keyring) Delete(ctx context.Context, key string) error {
	return k.absent(k.ask(ctx, func() error { return k.ring.Delete(service, key) }))
}

// ask has one call to the keyring made, and gives up on it in time. Its errors are [preview.Fault] with
// [preview.SecretsLocked] when there is a keyring and with [preview.SecretsReadOnly] when there is none, and
// [keyring.ErrNotFound].
func (k *Keyring) ask(ctx context.Context, call func() error) error {
	select {
	case <-k.turn:
	case <-ctx.Done():
		return ctx.Err()
	default:
		// Somebody asks. That is a matter of milliseconds, unless a person is asked for a password.
		select {
		case <-k.turn:
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(patience / 30):
			return preview.Because(preview.SecretsLocked, "ask keyring: it has not answered the question before")
		}
	}
	answer := make(chan error, 1)
	go func() { // go-keyring cannot be cancelled; this ends when the person answers
		defer func() { k.turn <- struct{}{} }()
		defer func() {
			if p := recover(); p != nil { // it trusts what the bus sends
				answer <- fmt.Errorf("panic: %v", p)
			}
		}()
		answer <- call()
	}()
	select {
	case err := <-answer:
		switch {
		case err == nil || errors.Is(err, keyring.ErrNotFound):
			return err
		case locked(err):
			return preview.Because(preview.SecretsLocked, "ask keyring: %w", err)
		}
		return preview.Because(preview.SecretsReadOnly, "ask keyring: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(patience):
		return preview.Because(preview.SecretsLocked, "ask keyring: no answer within %v", patience)
	}
}

// absent makes no error of a keyring that has no such secret, or is not there.
func (k *Keyring) absent(err error) error {
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return nil
	case preview.ReasonOf(err) == preview.SecretsReadOnly:
		if !k.told.Swap(true) {
			k.log.Warn().Err(err).Msg("there is no keyring; tokens are kept in a file")
		}
		return nil
	}
	return err
}

// locked tells a keyring that does not open from one that is not there. The Secret Service and go-keyring say it in words
// only ("Cannot get secret of a locked object", "failed to unlock correct collection"); macOS by the status of its program.
func locked(err error) bool {
	_, status := errors.AsType[*exec.ExitError](err)
	return status || strings.Contains(strings.ToLower(err.Error()), "lock")
}

// desktop is the keyring that go-keyring finds.
type desktop struct{}

func (desktop) Get(service, user string) (string, error) { return keyring.Get(service, user) }
func (desktop) Set(service, user, password string) error { return keyring.Set(service, user, password) }
func (desktop) Delete(service, user string) error        { return keyring.Delete(service, user) }
