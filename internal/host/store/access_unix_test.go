//go:build unix

package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// asNobody runs a test of this binary again as a user who is not root, for whom modes count. It reports whether this is
// that run.
func asNobody(t *testing.T) bool {
	t.Helper()
	if os.Getuid() != 0 {
		return true
	}
	// The binary and its folders are root's alone.
	dir := must(os.MkdirTemp("/tmp", "scrubjay-store-"))(t) //nolint:usetesting // t.TempDir is below a folder that others cannot enter
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "test")
	ok(t, os.Chmod(dir, 0o777))
	ok(t, os.WriteFile(binary, must(os.ReadFile(must(os.Executable())(t)))(t), 0o755))
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return false
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	if !asNobody(t) {
		return
	}
	full := file(t)
	s := open(t, full)
	aJob(t, s)
	ok(t, s.Close())
	for name, path := range map[string]string{"with a database": full, "empty": filepath.Join(t.TempDir(), "queue.db"), "to be made": filepath.Join(t.TempDir(), "a", "b", "queue.db")} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Dir(path)
			for !exists(dir) {
				dir = filepath.Dir(dir)
			}
			ok(t, os.Chmod(dir, 0o500))
			defer func() { ok(t, os.Chmod(dir, 0o700)) }()
			_, err := Open(t.Context(), path, Options{})
			reason(t, err, preview.StoreReadOnly)
			if !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("error is %v", err)
			}
		})
	}
	t.Run("a file that cannot be written", func(t *testing.T) {
		ok(t, os.Chmod(full, 0o400))
		_, err := Open(t.Context(), full, Options{})
		reason(t, err, preview.StoreReadOnly)
		ok(t, os.Chmod(full, 0o600))
	})
	same(t, "jobs", len(must(open(t, full).OpenJobs(t.Context()))(t)), 1)
}
