//go:build unix

package publishtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// modesAndOwners: a media server that runs as somebody else must be able to read the preview, and to delete it where its
// own files are writable for a group.
func modesAndOwners(t *testing.T, f Fixture) {
	for name, mode := range map[string]struct{ folder, file, wantFolder, wantFile fs.FileMode }{
		"usual":   {0o755, 0o644, 0o755, 0o644},
		"group":   {0o775, 0o664, 0o775, 0o664}, // Unraid
		"anybody": {0o777, 0o666, 0o777, 0o666},
		"private": {0o700, 0o600, 0o755, 0o644}, // what is above keeps others out
		"setgid":  {0o755 | fs.ModeSetgid, 0o644, 0o755 | fs.ModeSetgid, 0o644},
	} {
		t.Run(name, func(t *testing.T) {
			v := f.video(t, name+"/Heat.mkv", "a film "+name)
			for path, m := range map[string]fs.FileMode{f.Writes: mode.folder, filepath.Dir(v.Path): mode.folder, v.Path: mode.file} {
				if os.Geteuid() == 0 {
					if err := os.Chown(path, 99, 100); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.Chmod(path, m); err != nil {
					t.Fatal(err)
				}
			}
			publish(t, f.New(), v, picture('a', 10))
			target := f.Target(t, v)
			looksLike(t, target, mode.wantFile)
			for dir := filepath.Dir(target); dir != f.Writes && dir != filepath.Dir(v.Path); dir = filepath.Dir(dir) {
				looksLike(t, dir, mode.wantFolder|fs.ModeDir)
			}
			if err := os.RemoveAll(filepath.Join(f.Writes, first(t, f.Writes, target))); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// first returns the first step from a folder to a path below it.
func first(t *testing.T, dir, path string) string {
	t.Helper()
	for filepath.Dir(path) != dir {
		path = filepath.Dir(path)
	}
	return filepath.Base(path)
}

func looksLike(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != want {
		t.Errorf("%s has the mode %v, want %v", path, info.Mode(), want)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 && (s.Uid != 99 || s.Gid != 100) {
		t.Errorf("%s is of user %d, group %d, want 99, 100", path, s.Uid, s.Gid)
	}
}
