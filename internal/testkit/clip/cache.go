package clip

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// recipeVersion is part of every key. It rises when the code makes other clips from the same spec.
const recipeVersion = 2

// cached returns the clip that key stands for, made by build where there is none yet. build gets an empty folder
// and returns the path of the finished clip in it; a rename makes it appear all at once, so two processes that
// make the same clip do not disturb each other.
func cached(t testing.TB, key any, ext string, build func(ctx context.Context, dir string) (string, error)) string {
	t.Helper()
	Need(t)
	folder, err := cacheFolder()
	if err != nil {
		t.Fatalf("find a folder for clips: %v", err)
	}
	name, err := keyName(t.Context(), key)
	if err != nil {
		t.Fatalf("name clip: %v", err)
	}
	path := filepath.Join(folder, name+"."+ext)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	dir, err := os.MkdirTemp(folder, "making-") //nolint:usetesting // a rename needs the same volume
	if err != nil {
		t.Fatalf("make clip: %v", err)
	}
	defer os.RemoveAll(dir)
	made, err := build(t.Context(), dir)
	switch {
	case errors.Is(err, errNoEncoder):
		t.Skipf("cannot make the clip: %v", err)
	case err != nil:
		t.Fatalf("make clip %+v: %v", key, err)
	}
	if err := os.Rename(made, path); err != nil {
		if _, gone := os.Stat(path); gone != nil { // on Windows a clip that is being read cannot be replaced
			t.Fatalf("make clip: %v", err)
		}
	}
	return path
}

// cacheFolder is SCRUBJAY_TEST_CLIPS, or the user's cache, or the temporary folder where there is no home.
func cacheFolder() (string, error) {
	if dir := os.Getenv("SCRUBJAY_TEST_CLIPS"); dir != "" {
		return dir, os.MkdirAll(dir, 0o700)
	}
	if cache, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(cache, "scrubjay-test-clips")
		if os.MkdirAll(dir, 0o700) == nil {
			return dir, nil
		}
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("scrubjay-test-clips-%d", os.Getuid()))
	return dir, os.MkdirAll(dir, 0o700)
}

// keyName hashes what shapes a clip: its spec, this package and FFmpeg's build.
func keyName(ctx context.Context, key any) (string, error) {
	spec, err := json.Marshal(key)
	if err != nil {
		return "", err
	}
	build, err := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-version").Output()
	if err != nil {
		return "", fmt.Errorf("ask ffmpeg for its version: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %T %s %s", recipeVersion, key, spec, build))
	return hex.EncodeToString(sum[:12]), nil
}
