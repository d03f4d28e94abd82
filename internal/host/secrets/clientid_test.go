package secrets

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestAnInstallationHasOneIdentifier(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ids := make([]string, 10)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			var err error
			if ids[i], err = ClientID(dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || !clientID.MatchString(id) {
			t.Fatalf("they are %q", ids)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind %v (%v)", entries, err)
	}
	if other, err := ClientID(t.TempDir()); err != nil || other == ids[0] {
		t.Errorf("another installation is %q (%v)", other, err)
	}
}

func TestADamagedIdentifierIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "client-id"), []byte("\x00\x00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := ClientID(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ClientID(dir); err != nil || again != first {
		t.Errorf("%q, then %q (%v)", first, again, err)
	}
}
