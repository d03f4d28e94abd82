package paths

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheEnvironmentMovesTheFolders(t *testing.T) {
	home := t.TempDir()
	t.Setenv(ConfigDir, " ") // set but empty is not set
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

func TestOneFolderForEverything(t *testing.T) {
	home := t.TempDir()
	want := Dirs{
		Config: home, Data: filepath.Join(home, "data"), State: filepath.Join(home, "state"),
		Cache: filepath.Join(home, "cache"), Together: true,
	}
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "c"))
	t.Setenv(ConfigDir, home+" ")
	if got := Find(); got != want {
		t.Errorf("Find() = %+v, want %+v", got, want)
	}
	t.Chdir(filepath.Dir(home))
	t.Setenv(ConfigDir, filepath.Base(home))
	if got := Find(); got != want {
		t.Errorf("with a relative path Find() = %+v, want %+v", got, want)
	}
}

func TestAFolderBesideTheProgramMakesItPortable(t *testing.T) {
	stick := t.TempDir()
	if target, err := filepath.EvalSymlinks(stick); err == nil { // macOS keeps temporary files behind a link
		stick = target
	}
	t.Setenv(ConfigDir, "")
	program := filepath.Join(stick, "scrubjay")
	if err := os.WriteFile(program, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	called := func() (string, error) { return program, nil }
	if got := find(called); got.Together {
		t.Errorf("without the folder it is portable: %+v", got)
	}
	data := filepath.Join(stick, "scrubjay-data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := find(called); got != below(data) {
		t.Errorf("find = %+v, want everything below %s", got, data)
	}
	link := filepath.Join(t.TempDir(), "scrubjay")
	if err := os.Symlink(program, link); err == nil { // Windows lets only some users make links
		if got := find(func() (string, error) { return link, nil }); got != below(data) {
			t.Errorf("through a link find = %+v, want everything below %s", got, data)
		}
	}
	t.Setenv(ConfigDir, stick)
	if got := find(called); got != below(stick) {
		t.Errorf("%s does not win: %+v", ConfigDir, got)
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
