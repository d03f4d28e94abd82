package render

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
)

// spec of these tests: a picture each second.
func everySecond() preview.Spec {
	s := preview.DefaultSpec()
	s.Interval = time.Second
	return s
}

// fake is a renderer whose ffprobe is real and whose FFmpeg plays the scenes.
func fake(t *testing.T, scenes ...fakeffmpeg.Scene) *Renderer {
	t.Helper()
	r := renderer(t)
	ff, fp := fakeffmpeg.Install(t, fakeffmpeg.Script{
		FFmpeg:  scenes,
		FFprobe: []fakeffmpeg.Scene{{Real: r.Tools.FFprobe}},
	})
	tools := *r.Tools
	tools.FFmpeg, tools.FFprobe = ff, fp
	r.Tools = &tools
	return r
}

// onlyIn fails the test when a folder holds anything but the named files.
func onlyIn(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

// fails renders a video and wants one of the reasons and an empty folder.
func fails(t *testing.T, r *Renderer, video string, want ...preview.Reason) Result {
	t.Helper()
	dir := t.TempDir()
	result, err := r.Render(t.Context(), Request{Video: video, Out: filepath.Join(dir, "out.bif"), Spec: everySecond(), Device: preview.CPUDevice()})
	if err == nil {
		t.Fatalf("it worked: %+v", result)
	}
	if got := preview.ReasonOf(err); !slices.Contains(want, got) {
		t.Errorf("reason is %q (%v), want %q", got, err, want)
	}
	onlyIn(t, dir)
	return result
}

// damaged copies a clip, changed.
func damaged(t *testing.T, spec clip.Spec, change func([]byte) []byte) string {
	t.Helper()
	path := clip.Make(t, spec)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "damaged"+filepath.Ext(path))
	if err := os.WriteFile(out, change(b), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

func first(share float64) func([]byte) []byte {
	return func(b []byte) []byte { return b[:int(share*float64(len(b)))] }
}

func TestBadVideos(t *testing.T) {
	r := renderer(t)
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	long := clip.Spec{Duration: 40 * time.Second}
	longMP4 := clip.Spec{Duration: 40 * time.Second, Container: clip.MP4Fast}
	tests := []struct {
		name  string
		video string
		want  preview.Reason
	}{
		{"missing", filepath.Join(t.TempDir(), "gone.mkv"), preview.VideoMissing},
		{"empty", write("empty.mkv", ""), preview.VideoEmpty},
		{"a folder", t.TempDir(), preview.VideoNotVideo},
		{"text renamed", write("text.mkv", strings.Repeat("This is no film.\n", 500)), preview.VideoNotVideo},
		{"mkv cut in the middle", damaged(t, long, first(0.5)), preview.VideoCutOff},
		{"mp4 cut in the middle", damaged(t, longMP4, first(0.5)), preview.VideoCutOff},
		{"mp4 without moov", damaged(t, clip.Spec{Container: clip.MP4}, first(0.8)), preview.VideoCutOff},
		{"sound only", clip.Sound(t, "mka", false), preview.VideoNoPicture},
		{"cover art only", clip.Sound(t, "mp3", true), preview.VideoNoPicture},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { fails(t, r, tt.video, tt.want) })
	}
	// What FFmpeg says of 300 bytes differs from release to release.
	t.Run("only the head of an mkv", func(t *testing.T) {
		fails(t, r, damaged(t, long, func(b []byte) []byte { return b[:300] }), preview.VideoCutOff, preview.VideoDamaged)
	})
}

// TestNearlyWhole makes previews of videos whose last few per cent are missing, and says so.
func TestNearlyWhole(t *testing.T) {
	r := renderer(t)
	for _, c := range []clip.Container{clip.MKV, clip.MP4Fast} {
		t.Run(string(c), func(t *testing.T) {
			video := damaged(t, clip.Spec{Duration: 100 * time.Second, Container: c}, first(0.965))
			out := filepath.Join(t.TempDir(), "out.bif")
			result, err := r.Render(t.Context(), Request{Video: video, Out: out, Spec: everySecond(), Device: preview.CPUDevice()})
			if err != nil {
				t.Fatal(err)
			}
			if !result.Partial || result.Frames != 100 || result.Filled == 0 {
				t.Errorf("partial %v, %d frames, %d filled", result.Partial, result.Frames, result.Filled)
			}
		})
	}
}

func TestShortAndLongVideos(t *testing.T) {
	r := renderer(t)
	tests := []struct {
		name   string
		spec   clip.Spec
		frames int
	}{
		{"a second", clip.Spec{Duration: time.Second}, 1},
		{"one picture", clip.Spec{Duration: 40 * time.Millisecond}, 1},
		{"30 hours", clip.Spec{Duration: 30 * time.Hour, FPS: "1/60", Keyint: 1}, 10800},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.bif")
			result, err := r.Render(t.Context(), Request{Video: clip.Make(t, tt.spec), Out: out, Spec: preview.DefaultSpec(), Device: preview.CPUDevice()})
			if err != nil {
				t.Fatal(err)
			}
			if result.Frames != tt.frames {
				t.Errorf("%d frames, want %d (duration %v)", result.Frames, tt.frames, result.Duration)
			}
		})
	}
}

func TestBadFFmpeg(t *testing.T) {
	video := clip.Make(t, clip.Spec{})
	tests := []struct {
		name  string
		scene fakeffmpeg.Scene // on all rungs
		want  preview.Reason
	}{
		{"killed by a signal", fakeffmpeg.Scene{Pictures: 3, Killed: true}, preview.FFmpegKilled},
		{"garbage", fakeffmpeg.Scene{Stdout: "Hello, I am not FFmpeg.\n"}, preview.FFmpegGarbage},
		{"no pictures", fakeffmpeg.Scene{}, preview.FFmpegNoPicture},
		{"half a stream", fakeffmpeg.Scene{Pictures: 3, Broken: fakeffmpeg.CutStream, Exit: 1}, preview.FFmpegFailed},
		{"half a picture", fakeffmpeg.Scene{Pictures: 10, Broken: fakeffmpeg.CutPicture}, preview.PreviewUnsound},
		{"no JPEG", fakeffmpeg.Scene{Pictures: 10, Broken: fakeffmpeg.NotAJPEG}, preview.PreviewUnsound},
		{"green", fakeffmpeg.Scene{Pictures: 10, Paint: fakeffmpeg.Green}, preview.PreviewUnsound},
		{"damaged video", fakeffmpeg.Scene{Stderr: "Invalid data found when processing input\n", Exit: 1}, preview.VideoDamaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.scene.Step = time.Second // as on a whole file; on the feed such pictures have no slot
			result := fails(t, fake(t, tt.scene), video, tt.want)
			if len(result.Attempts) != 3 {
				t.Errorf("%d attempts, want one of each recipe: %+v", len(result.Attempts), result.Attempts)
			}
		})
	}
}

// TestNoFFmpeg is a file that is not there and one that is no program.
func TestNoFFmpeg(t *testing.T) {
	r := renderer(t)
	tools := *r.Tools
	tools.FFmpeg = filepath.Join(t.TempDir(), "ffmpeg")
	r.Tools = &tools
	fails(t, r, clip.Make(t, clip.Spec{}), preview.FFmpegMissing)
}

// TestLadder walks down from a GPU that does not work, and tells why each rung was left.
func TestLadder(t *testing.T) {
	r := renderer(t)
	gpu := preview.Device{ID: "cuda:GPU-0", Kind: preview.CUDA, Handle: "0"}
	run := func(t *testing.T, req Request, scenes ...fakeffmpeg.Scene) (Result, error) {
		t.Helper()
		r := fake(t, scenes...)
		req.Out, req.Spec, req.Device = filepath.Join(t.TempDir(), "out.bif"), everySecond(), gpu
		return r.Render(t.Context(), req)
	}
	video := clip.Make(t, clip.Spec{})
	genuine := fakeffmpeg.Scene{Real: r.Tools.FFmpeg}
	driver := fakeffmpeg.Scene{When: "-hwaccel cuda", Stderr: "Cannot load libcuda.so.1\n", Exit: 1}

	t.Run("a dead GPU is left for good", func(t *testing.T) {
		result, err := run(t, Request{Video: video}, driver, genuine)
		if err != nil {
			t.Fatal(err)
		}
		if result.Device.ID != "cpu" || result.Recipe != "select/cpu" || len(result.Attempts) != 2 {
			t.Errorf("%s on %s after %+v", result.Recipe, result.Device.ID, result.Attempts)
		}
		if got := preview.ReasonOf(result.Attempts[0].Err); got != preview.DeviceDriver {
			t.Errorf("the GPU was left because of %q", got)
		}
	})
	t.Run("unless nothing else is wanted", func(t *testing.T) {
		if _, err := run(t, Request{Video: video, NoCPU: true}, driver, genuine); preview.ReasonOf(err) != preview.DeviceDriver {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("a failing recipe makes room for the next", func(t *testing.T) {
		result, err := run(t, Request{Video: video},
			fakeffmpeg.Scene{When: "-hwaccel cuda", Exit: 1}, fakeffmpeg.Scene{When: "pipe:0", Exit: 1}, genuine)
		if err != nil {
			t.Fatal(err)
		}
		if result.Recipe != "keyframes/cpu" || len(result.Attempts) != 4 {
			t.Errorf("%s after %+v", result.Recipe, result.Attempts)
		}
	})
	t.Run("the same picture all the time is doubted once", func(t *testing.T) {
		alike := fakeffmpeg.Scene{When: "pipe:0", FedPictures: true, Paint: fakeffmpeg.Alike}
		result, err := run(t, Request{Video: video}, alike, genuine)
		if err != nil || len(result.Attempts) != 2 || result.Recipe != "select/cpu" {
			t.Errorf("%s after %+v, %v", result.Recipe, result.Attempts, err)
		}
	})
}

// TestInterrupt stops a render at several moments: FFmpeg is gone, and nothing is left behind.
func TestInterrupt(t *testing.T) {
	video := clip.Make(t, clip.Spec{})
	for _, after := range []int{0, 1, 5} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		r := fake(t, fakeffmpeg.Scene{FedPictures: true, Stall: true})
		req := Request{Video: video, Out: filepath.Join(dir, "out.bif"), Spec: everySecond(), Device: preview.CPUDevice()}
		req.Progress = func(p Progress) {
			if p.Frames > after {
				cancel()
			}
		}
		_, err := r.Render(ctx, req)
		cancel()
		if preview.ReasonOf(err) != preview.Cancelled {
			t.Errorf("after %d pictures: error is %v", after, err)
		}
		onlyIn(t, dir)
	}
}

// TestVideoChangesWhileItIsRead drops the result of a file that is still being written, replaced or removed.
func TestVideoChangesWhileItIsRead(t *testing.T) {
	source := clip.Make(t, clip.Spec{})
	changes := map[string]func(path string) error{
		"grows": func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.Write(make([]byte, 100))
			return errors.Join(err, f.Close())
		},
		"is touched": func(path string) error { return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) },
		"vanishes":   os.Remove,
		"is replaced": func(path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			stat, err := os.Stat(path)
			if err != nil {
				return err
			}
			other := path + ".new"
			return errors.Join(os.WriteFile(other, b, 0o644), os.Chtimes(other, stat.ModTime(), stat.ModTime()), os.Rename(other, path))
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			video := filepath.Join(t.TempDir(), "video.mkv")
			if err := os.WriteFile(video, b, 0o644); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			done := false
			_, err = renderer(t).Render(t.Context(), Request{
				Video: video, Out: filepath.Join(dir, "out.bif"), Spec: everySecond(), Device: preview.CPUDevice(),
				Progress: func(Progress) {
					if !done {
						done = true
						if err := change(video); err != nil {
							t.Error(err)
						}
					}
				},
			})
			if preview.ReasonOf(err) != preview.VideoChanged {
				t.Errorf("error is %v", err)
			}
			onlyIn(t, dir)
		})
	}
}

// TestBadTargets wants a clear reason and the old preview as it was.
func TestBadTargets(t *testing.T) {
	r := renderer(t)
	video := clip.Make(t, clip.Spec{})
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, out string
		want      preview.Reason
	}{
		{"the folder is missing", filepath.Join(dir, "gone", "out.bif"), preview.TargetMissing},
		{"the folder is a file", filepath.Join(file, "out.bif"), preview.TargetMissing},
		{"the file is a folder", dir, preview.TargetExists},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := r.Render(t.Context(), Request{Video: video, Out: tt.out, Spec: everySecond(), Device: preview.CPUDevice()})
			if got := preview.ReasonOf(err); got != tt.want {
				t.Errorf("reason is %q (%v), want %q", got, err, tt.want)
			}
			onlyIn(t, dir, "file")
		})
	}
}

// TestReadOnlyTarget needs a user whom file modes stop, or a file system that is mounted read-only.
func TestReadOnlyTarget(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", dir).CombinedOutput(); err != nil {
			t.Skipf("root ignores modes, and nothing can be mounted here: %s", out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
				t.Errorf("%s", out)
			}
		})
	}
	_, err := renderer(t).Render(t.Context(), Request{
		Video: clip.Make(t, clip.Spec{}), Out: filepath.Join(dir, "out.bif"), Spec: everySecond(), Device: preview.CPUDevice(),
	})
	if got := preview.ReasonOf(err); got != preview.TargetReadOnly {
		t.Errorf("reason is %q (%v)", got, err)
	}
}

// TestFullDisk keeps the old preview when the new one does not fit.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a small disk can only be mounted by root")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	})
	out := filepath.Join(dir, "out.bif")
	if err := os.WriteFile(out, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := renderer(t).Render(t.Context(), Request{Video: clip.Make(t, clip.Spec{}), Out: out, Spec: everySecond(), Device: preview.CPUDevice()})
	if got := preview.ReasonOf(err); got != preview.DiskFull {
		t.Errorf("reason is %q (%v)", got, err)
	}
	if b, err := os.ReadFile(out); err != nil || !bytes.Equal(b, []byte("old")) {
		t.Errorf("the old preview is %q, %v", b, err)
	}
	onlyIn(t, dir, "out.bif")
}
