package bundle

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func video(t *testing.T, size int) string {
	path := filepath.Join(t.TempDir(), "Das Boot – Söhne & Co.mkv")
	if err := os.WriteFile(path, bytes.Repeat([]byte("A"), size), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHashFile(t *testing.T) {
	path := video(t, 70000)
	when := time.Date(2026, 5, 1, 2, 3, 4, 567890000, time.UTC)
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
	hash, v, err := HashFile(t.Context(), path)
	if err != nil || hash != "5fda157f4dfe306730d711ee01ae3279db0afe6c" {
		t.Errorf("got %s, %v", hash, err)
	}
	if !v.Same(preview.Version{Size: 70000, ModTime: when}) {
		t.Errorf("got %v", v)
	}
}

func TestHashFileOfWhatIsNoVideo(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone.mkv")
	if _, _, err := HashFile(t.Context(), gone); preview.ReasonOf(err) != preview.VideoMissing {
		t.Error(err)
	}
	if _, _, err := HashFile(t.Context(), t.TempDir()); preview.ReasonOf(err) != preview.VideoNotVideo {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := HashFile(ctx, video(t, 10)); err == nil {
		t.Error("it does not end with its context")
	}
}

func TestHashFileThatChangesMeanwhile(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"grows": func(path string) error {
			return os.WriteFile(path, make([]byte, 80000), 0o600)
		},
		"is touched": func(path string) error {
			return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour))
		},
		"is replaced by another of its size and time": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path+".new", make([]byte, 70000), 0o600); err != nil {
				return err
			}
			if err := os.Chtimes(path+".new", info.ModTime(), info.ModTime()); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		},
		"is deleted": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			path := video(t, 70000)
			hash, _, err := hashFile(path, func() {
				if err := change(path); err != nil {
					t.Fatal(err)
				}
			})
			if preview.ReasonOf(err) != preview.VideoChanged {
				t.Errorf("got %s, %v", hash, err)
			}
		})
	}
}
