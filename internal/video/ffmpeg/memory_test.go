package ffmpeg_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// TestAnswersAreKept asks a program once, and again only when it has become another one or the memory is of no use.
func TestAnswersAreKept(t *testing.T) {
	dir, memory := pair(t, "7.1"), filepath.Join(t.TempDir(), "cache", "ffmpeg.json")
	program := filepath.Join(dir, exe("ffmpeg"))
	find := func() (*ffmpeg.Tools, int) {
		t.Helper()
		tools, _, err := ffmpeg.Find(t.Context(), ffmpeg.Places{Folders: folders(dir), LookPath: nowhere, Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		return tools, len(fakeffmpeg.Questions(t, program))
	}
	asked, calls := find()
	known, more := find()
	if more != calls {
		t.Errorf("asked %d questions again", more-calls)
	}
	if diff := cmp.Diff(asked, known); diff != "" {
		t.Errorf("what was kept is not what was answered:\n%s", diff)
	}
	calls = more
	for name, change := range map[string]func() error{
		"another program":  func() error { return os.Chtimes(program, time.Time{}, time.Now().Add(time.Hour)) },
		"a damaged memory": func() error { return os.WriteFile(memory, []byte("{"), 0o600) },
		"no memory":        func() error { return os.Remove(memory) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, more = find(); more == calls {
			t.Errorf("%s: not asked again", name)
		}
		_, calls = find()
	}
}
