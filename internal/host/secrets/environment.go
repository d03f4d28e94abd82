package secrets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// EnvPlexToken is the key of the token in the environment: SCRUBJAY_PLEX_TOKEN, or the content of the file that
// SCRUBJAY_PLEX_TOKEN_FILE names. It is for the server that the environment describes and for no other, see host/config.
const EnvPlexToken = "environment"

const (
	tokenVar     = "SCRUBJAY_PLEX_TOKEN"
	tokenFileVar = tokenVar + "_FILE"
)

// Environment has the token that SCRUBJAY_PLEX_TOKEN gives, and nothing else. A file is read each time: who mounts secrets
// may change them.
type Environment struct{ Getenv func(name string) string }

// Name names the variable that is set.
func (e Environment) Name() string {
	if e.get(tokenVar) == "" && e.get(tokenFileVar) != "" {
		return "environment " + tokenFileVar
	}
	return "environment " + tokenVar
}

// Get returns the token. Its errors are [preview.Fault] with [preview.ConfigInvalid] and name the variable.
func (e Environment) Get(_ context.Context, key string) (secret.Secret, error) {
	if key != EnvPlexToken {
		return secret.Secret{}, nil
	}
	value, path := e.get(tokenVar), e.get(tokenFileVar)
	switch {
	case value != "" && path != "":
		return secret.Secret{}, preview.Because(preview.ConfigInvalid, "environment: %s and %s are both set", tokenVar, tokenFileVar)
	case path != "":
		var err error
		if value, err = tokenFile(path); err != nil {
			return secret.Secret{}, preview.Because(preview.ConfigInvalid, "environment %s: %s %w", tokenFileVar, path, err)
		}
	}
	s := secret.New(value)
	if err := sound(s); err != nil {
		return secret.Secret{}, preview.Because(preview.ConfigInvalid, "%s: %w", e.Name(), err)
	}
	return s, nil
}

// Set returns [ErrReadOnly].
func (Environment) Set(context.Context, string, secret.Secret) error { return ErrReadOnly }

// Delete returns [ErrReadOnly] for the one secret that there may be.
func (Environment) Delete(_ context.Context, key string) error {
	if key == EnvPlexToken {
		return ErrReadOnly
	}
	return nil
}

func (e Environment) get(name string) string { return strings.TrimSpace(e.Getenv(name)) }

// tokenFile reads a file with a token in it.
func tokenFile(path string) (string, error) {
	const most = 64 << 10
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", bare(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("cannot be read: %w", bare(err))
	case len(data) > most:
		return "", errors.New("is too large for a token")
	case strings.TrimSpace(string(data)) == "":
		return "", errors.New("is empty")
	}
	return string(data), nil
}

// sound says what keeps a text from being a token, which travels in a header. It does not repeat the text.
func sound(s secret.Secret) error {
	for _, r := range s.Reveal() {
		if r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r) {
			return errors.New("holds a character that is in no token, such as a space")
		}
	}
	return nil
}

// bare returns an error without the path that the message has already.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
