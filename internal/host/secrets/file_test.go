package secrets

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

func TestOthersCannotReadTheFile(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("Windows has no modes")
	}
	dir := filepath.Join(t.TempDir(), "data")
	var log bytes.Buffer
	f := NewFile(dir, zerolog.New(&log))
	mustSet(t, f, Account, "hunter2-hunter2")
	mode := func(path string, want os.FileMode) {
		t.Helper()
		if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v (%v)", path, stat.Mode(), want, err)
		}
	}
	mode(dir, 0o700)
	mode(f.path, 0o600)
	if log.Len() > 0 {
		t.Errorf("logged for no reason: %s", &log)
	}
	if err := os.Chmod(f.path, 0o644); err != nil { // as a restored backup has it
		t.Fatal(err)
	}
	want(t, f, Account, "hunter2-hunter2")
	mode(f.path, 0o600)
	if !strings.Contains(log.String(), "others could read the tokens") || strings.Contains(log.String(), "hunter2") {
		t.Errorf("logged: %s", &log)
	}
}

func TestADamagedFile(t *testing.T) {
	for name, text := range map[string]string{
		"cut off":        `{"account": "hunter2-hunt`,
		"zeros":          "\x00\x00\x00",
		"empty":          "",
		"something else": `["hunter2-hunter2"]`,
		"too large":      strings.Repeat(" ", 2<<20) + "{}",
	} {
		t.Run(name, func(t *testing.T) {
			f := NewFile(t.TempDir(), quiet())
			if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := f.Get(t.Context(), Account)
			if preview.ReasonOf(err) != preview.SecretsDamaged || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("reading comes to %v", err)
			}
			if err := f.Delete(t.Context(), Account); preview.ReasonOf(err) != preview.SecretsDamaged {
				t.Errorf("deleting comes to %v", err)
			}
			mustSet(t, f, Account, "a-new-token")
			want(t, f, Account, "a-new-token")
			if kept, err := os.ReadFile(f.path + ".bad"); err != nil || string(kept) != text {
				t.Errorf("kept aside is %q (%v)", kept, err)
			}
		})
	}
}

func TestAFolderInTheFilesPlace(t *testing.T) {
	f := NewFile(t.TempDir(), quiet())
	if err := os.Mkdir(f.path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Set(t.Context(), Account, secret.New("token-one")); preview.ReasonOf(err) != preview.SecretsDamaged {
		t.Errorf("the error is %v", err)
	}
}

func TestTwoWritersOfOneProcess(t *testing.T) {
	f := NewFile(t.TempDir(), quiet())
	var wg sync.WaitGroup
	keys := []string{"a", "b", "c", "d"}
	for _, key := range keys {
		wg.Go(func() {
			if err := f.Set(t.Context(), key, secret.New("token-"+key)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, key := range keys {
		want(t, f, key, "token-"+key)
	}
}

// FuzzFile wants a secret or a typed error, whatever somebody put into the file.
func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"account": "x"}`))
	f.Add([]byte(`{"account": null, "b": 1}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := NewFile(t.TempDir(), quiet())
		if err := os.WriteFile(file.path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := file.Get(t.Context(), Account); err != nil && preview.ReasonOf(err) != preview.SecretsDamaged {
			t.Errorf("the error is %v", err)
		}
		mustSet(t, file, Account, "a-new-token")
		want(t, file, Account, "a-new-token")
	})
}

// FFmpeg may have read the file before anybody here has asked for a token.
func TestTokensNobodyAskedForAreMasked(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte(`{"account": "token-of-the-account", "server/x": "token-of-a-server"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir, Log: quiet()}); err != nil {
		t.Fatal(err)
	}
	if text := secret.Mask("token-of-the-account token-of-a-server"); strings.Contains(text, "token") {
		t.Errorf("%q is not masked", text)
	}
}
