package secrets

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/zalando/go-keyring"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

func TestMain(m *testing.M) {
	if os.Getenv(onBus) != "" { // go-keyring keeps its connection to the bus for ever
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m)
}

// onBus is the environment variable that tells a test that it runs on a session bus of its own.
const onBus = "SCRUBJAY_TEST_ON_BUS"

// vars is an environment.
type vars map[string]string

func (v vars) get(name string) string { return v[name] }

// quiet is a log that nobody reads.
func quiet() zerolog.Logger { return zerolog.Nop() }

// want fails the test unless the store has exactly this value.
func want(t *testing.T, s Store, key, value string) {
	t.Helper()
	got, err := s.Get(t.Context(), key)
	if err != nil || got.Reveal() != value {
		t.Errorf("%s has %q for %s (%v), want %q", s.Name(), got.Reveal(), key, err, value)
	}
}

func mustSet(t *testing.T, s Store, key, value string) {
	t.Helper()
	if err := s.Set(t.Context(), key, secret.New(value)); err != nil {
		t.Fatal(err)
	}
}

// TestEveryStoreKeepsSecrets is what each of them must do.
func TestEveryStoreKeepsSecrets(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	for _, s := range []Store{
		NewFile(filepath.Join(dir, "not", "there"), quiet()),
		NewKeyring(quiet()),
		First{Environment{vars{}.get}, NewFile(dir, quiet()), NewKeyring(quiet())},
	} {
		t.Run(strings.Fields(s.Name())[0], func(t *testing.T) {
			key := Server("4f2a")
			want(t, s, key, "")
			if err := s.Delete(t.Context(), key); err != nil {
				t.Errorf("what is not there cannot be deleted: %v", err)
			}
			mustSet(t, s, key, "token-one")
			mustSet(t, s, Account, "token-ä of the account")
			mustSet(t, s, key, "token-two")
			want(t, s, key, "token-two")
			want(t, s, Account, "token-ä of the account")
			want(t, s, Server("other"), "")
			if err := s.Delete(t.Context(), key); err != nil {
				t.Error(err)
			}
			want(t, s, key, "")
			mustSet(t, s, Account, "")
			want(t, s, Account, "")
		})
	}
}

func TestAnySecretComesBackFromTheFile(t *testing.T) {
	f := NewFile(t.TempDir(), quiet())
	rapid.Check(t, func(r *rapid.T) {
		key := rapid.StringN(1, 30, -1).Draw(r, "key")
		s := secret.New(rapid.StringN(1, 200, -1).Draw(r, "secret"))
		if strings.ContainsRune(key+s.Reveal(), '\uFFFD') || strings.ToValidUTF8(key+s.Reveal(), "") != key+s.Reveal() {
			return // JSON has text only, and so have tokens
		}
		if err := f.Set(t.Context(), key, s); err != nil {
			r.Fatal(err)
		}
		if got, err := f.Get(t.Context(), key); err != nil || got != s {
			r.Fatalf("it is another one (%v)", err)
		}
	})
}

// TestWhatCannotGoIntoTheKeyringGoesIntoTheFile locks a keyring that has an old token, and opens it again.
func TestWhatCannotGoIntoTheKeyringGoesIntoTheFile(t *testing.T) {
	ring := &fakeRing{}
	file := NewFile(t.TempDir(), quiet())
	all := First{Environment{vars{}.get}, file, newKeyring(ring, quiet())}
	where := func(name string) {
		t.Helper()
		if got, err := all.Where(t.Context(), Account); err != nil || got != name {
			t.Errorf("it is in %q (%v), want %q", got, err, name)
		}
	}
	where("")
	mustSet(t, all, Account, "old-token")
	where("keyring")
	want(t, file, Account, "")

	ring.err = errors.New("Cannot create an item in a locked collection")
	if _, err := all.Get(t.Context(), Account); preview.ReasonOf(err) != preview.SecretsLocked {
		t.Errorf("the error is %v", err)
	}
	mustSet(t, all, Account, "new-token")
	where(file.Name())
	if err := all.Delete(t.Context(), Account); preview.ReasonOf(err) != preview.SecretsLocked {
		t.Errorf("that the old one stays in the keyring is told as %v", err)
	}
	mustSet(t, all, Account, "new-token")

	ring.err = nil
	want(t, all, Account, "new-token") // and not the old one
	mustSet(t, all, Account, "newest-token")
	where("keyring")
	want(t, file, Account, "")
}

func TestWithoutAKeyringTheFileIsEnough(t *testing.T) {
	var log bytes.Buffer
	ring := &fakeRing{err: errors.New("The name org.freedesktop.secrets was not provided by any .service files")}
	file := NewFile(t.TempDir(), quiet())
	all := First{file, newKeyring(ring, zerolog.New(&log))}
	want(t, all, Account, "")
	mustSet(t, all, Account, "some-token")
	want(t, file, Account, "some-token")
	if err := all.Delete(t.Context(), Account); err != nil {
		t.Error(err)
	}
	want(t, all, Account, "")
	if n := strings.Count(log.String(), "there is no keyring"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
}

func TestWhenNothingCanKeepIt(t *testing.T) {
	if err := (First{Environment{vars{}.get}}).Set(t.Context(), Account, secret.New("x")); preview.ReasonOf(err) != preview.SecretsReadOnly {
		t.Errorf("the error is %v", err)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := NewFile(filepath.Join(path, "below"), quiet()).Set(t.Context(), Account, secret.New("hunter2-hunter2"))
	if r := preview.ReasonOf(err); r != preview.SecretsReadOnly && r != preview.SecretsDamaged || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error is %v", err)
	}
}

func TestKeep(t *testing.T) {
	s := NewFile(t.TempDir(), quiet())
	one, two := secret.New("token-one"), secret.New("token-two")
	refused := preview.Because(preview.PlexToken, "401")
	for _, step := range []struct {
		why     string
		token   secret.Secret
		outcome error
		want    string
	}{
		{"it works", one, nil, "token-one"},
		{"it works again", one, nil, "token-one"},
		{"an outage says nothing", one, preview.Because(preview.PlexAway, "timeout"), "token-one"},
		{"another one was refused", two, refused, "token-one"},
		{"it was refused", one, refused, ""},
		{"refused again", one, preview.Because(preview.AccountSignedOut, "401"), ""},
		{"a new one works", two, nil, "token-two"},
	} {
		if err := Keep(t.Context(), s, Account, step.token, step.outcome); err != nil {
			t.Errorf("%s: %v", step.why, err)
		}
		if got, err := s.Get(t.Context(), Account); err != nil || got.Reveal() != step.want {
			t.Errorf("%s: kept is %q (%v), want %q", step.why, got.Reveal(), err, step.want)
		}
	}
}

func TestOpen(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	s, err := Open(Options{Dir: dir, Log: quiet()})
	if err != nil || s.Name() != "environment SCRUBJAY_PLEX_TOKEN, file "+filepath.Join(dir, "secrets.json") {
		t.Errorf("%q, %v", s.Name(), err)
	}
	desk := vars{"DISPLAY": ":0", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere", tokenVar: " from-outside\n"}
	s, err = Open(Options{Dir: dir, Keyring: true, Getenv: desk.get, Log: quiet()})
	if err != nil || !strings.HasSuffix(s.Name(), ", keyring") {
		t.Errorf("%q, %v", s.Name(), err)
	}
	want(t, s, EnvPlexToken, "from-outside")
	want(t, s, Account, "")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("opening wrote %v (%v)", entries, err)
	}
	if _, err := Open(Options{Dir: dir, Getenv: vars{tokenFileVar: filepath.Join(dir, "none")}.get, Log: quiet()}); preview.ReasonOf(err) != preview.ConfigInvalid {
		t.Errorf("the error is %v", err)
	}
}
