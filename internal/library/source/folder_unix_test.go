//go:build unix

package source_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/library/source"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestLinksAreFollowedOnce(t *testing.T) {
	dir := t.TempDir()
	elsewhere := t.TempDir()
	write(t, dir, "a/x.mkv")
	write(t, elsewhere, "y.mkv")
	for link, to := range map[string]string{
		"a/round":       dir,       // a circle
		"a/again":       "../a",    // the same folder by another way
		"elsewhere":     elsewhere, // a folder of another disk
		"link.mkv":      filepath.Join(elsewhere, "y.mkv"),
		"nowhere.mkv":   "gone.mkv",
		"nowhere":       "gone",
		"itself.mkv":    "itself.mkv",
		"elsewhere two": elsewhere,
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.mkv"), 0o600); err != nil {
		t.Fatal(err)
	}
	videos, _, err := list(t, source.NewFolder(source.Options{}), preview.Selection{Folders: []string{dir}, Order: preview.ByName})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a/x.mkv", "elsewhere/y.mkv", "link.mkv"}, below(dir, videos)); diff != "" {
		t.Error(diff)
	}
	pipe := preview.Selection{Paths: []string{filepath.Join(dir, "pipe.mkv")}}
	if err := source.NewFolder(source.Options{}).Check(t.Context(), pipe); preview.ReasonOf(err) != preview.VideoNotVideo {
		t.Errorf("A pipe was named, and the error is %v.", err)
	}
	if _, _, err := list(t, source.NewFolder(source.Options{}), pipe); preview.ReasonOf(err) != preview.VideoNotVideo {
		t.Errorf("A pipe was listed, and the error is %v.", err)
	}
}
