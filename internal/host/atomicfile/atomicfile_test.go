package atomicfile

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// only fails the test unless dir holds exactly the files named.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if len(got) != len(names) {
		t.Fatalf("the folder holds %q, want %q", got, names)
	}
	for i := range names {
		if got[i] != names[i] {
			t.Fatalf("the folder holds %q, want %q", got, names)
		}
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteMakesAndReplacesAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "settings für alle.toml")
	for _, text := range []string{"one", "a second one that is longer", "", "4"} {
		if err := Write(path, []byte(text), 0); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != text {
			t.Fatalf("the file holds %q, want %q", got, text)
		}
		only(t, dir, filepath.Base(path))
	}
}

func TestAnErrorLeavesEverythingAsItWas(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	folder := filepath.Join(dir, "folder")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		filepath.Join(dir, "not there", "file"),
		filepath.Join(file, "below"),
		folder,
	} {
		if err := Write(path, []byte("new"), 0); err == nil {
			t.Errorf("writing %s went well", path)
		} else if Full(err) || ReadOnly(err) {
			t.Errorf("%v is taken for a full or read-only disk", err)
		}
	}
	only(t, dir, "file", "folder")
	only(t, folder)
	if got := content(t, file); got != "old" {
		t.Errorf("the file holds %q", got)
	}
}

// TestWritersDoNotMix has a reader look while two writers replace a file: it sees one of the texts, whole.
func TestWritersDoNotMix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	texts := [][]byte{bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 50_000)}
	if err := Write(path, texts[0], 0); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, text := range texts {
		wg.Go(func() {
			for range 20 {
				if err := Write(path, text, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 50 {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, texts[0]) && !bytes.Equal(data, texts[1]) {
			t.Fatalf("a reader saw %d bytes that nobody wrote", len(data))
		}
	}
	wg.Wait()
	only(t, filepath.Dir(path), "file")
}
