//go:build unix

package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
)

// Ctrl-C may come at any moment. Whatever was going on, the status is 130, FFmpeg is gone, and the folder holds
// what it held before.
func TestInterruptAtAnyMoment(t *testing.T) {
	clip.Need(t)
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	ffprobe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Fatal(err)
	}
	const here = "it is time for Ctrl-C"
	answers := []fakeffmpeg.Scene{{Real: ffprobe}}
	for _, tt := range []struct {
		name   string
		script fakeffmpeg.Script
		until  string // a line of the log
	}{
		{"while ffprobe looks at the video", fakeffmpeg.Script{
			FFprobe: []fakeffmpeg.Scene{{Stall: true}},
		}, "began a video"},
		{"before the first picture", fakeffmpeg.Script{
			FFprobe: answers, FFmpeg: []fakeffmpeg.Scene{{Stderr: here + "\n", Stall: true}},
		}, here},
		{"between two pictures", fakeffmpeg.Script{
			FFprobe: answers, FFmpeg: []fakeffmpeg.Scene{{Stderr: here + "\n", Pictures: 3, Stall: true}},
		}, here},
		{"while FFmpeg does not listen", fakeffmpeg.Script{
			FFprobe: answers, FFmpeg: []fakeffmpeg.Scene{{Stderr: here + "\n", Pictures: 3, Stall: true, Stubborn: true}},
		}, here},
		{"as soon as FFmpeg was found", fakeffmpeg.Script{FFprobe: answers, FFmpeg: []fakeffmpeg.Scene{{Real: ffmpeg}}}, "considered an FFmpeg"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := copyFile(filepath.Join(dir, "film.mkv"), clip.Make(t, clip.Spec{})); err != nil {
				t.Fatal(err)
			}
			fake, _ := fakeffmpeg.Install(t, tt.script)
			c := program(t, "--verbose", "generate", "--json", "--device", "cpu", "--interval", "1", dir)
			c.Env = append(c.Env, "SCRUBJAY_FFMPEG="+fake)
			stderr, err := c.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			pids := interruptAt(t, c.Process, stderr, tt.until)
			err = c.Wait()
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || exit.ExitCode() != exitInterrupted {
				t.Errorf("ended with %v, want exit status 130", err)
			}
			for _, pid := range pids {
				if syscall.Kill(pid, 0) == nil {
					t.Errorf("process %d is still there", pid)
				}
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 {
				t.Errorf("the folder holds %v (%v), want only film.mkv", entries, err)
			}
		})
	}
}

// interruptAt sends Ctrl-C when the log of p has a line with the text, reads the log to its end, and returns the
// processes that it tells of.
func interruptAt(t *testing.T, p *os.Process, log io.Reader, text string) (pids []int) {
	t.Helper()
	sent := false
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var entry struct{ PID int }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.PID > 0 {
			pids = append(pids, entry.PID)
		}
		if !sent && strings.Contains(lines.Text(), text) {
			sent = true
			if err := p.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	if !sent {
		t.Errorf("the log never had %q", text)
	}
	return pids
}

// program is the real program in a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}
