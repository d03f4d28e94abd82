//go:build unix

package render

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// TestPipe does not wait for the other end of a pipe that somebody named as a video.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "video.mkv")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	if _, err := openSource(t.Context(), path); preview.ReasonOf(err) != preview.VideoNotVideo {
		t.Errorf("error is %v", err)
	}
}
