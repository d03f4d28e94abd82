//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestModes(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "file")
	for _, step := range []struct {
		ask, want fs.FileMode
		why       string
	}{
		{0, 0o600, "a new file is its owner's"},
		{0o644, 0o644, "what is asked for wins over the umask"},
		{0, 0o644, "the mode stays"},
		{0o600, 0o600, "and is narrowed again"},
	} {
		if err := Write(path, nil, step.ask); err != nil {
			t.Fatal(err)
		}
		stat, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := stat.Mode().Perm(); got != step.want {
			t.Errorf("mode %v, want %v: %s", got, step.want, step.why)
		}
	}
}

func TestALinkStaysALink(t *testing.T) {
	home, repo := t.TempDir(), t.TempDir()
	link, file := filepath.Join(home, "config.toml"), filepath.Join(repo, "scrubjay.toml")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, []byte("new"), 0); err != nil {
		t.Fatal(err)
	}
	if got := content(t, file); got != "new" {
		t.Errorf("the file behind the link holds %q", got)
	}
	if stat, err := os.Lstat(link); err != nil || stat.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link became %v (%v)", stat.Mode(), err)
	}
	only(t, home, "config.toml")
	only(t, repo, "scrubjay.toml")
}
