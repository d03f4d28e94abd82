package render

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// TestLongNames publishes under every name that the file system takes, and says so early where it does not.
func TestLongNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("how long a name may be is another matter on other systems")
	}
	for _, name := range []string{"short.bif", strings.Repeat("n", 251) + ".bif", strings.Repeat("é", 125) + ".bif", "a" + strings.Repeat("漢", 83) + ".bif"} {
		dir := t.TempDir()
		target, err := newTarget(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%d bytes: %v", len(name), err)
			continue
		}
		if !utf8.ValidString(target.file.Name()) || !strings.HasSuffix(target.file.Name(), ".part") {
			t.Errorf("it is written as %q", target.file.Name())
		}
		if err := target.publish(); err != nil {
			t.Error(err)
		}
		target.drop()
		onlyIn(t, dir, name)
		stat, err := os.Stat(filepath.Join(dir, name))
		if err != nil || stat.Mode().Perm() != 0o644 {
			t.Errorf("mode is %v, %v; a media server runs as somebody else", stat.Mode(), err)
		}
	}
	dir := t.TempDir()
	_, err := newTarget(filepath.Join(dir, strings.Repeat("n", 256)))
	if got := preview.ReasonOf(err); got != preview.TargetName {
		t.Errorf("reason is %q (%v)", got, err)
	}
	onlyIn(t, dir)
}

func TestFaultOfTarget(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want preview.Reason
	}{
		{fmt.Errorf("write picture 7: %w", &os.PathError{Op: "write", Err: syscall.ENOSPC}), preview.DiskFull},
		{&os.PathError{Op: "open", Err: os.ErrPermission}, preview.TargetReadOnly},
		{&os.PathError{Op: "open", Err: os.ErrNotExist}, preview.TargetMissing},
		{preview.Because(preview.PreviewTooLarge, "add picture 7"), preview.PreviewTooLarge},
		{errors.New("who knows"), preview.Unknown},
	} {
		if got := preview.ReasonOf(faultOfTarget(tt.err)); got != tt.want {
			t.Errorf("%v: reason is %q, want %q", tt.err, got, tt.want)
		}
	}
}
