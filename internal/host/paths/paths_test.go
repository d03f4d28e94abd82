package paths

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheEnvironmentMovesTheFolders(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "c"))
	t.Setenv("XDG_DATA_HOME", filepath.Join(home, "d"))
	t.Setenv("XDG_STATE_HOME", filepath.Join(home, "s"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "k"))
	want := Dirs{
		Config: filepath.Join(home, "c", "scrubjay"),
		Data:   filepath.Join(home, "d", "scrubjay"),
		State:  filepath.Join(home, "s", "scrubjay"),
		Cache:  filepath.Join(home, "k", "scrubjay"),
	}
	if got := Find(); got != want {
		t.Errorf("Find() = %+v, want %+v", got, want)
	}
	entries, err := os.ReadDir(home)
	if err != nil || len(entries) != 0 {
		t.Errorf("asking created %v (%v)", entries, err)
	}
}

func TestWritableAsksTheNearestFolderAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := Writable(filepath.Join(dir, "not", "there", "yet")); err != nil {
		t.Errorf("Writable below a writable folder: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind %v (%v)", entries, err)
	}
}

func TestBelowAFileNothingIsWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Writable(filepath.Join(file, "below")); err == nil {
		t.Error("Writable below a file = nil, want an error")
	}
	if _, err := Free(filepath.Join(file, "below")); err == nil {
		t.Error("Free below a file = nil, want an error")
	}
}

func TestFreeSpaceOfAFolderToCome(t *testing.T) {
	n, err := Free(filepath.Join(t.TempDir(), "to", "come"))
	if err != nil || n <= 0 {
		t.Errorf("Free = %d, %v; want room", n, err)
	}
}
