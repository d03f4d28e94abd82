package ffmpeg_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// fake installs an FFmpeg that plays these scenes.
func fake(t *testing.T, scenes ...fakeffmpeg.Scene) string {
	t.Helper()
	path, _ := fakeffmpeg.Install(t, fakeffmpeg.Script{FFmpeg: scenes})
	return path
}

// endOfPicture is how a JPEG ends.
var endOfPicture = []byte{0xFF, 0xD9}

func TestPicturesComeThrough(t *testing.T) {
	path := fake(t, fakeffmpeg.Scene{Pictures: 5})
	out, usage, err := ffmpeg.Output(t.Context(), ffmpeg.Command{Path: path}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out, endOfPicture); n != 5 {
		t.Errorf("%d pictures, want 5", n)
	}
	if usage.Wall <= 0 || usage.CPU <= 0 {
		t.Errorf("usage %+v, want some time", usage)
	}
}

func TestFedBytesComeThrough(t *testing.T) {
	small := fakeffmpeg.Scene{Pictures: 200, Width: 64, Height: 36}
	cat := fake(t, fakeffmpeg.Scene{FedPictures: true, Width: 64, Height: 36})
	feed, _, err := ffmpeg.Output(t.Context(), ffmpeg.Command{Path: fake(t, small)}, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := ffmpeg.Output(t.Context(), ffmpeg.Command{
		Path: cat,
		Feed: func(_ context.Context, w io.Writer) error {
			_, err := w.Write(feed)
			return err
		},
	}, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out, endOfPicture); n != 200 {
		t.Errorf("%d pictures for 200 that were fed", n)
	}
}

func TestOutputHasALimit(t *testing.T) {
	path := fake(t, fakeffmpeg.Scene{Stdout: strings.Repeat("x", 1000), Stall: true})
	if _, _, err := ffmpeg.Output(t.Context(), ffmpeg.Command{Path: path}, 999); preview.ReasonOf(err) != preview.FFmpegGarbage {
		t.Errorf("1000 bytes of 999: %v", err)
	}
	path = fake(t, fakeffmpeg.Scene{Stdout: strings.Repeat("x", 1000)})
	if out, _, err := ffmpeg.Output(t.Context(), ffmpeg.Command{Path: path}, 1000); err != nil || len(out) != 1000 {
		t.Errorf("1000 bytes of 1000: got %d, %v", len(out), err)
	}
}

func TestBlame(t *testing.T) {
	errOwn := errors.New("disk full")
	endless := func(ctx context.Context, w io.Writer) error {
		for {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return fmt.Errorf("feed: %w", err)
			}
		}
	}
	for name, c := range map[string]struct {
		scene  fakeffmpeg.Scene
		feed   func(ctx context.Context, w io.Writer) error
		read   func(r io.Reader) error
		stall  time.Duration
		want   error
		reason preview.Reason
		status int // of *Failed; 0 when there is to be none
	}{
		"success": {},
		"success though it reads no more": {
			scene: fakeffmpeg.Scene{Stdout: "enough", Real: echo(t)}, feed: endless,
		},
		"exit status": {
			scene:  fakeffmpeg.Scene{Stderr: "[in#0] Error opening input: Permission denied\n", Exit: 243},
			reason: preview.VideoUnreadable, status: 243,
		},
		"exit status while it was fed": {
			scene: fakeffmpeg.Scene{Stderr: "No such filter: 'zscale'\n", Exit: 8}, feed: endless,
			reason: preview.FFmpegLacks, status: 8,
		},
		"unknown words": {
			scene:  fakeffmpeg.Scene{Stderr: "\xff\xfe whatever\n", Exit: 1},
			reason: preview.FFmpegFailed, status: 1,
		},
		"dies in the middle of a picture": {
			scene:  fakeffmpeg.Scene{Pictures: 2, Broken: fakeffmpeg.CutStream, Stderr: "Cannot allocate memory\n", Exit: 1},
			read:   readPictures,
			reason: preview.MemoryFull, status: 1,
		},
		"ends with success in the middle of a picture": {
			scene: fakeffmpeg.Scene{Pictures: 2, Broken: fakeffmpeg.CutStream}, read: readPictures,
			want: io.ErrUnexpectedEOF,
		},
		"Read fails and the program would go on for ever": {
			scene: fakeffmpeg.Scene{Pictures: 5, Stall: true},
			read:  func(io.Reader) error { return errOwn },
			want:  errOwn,
		},
		"Read fails and the program is stubborn": {
			scene: fakeffmpeg.Scene{Pictures: 5, Stubborn: true}, feed: endless,
			read: func(io.Reader) error { return errOwn },
			want: errOwn,
		},
		"Feed fails and the program would go on for ever": {
			scene: fakeffmpeg.Scene{Stall: true},
			feed:  func(context.Context, io.Writer) error { return errOwn },
			want:  errOwn,
		},
		"Feed fails and Read follows": {
			scene: fakeffmpeg.Scene{Pictures: 2, Broken: fakeffmpeg.CutStream},
			feed:  func(context.Context, io.Writer) error { return errOwn },
			read:  readPictures,
			want:  errOwn,
		},
		"Feed ends when told to": {
			scene: fakeffmpeg.Scene{Stderr: "moov atom not found\nfile:x: Invalid data found when processing input\n", Exit: 1},
			feed: func(ctx context.Context, _ io.Writer) error {
				<-ctx.Done()
				return ctx.Err()
			},
			reason: preview.VideoCutOff, status: 1,
		},
		"stalls at once":             {scene: fakeffmpeg.Scene{Stall: true}, stall: 200 * time.Millisecond, reason: preview.FFmpegStalled},
		"stalls after some pictures": {scene: fakeffmpeg.Scene{Pictures: 3, Stubborn: true}, read: readPictures, stall: 200 * time.Millisecond, reason: preview.FFmpegStalled},
		"stalls while it is fed":     {scene: fakeffmpeg.Scene{Real: sleeper(t)}, feed: endless, stall: 200 * time.Millisecond, reason: preview.FFmpegStalled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.scene.Real == "skip" {
				t.Skip("no such program here")
			}
			_, err := ffmpeg.Run(t.Context(), ffmpeg.Command{
				Path: fake(t, c.scene), Args: []string{"600"}, Feed: c.feed, Read: c.read, Stall: c.stall, Nice: true,
			})
			if c.want == nil && c.reason == "" {
				if err != nil {
					t.Fatalf("failed: %v", err)
				}
				return
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if c.reason != "" && preview.ReasonOf(err) != c.reason {
				t.Errorf("reason %q of %v, want %q", preview.ReasonOf(err), err, c.reason)
			}
			failed, ok := errors.AsType[*ffmpeg.Failed](err)
			if ok != (c.status != 0) || ok && failed.Code != c.status {
				t.Errorf("got %#v, want status %d", failed, c.status)
			}
			if ok && string(failed.Tail) != c.scene.Stderr {
				t.Errorf("tail %q, want %q", failed.Tail, c.scene.Stderr)
			}
		})
	}
}

// echo and sleeper are programs that do not read their stdin.
func echo(t *testing.T) string    { return look(t, "/bin/echo") }
func sleeper(t *testing.T) string { return look(t, "/bin/sleep") }

func look(t *testing.T, path string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return "skip"
	}
	return path
}

// readPictures reads like a consumer of the stream: it wants the last picture to have an end.
func readPictures(r io.Reader) error {
	all, err := io.ReadAll(r)
	if err == nil && !bytes.HasSuffix(all, endOfPicture) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func TestKilledBySomebodyElse(t *testing.T) {
	path := fake(t, fakeffmpeg.Scene{Pictures: 1, Killed: true})
	_, err := ffmpeg.Run(t.Context(), ffmpeg.Command{Path: path})
	failed, ok := errors.AsType[*ffmpeg.Failed](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if runtime.GOOS != "windows" && (failed.Signal != "killed" || preview.ReasonOf(err) != preview.FFmpegKilled) {
		t.Errorf("signal %q, reason %q", failed.Signal, preview.ReasonOf(err))
	}
}

func TestCancelEndsAStubbornProgram(t *testing.T) {
	errPaused := errors.New("paused")
	for name, c := range map[string]struct {
		cause  error
		reason preview.Reason
	}{
		"plain":         {nil, preview.Cancelled},
		"with a cause":  {errPaused, preview.Unknown},
		"with a reason": {preview.Because(preview.VideoChanged, "changed"), preview.VideoChanged},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			_, err := ffmpeg.Run(ctx, ffmpeg.Command{
				Path: fake(t, fakeffmpeg.Scene{Pictures: 1, Stubborn: true}),
				Read: func(r io.Reader) error { // the first byte shows that it runs
					if _, err := r.Read(make([]byte, 1)); err != nil {
						return err
					}
					cancel(c.cause)
					return nil
				},
			})
			if preview.ReasonOf(err) != c.reason {
				t.Errorf("reason %q of %v, want %q", preview.ReasonOf(err), err, c.reason)
			}
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("%v does not hold its cause", err)
			}
		})
	}
}

func TestNothingIsStartedAfterCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := fake(t, fakeffmpeg.Scene{})
	if _, err := ffmpeg.Run(ctx, ffmpeg.Command{Path: path}); preview.ReasonOf(err) != preview.Cancelled {
		t.Errorf("got %v", err)
	}
	if calls := fakeffmpeg.Calls(t, path); len(calls) != 0 {
		t.Errorf("it was started: %v", calls)
	}
}

func TestDeadlineWithoutACauseIsAStall(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := ffmpeg.Run(ctx, ffmpeg.Command{Path: fake(t, fakeffmpeg.Scene{Stall: true})})
	if preview.ReasonOf(err) != preview.FFmpegStalled {
		t.Errorf("got %v", err)
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	dir := t.TempDir()
	text, plain := filepath.Join(dir, "ffmpeg"), filepath.Join(dir, "ffprobe")
	for path, mode := range map[string]os.FileMode{text: 0o755, plain: 0o644} {
		if err := os.WriteFile(path, []byte("no program\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]preview.Reason{
		filepath.Join(dir, "none"): preview.FFmpegMissing,
		plain:                      preview.FFmpegMissing,
		text:                       preview.FFmpegGarbage,
	} {
		if runtime.GOOS == "windows" && path != filepath.Join(dir, "none") {
			continue // Windows runs files by their names
		}
		_, err := ffmpeg.Run(t.Context(), ffmpeg.Command{
			Path: path,
			Feed: func(context.Context, io.Writer) error { return nil },
			Read: func(io.Reader) error { return nil },
		})
		if preview.ReasonOf(err) != want {
			t.Errorf("%s: %v, want %q", filepath.Base(path), err, want)
		}
	}
}

func TestAPanicInACallbackIsAnError(t *testing.T) {
	_, err := ffmpeg.Run(t.Context(), ffmpeg.Command{
		Path: fake(t, fakeffmpeg.Scene{Pictures: 1, Stall: true}),
		Read: func(io.Reader) error { panic("hostile video") },
	})
	if err == nil || !strings.Contains(err.Error(), "hostile video") {
		t.Errorf("got %v", err)
	}
}

func TestStderrGoesToTheLogAndItsEndToTheError(t *testing.T) {
	var log bytes.Buffer
	long := strings.Repeat("[h264 @ 0x1] error while decoding MB 14 2\n", 500)
	_, err := ffmpeg.Run(t.Context(), ffmpeg.Command{
		Path: fake(t, fakeffmpeg.Scene{Stderr: "first\r" + long + "caf\xe9 last", Exit: 1}),
		Log:  zerolog.New(&log),
	})
	failed, ok := errors.AsType[*ffmpeg.Failed](err)
	if !ok || len(failed.Tail) != 4<<10 || !bytes.HasSuffix(failed.Tail, []byte("caf\xe9 last")) {
		t.Errorf("tail is not the last 4 KiB: %v", err)
	}
	for _, want := range []string{`"line":"first"`, `"line":"caf` + "\uFFFD" + ` last"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	if n := strings.Count(log.String(), `"line":"[h264 @ 0x1] error while decoding MB 14 2"`); n != 500 {
		t.Errorf("%d lines of 500 logged", n)
	}
}

func TestEnvironmentIsAdded(t *testing.T) {
	t.Setenv("SCRUBJAY_TEST_OURS", "ours")
	t.Setenv("SCRUBJAY_PLEX_TOKEN", "hidden")
	env := look(t, "/usr/bin/env")
	if env == "skip" {
		t.Skip("no program named env")
	}
	out, _, err := ffmpeg.Output(t.Context(), ffmpeg.Command{Path: env, Env: []string{"SCRUBJAY_TEST_THEIRS=theirs"}}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(out), "\n")
	for _, want := range []string{"SCRUBJAY_TEST_OURS=ours", "SCRUBJAY_TEST_THEIRS=theirs", "AV_LOG_FORCE_NOCOLOR=1"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is not in the environment", want)
		}
	}
	if strings.Contains(string(out), "hidden") {
		t.Error("the token is in the environment")
	}
}

func TestSuspendAndResumeFromEverywhere(t *testing.T) {
	p, err := ffmpeg.Start(t.Context(), ffmpeg.Command{Path: fake(t, fakeffmpeg.Scene{Pictures: 50})})
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 20 {
				if err := errors.Join(p.Suspend(), p.Resume()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	if err := p.Resume(); err != nil {
		t.Error(err)
	}
	first, err := p.Wait()
	if err != nil {
		t.Error(err)
	}
	if err := errors.Join(p.Suspend(), p.Resume()); err != nil {
		t.Errorf("after the end: %v", err)
	}
	if again, err := p.Wait(); err != nil || again != first {
		t.Errorf("the second Wait says %+v, %v", again, err)
	}
}

func TestASuspendedProgramIsNotStalledAndCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	const stall = 500 * time.Millisecond
	p, err := ffmpeg.Start(ctx, ffmpeg.Command{Path: fake(t, fakeffmpeg.Scene{Stubborn: true}), Stall: stall})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Suspend(); err != nil {
		t.Fatal(err)
	}
	// The watchdog of another one, started later, bites first: this one's is held.
	if _, err := ffmpeg.Run(t.Context(), ffmpeg.Command{Path: fake(t, fakeffmpeg.Scene{Stall: true}), Stall: 3 * stall}); preview.ReasonOf(err) != preview.FFmpegStalled {
		t.Error(err)
	}
	cancel()
	if _, err := p.Wait(); preview.ReasonOf(err) != preview.Cancelled {
		t.Errorf("got %v", err)
	}
}
