package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// The same odd names as in TestOddFileNames, all the way through FFmpeg: a Matroska file, whose packets we read, and
// a transport stream, which FFmpeg opens by its name.
func TestOddFileNamesWithRealFFmpeg(t *testing.T) {
	clip.Need(t)
	tools, _, err := ffmpeg.Find(t.Context(), ffmpeg.Usual())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []clip.Spec{{}, {Container: clip.TS}} {
		film := clip.Make(t, s)
		for _, stem := range []string{"with space", `quo"te's`, "-dash", "co:lon", "pipe:0", "new\nline", "caf\xe9", "%03d", "one, two", `back\slash`, "[x],select=1"} {
			name := stem + filepath.Ext(film)
			t.Run(printable(name), func(t *testing.T) {
				w := newWorld(t)
				if err := copyFile(filepath.Join(w.dir, name), film); err != nil {
					t.Skipf("this file system takes no such name: %v", err)
				}
				w.Engine = realEngine(w.Dirs)
				w.Engine.FFmpeg = func(context.Context, bool) (*ffmpeg.Tools, []ffmpeg.Candidate, error) { return tools, nil, nil }
				t.Chdir(w.dir)
				if status := w.run(t, "generate", "--device", "cpu", "--interval", "2", "--", name); status != exitDone {
					t.Fatalf("exit status %d; stderr: %s", status, w.err.String())
				}
				entries, err := os.ReadDir(".")
				if err != nil || len(entries) != 2 {
					t.Errorf("the folder holds %v (%v), want the video and its preview", entries, err)
				}
				if status := w.run(t, "inspect", "--check", "--", stem+"-320-2.bif"); status != exitDone || !strings.Contains(w.out.String(), "It is sound.") {
					t.Errorf("inspect ended with %d and said %s", status, w.out.String())
				}
			})
		}
	}
}
