package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/host/buildinfo"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// world is a machine of our own making: a folder, an engine that renders as it is told, and what came out.
type world struct {
	Env
	dir        string
	renderer   *fakeRenderer
	notes      []gpu.Note
	reports    []preview.DeviceReport
	noFFmpeg   error
	candidates []ffmpeg.Candidate
	out, err   syncBuffer
}

func newWorld(t *testing.T) *world {
	w := &world{dir: t.TempDir(), renderer: &fakeRenderer{}}
	w.Env = Env{
		Name:   "scrubjayd",
		Stdin:  strings.NewReader(""),
		Stdout: &w.out,
		Stderr: &w.err,
		Screen: func(io.Writer) (int, int, bool) { return 0, 0, false },
		Typed:  func() bool { return false },
		Browse: func(string) {},
		Getenv: func(string) string { return "" },
		Now:    time.Now,
		Cores:  2,
		Build:  buildinfo.Info{Version: "1.2.3", Commit: "0123456789", Date: "2026-11-23T10:00:00Z", Go: "go1.26.0", OS: "linux", Arch: "amd64"},
		Dirs: paths.Dirs{
			Config: filepath.Join(w.dir, "config"), Data: filepath.Join(w.dir, "data"),
			State: filepath.Join(w.dir, "state"), Cache: filepath.Join(w.dir, "cache"),
		},
		Engine: Engine{
			FFmpeg: func(context.Context, bool) (*ffmpeg.Tools, []ffmpeg.Candidate, error) {
				return fullTools(), w.candidates, w.noFFmpeg
			},
			Devices: func(context.Context, *ffmpeg.Tools, daemon.DeviceQuestion, zerolog.Logger) daemon.Devices {
				return daemon.Devices{Reports: w.reports, Notes: w.notes, Summary: "A machine of our own making."}
			},
			Renderer: func(*ffmpeg.Tools, zerolog.Logger) Renderer { return w.renderer },
		},
	}
	return w
}

// fullTools is an FFmpeg that can do everything.
func fullTools() *ffmpeg.Tools {
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	return &ffmpeg.Tools{FFmpeg: "/usr/bin/ffmpeg", FFprobe: "/usr/bin/ffprobe", Banner: "7.1", Features: ffmpeg.Features{
		Version:  ffmpeg.Version{Major: 7, Minor: 1},
		Filters:  set("zscale", "tonemap", "libplacebo", "scale_cuda", "scale_vaapi"),
		Decoders: set("h264", "hevc", "libdav1d", "vp9", "mpeg2video", "vc1"),
		Options:  set("tonemapx.apply_dovi"),
	}}
}

// onTerminal is the world's Env with a terminal of 80 columns.
func (w *world) onTerminal() Env {
	e := w.Env
	e.Screen = func(io.Writer) (int, int, bool) { return 80, 24, true }
	return e
}

// file makes a file below the world's folder and returns its path.
func (w *world) file(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("film"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a command line and returns its exit status.
func (w *world) run(t *testing.T, args ...string) int {
	t.Helper()
	return w.Run(t.Context(), args)
}

// records returns what --json printed, and fails unless each line of stdout is one JSON object.
func (w *world) records(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(w.out.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("stdout has %q (%v), want one JSON object per line", line, err)
		}
		out = append(out, r)
	}
	return out
}

// fakeRenderer renders by calling do, or writes a file at once when that is nil.
type fakeRenderer struct {
	do    func(ctx context.Context, r render.Request) (render.Result, error)
	fresh func(video, out string) bool

	mu      sync.Mutex
	asked   []render.Request
	running int
	most    int
}

func (f *fakeRenderer) Render(ctx context.Context, r render.Request) (render.Result, error) {
	f.mu.Lock()
	f.asked = append(f.asked, r)
	f.running++
	f.most = max(f.most, f.running)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.running--
		f.mu.Unlock()
	}()
	if f.do != nil {
		return f.do(ctx, r)
	}
	return rendered(r), os.WriteFile(r.Out, []byte("\x89BIF\r\n\x1a\n"), 0o644)
}

func (f *fakeRenderer) Fresh(_ context.Context, video, out string, _ preview.Spec) (bool, error) {
	return f.fresh != nil && f.fresh(video, out), nil
}

// rendered is the result of a 40 minute film.
func rendered(r render.Request) render.Result {
	return render.Result{
		Frames: 240, Duration: 40 * time.Minute, Width: 320, Height: 134,
		MeanOffset: 812400 * time.Microsecond, MaxOffset: 1900 * time.Millisecond,
		Device: r.Device, Recipe: "select", Attempts: []render.Attempt{{Recipe: "select", Device: r.Device}},
		SourceBytes: 2_700_000_000, OwnBytes: 60_000_000, FFmpegBytes: 4_000_000,
		CPU: 3100 * time.Millisecond, Wall: 1800 * time.Millisecond,
		Verdict: preview.Judge(preview.Check{Name: "count", Passed: true, Detail: "240 pictures"}),
	}
}

// syncBuffer is a buffer that several goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// want fails unless the output has the text.
func want(t *testing.T, what, have, text string) {
	t.Helper()
	if !strings.Contains(have, text) {
		t.Errorf("%s is\n%s\nwant in it: %s", what, have, text)
	}
}
