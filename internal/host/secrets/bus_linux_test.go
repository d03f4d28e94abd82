package secrets

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// again runs the calling test once more, by a shell on a session bus of its own.
func again(t *testing.T, script string) {
	t.Helper()
	if _, err := exec.LookPath("dbus-run-session"); err != nil {
		t.Skip("dbus-run-session is not installed")
	}
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", "sh", "-c", script, "sh",
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), onBus+"=1", "DISPLAY=:99", "HOME="+home, "XDG_DATA_HOME="+home, "XDG_RUNTIME_DIR="+home)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestABusWithoutAKeyring is a desktop that has no Secret Service.
func TestABusWithoutAKeyring(t *testing.T) {
	if os.Getenv(onBus) == "" {
		again(t, `exec "$@"`)
		return
	}
	k := NewKeyring(quiet())
	_, err := k.ring.Get(service, Account)
	if err == nil {
		t.Skip("this machine starts a Secret Service on every bus")
	}
	want(t, k, Account, "")
	if err := k.Set(t.Context(), Account, secret.New("token-one")); preview.ReasonOf(err) != preview.SecretsReadOnly {
		t.Errorf("the error is %v", err)
	}
	all, err := Open(Options{Dir: t.TempDir(), Keyring: true, Getenv: os.Getenv, Log: quiet()})
	if err != nil || len(all) != 3 {
		t.Fatalf("%v, %v", all.Name(), err)
	}
	mustSet(t, all, Account, "token-one")
	want(t, all, Account, "token-one")
	if err := all.Delete(t.Context(), Account); err != nil {
		t.Error(err)
	}
}

// TestARealKeyring keeps a token in a Secret Service.
func TestARealKeyring(t *testing.T) {
	if os.Getenv(onBus) == "" {
		if _, err := exec.LookPath("gnome-keyring-daemon"); errors.Is(err, exec.ErrNotFound) {
			t.Skip("gnome-keyring-daemon is not installed")
		}
		again(t, `printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit
until dbus-send --session --print-reply --dest=org.freedesktop.secrets / org.freedesktop.DBus.Peer.Ping >/dev/null 2>&1; do :; done
exec "$@"`)
		return
	}
	k := NewKeyring(quiet())
	want(t, k, Account, "")
	mustSet(t, k, Account, "token-one")
	mustSet(t, k, Server("4f2a"), "token-ä")
	mustSet(t, k, Account, "token-two")
	want(t, k, Account, "token-two")
	want(t, k, Server("4f2a"), "token-ä")
	if err := k.Delete(t.Context(), Account); err != nil {
		t.Error(err)
	}
	want(t, k, Account, "")
}
