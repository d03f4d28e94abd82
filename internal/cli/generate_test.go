package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

func TestGenerateWritesNextToTheVideo(t *testing.T) {
	w := newWorld(t)
	film := w.file(t, "Heat (1995).mkv")
	if status := w.run(t, "generate", film); status != exitDone {
		t.Fatalf("exit status %d, want 0; stderr: %s", status, w.err.String())
	}
	if _, err := os.Stat(filepath.Join(w.dir, "Heat (1995)-320-10.bif")); err != nil {
		t.Error(err)
	}
	if w.out.String() != "" {
		t.Errorf("stdout has %q, want nothing without --json", w.out.String())
	}
	want(t, "stderr", w.err.String(), "done: "+film+": 240 pictures in 1.8 s (1333×), cpu, ")
}

// The names and kinds of these fields are a contract.
func TestJSONOfAVideo(t *testing.T) {
	w := newWorld(t)
	film := w.file(t, "film.mkv")
	if status := w.run(t, "generate", "--json", film); status != exitDone {
		t.Fatalf("exit status %d", status)
	}
	got := w.records(t)
	expect := []map[string]any{{
		"file": film, "out": filepath.Join(w.dir, "film-320-10.bif"),
		"status": "done", "reason_id": "", "reason": "", "hint": "",
		"frames": 240.0, "interval_ms": 10000.0, "duration_ms": 2400000.0, "width": 320.0, "height": 134.0,
		"device": "cpu", "recipe": "select",
		"attempts":       []any{map[string]any{"recipe": "select", "device": "cpu", "error": ""}},
		"mean_offset_ms": 812.0, "max_offset_ms": 1900.0,
		"source_bytes": 2.7e9, "read_bytes": 6.4e7, "elapsed_ms": 1800.0, "cpu_ms": 3100.0,
		"verdict": map[string]any{"sound": true, "checks": []any{map[string]any{"name": "count", "passed": true, "detail": "240 pictures"}}},
	}}
	if d := cmp.Diff(expect, got); d != "" {
		t.Error(d)
	}
}

func TestSomeFailedIsStatus3AndEachIsTold(t *testing.T) {
	w := newWorld(t)
	good, bad := w.file(t, "good.mkv"), w.file(t, "bad.mkv")
	w.renderer.do = func(_ context.Context, r render.Request) (render.Result, error) {
		if r.Video == bad {
			return render.Result{FFmpegBytes: -1, Attempts: []render.Attempt{{Recipe: "select", Device: r.Device, Err: errors.New("exit status 1")}}},
				preview.Because(preview.VideoDamaged, "read %s: no clusters", r.Video)
		}
		return rendered(r), nil
	}
	missing := filepath.Join(w.dir, "missing.mkv")
	if status := w.run(t, "generate", "--json", good, bad, missing); status != exitSomeFailed {
		t.Fatalf("exit status %d, want 3", status)
	}
	recs := w.records(t)
	slices.SortFunc(recs, func(a, b map[string]any) int { return strings.Compare(a["file"].(string), b["file"].(string)) })
	if len(recs) != 3 {
		t.Fatalf("%d records, want 3", len(recs))
	}
	b := recs[0]
	if b["status"] != "failed" || b["reason_id"] != "video.damaged" || b["reason"] != preview.VideoDamaged.Text() || b["hint"] != preview.VideoDamaged.Hint() {
		t.Errorf("record of the damaged video: %v", b)
	}
	if b["read_bytes"] != nil || b["verdict"] != nil {
		t.Errorf("read_bytes %v and verdict %v, want null: they are not known", b["read_bytes"], b["verdict"])
	}
	if a := b["attempts"].([]any)[0].(map[string]any); a["error"] != "exit status 1" {
		t.Errorf("attempt %v", a)
	}
	if m := recs[2]; m["reason_id"] != "video.missing" || len(m["attempts"].([]any)) != 0 {
		t.Errorf("record of the missing video: %v", m)
	}
	want(t, "stderr", w.err.String(), "failed: "+bad+": The video is damaged. Play it to see")
	want(t, "stderr", w.err.String(), "1 done, 2 failed in ")
}

func TestOneVideoThatFailsIsStatus3(t *testing.T) {
	w := newWorld(t)
	if status := w.run(t, "generate", filepath.Join(w.dir, "missing.mkv")); status != exitSomeFailed {
		t.Errorf("exit status %d, want 3", status)
	}
	want(t, "stderr", w.err.String(), "The video is not there.")
}

func TestFreshPreviewIsLeftAloneUnlessForced(t *testing.T) {
	w := newWorld(t)
	film := w.file(t, "film.mkv")
	w.renderer.fresh = func(video, out string) bool {
		return video == film && out == filepath.Join(w.dir, "film-320-10.bif")
	}
	if status := w.run(t, "generate", "--json", film); status != exitDone {
		t.Fatalf("exit status %d, want 0", status)
	}
	if r := w.records(t)[0]; r["status"] != "skipped" || r["reason_id"] != "preview.fresh" || len(w.renderer.asked) != 0 {
		t.Errorf("record %v, want skipped without a render", r)
	}
	if status := w.run(t, "generate", "--force", film); status != exitDone || len(w.renderer.asked) != 1 {
		t.Errorf("exit status %d and %d renders with --force, want 0 and 1", status, len(w.renderer.asked))
	}
}

func TestTwoVideosWithOneTargetDoNotOverwriteEachOther(t *testing.T) {
	w := newWorld(t)
	w.file(t, "film.mkv")
	w.file(t, "film.mp4")
	if status := w.run(t, "generate", "--json", w.dir); status != exitSomeFailed {
		t.Fatalf("exit status %d, want 3", status)
	}
	outcomes := map[any]any{}
	for _, r := range w.records(t) {
		outcomes[filepath.Base(r["file"].(string))] = r["reason_id"]
	}
	if d := cmp.Diff(map[any]any{"film.mkv": "", "film.mp4": "target.clash"}, outcomes); d != "" {
		t.Error(d)
	}
}

func TestAFileThatIsNoPreviewIsNotOverwritten(t *testing.T) {
	w := newWorld(t)
	film, other := w.file(t, "film.mkv"), w.file(t, "other.mkv")
	if status := w.run(t, "generate", "--force", "--out", other, film); status != exitSomeFailed {
		t.Errorf("exit status %d, want 3", status)
	}
	if b, _ := os.ReadFile(other); string(b) != "film" {
		t.Error("a film was overwritten")
	}
	want(t, "stderr", w.err.String(), preview.TargetForeign.Text())
}

func TestInterruptWaitsForTheRendersAndIs130(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.file(t, fmt.Sprintf("film%d.mkv", i))
	}
	ctx, interrupt := context.WithCancel(t.Context())
	ended := 0
	w.renderer.do = func(ctx context.Context, r render.Request) (render.Result, error) {
		if strings.HasSuffix(r.Video, "film0.mkv") {
			return rendered(r), nil
		}
		interrupt()
		<-ctx.Done()
		ended++ // an FFmpeg that is being waited for
		return render.Result{}, fmt.Errorf("render: %w", ctx.Err())
	}
	if status := w.Run(ctx, []string{"generate", "--json", "--jobs", "1", w.dir}); status != exitInterrupted {
		t.Fatalf("exit status %d, want 130", status)
	}
	if ended != 1 || len(w.renderer.asked) != 2 {
		t.Errorf("%d of %d renders had ended, want 1 of 2: the one that was done, and the one that was cut", ended, len(w.renderer.asked))
	}
	recs := w.records(t)
	if len(recs) != 2 || recs[1]["reason_id"] != "cancelled" {
		t.Errorf("records %v, want the second one cancelled", recs)
	}
	want(t, "stderr", w.err.String(), "Interrupted: 1 done, 4 not finished; nothing was left half done.")
}

func TestAPanicIsOneFailedVideo(t *testing.T) {
	w := newWorld(t)
	a, b := w.file(t, "a.mkv"), w.file(t, "b.mkv")
	w.renderer.do = func(_ context.Context, r render.Request) (render.Result, error) {
		if r.Video == a {
			panic("index out of range")
		}
		return rendered(r), nil
	}
	if status := w.run(t, "generate", a, b); status != exitSomeFailed {
		t.Fatalf("exit status %d, want 3", status)
	}
	want(t, "stderr", w.err.String(), "done: "+b)
	want(t, "stderr", w.err.String(), preview.Unknown.Text())
}

func TestStdoutThatTakesNoMoreEndsTheRun(t *testing.T) {
	w := newWorld(t)
	for i := range 50 {
		w.file(t, fmt.Sprintf("film%02d.mkv", i))
	}
	w.Stdout = brokenPipe{}
	if status := w.run(t, "generate", "--json", w.dir); status != exitError {
		t.Errorf("exit status %d, want 1", status)
	}
	if n := len(w.renderer.asked); n > 5 {
		t.Errorf("%d videos were rendered for nobody", n)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestNothingIsStartedWithoutFFmpeg(t *testing.T) {
	for _, r := range []preview.Reason{preview.FFmpegMissing, preview.FFmpegTooOld} {
		w := newWorld(t)
		w.noFFmpeg = preview.Because(r, "looked everywhere")
		if status := w.run(t, "generate", "--json", w.file(t, "film.mkv")); status != exitError {
			t.Errorf("%s: exit status %d, want 1", r, status)
		}
		if got, sentence := w.err.String(), "scrubjayd: "+r.Text()+" "+r.Hint()+"\n"; got != sentence || w.out.String() != "" {
			t.Errorf("%s: stderr %q and stdout %q, want %q and nothing", r, got, w.out.String(), sentence)
		}
	}
}

func TestVerboseHasTheDetails(t *testing.T) {
	w := newWorld(t)
	film := w.file(t, "film.mkv")
	w.renderer.do = func(context.Context, render.Request) (render.Result, error) {
		return render.Result{}, preview.Because(preview.FFmpegFailed, "run ffmpeg: exit status 187")
	}
	w.run(t, "generate", film)
	if strings.Contains(w.err.String(), "187") {
		t.Errorf("stderr without --verbose is %q, want no exit codes", w.err.String())
	}
	w.run(t, "--verbose", "generate", film)
	want(t, "stderr with --verbose", w.err.String(), "exit status 187")
}

// File names can be anything but "/" and NUL. They must reach the engine as they are, and the terminal as text.
func TestOddFileNames(t *testing.T) {
	names := []string{"with space.mkv", `quo"te's.mkv`, "-dash.mkv", "co:lon.mkv", "new\nline.mkv", "esc\x1b[31m.mkv", "caf\xe9.mkv", "%s.mkv", "one, two.mkv", `back\slash\,.mkv`, "a=b.mkv", "日本.mkv"}
	for _, name := range names {
		t.Run(printable(name), func(t *testing.T) {
			w := newWorld(t)
			if err := os.WriteFile(filepath.Join(w.dir, name), nil, 0o600); err != nil {
				t.Skipf("this file system takes no such name: %v", err)
			}
			t.Chdir(w.dir)
			if status := w.run(t, "generate", "--json", "--", name); status != exitDone {
				t.Fatalf("exit status %d; stderr: %s", status, w.err.String())
			}
			if got := w.renderer.asked[0].Video; got != name {
				t.Errorf("the engine was asked for %q", got)
			}
			stem := strings.TrimSuffix(name, ".mkv")
			if _, err := os.Stat(filepath.Join(w.dir, stem+"-320-10.bif")); err != nil {
				t.Error(err)
			}
			if said := strings.TrimSuffix(w.err.String(), "\n"); strings.ContainsAny(said, "\x1b\n") || !utf8.ValidString(said) {
				t.Errorf("stderr %q would do something to the terminal", w.err.String())
			}
			r := w.records(t)[0]
			if name == "caf\xe9.mkv" {
				if r["file"] != "caf\ufffd.mkv" || r["file_bytes"] != "Y2Fm6S5ta3Y=" || r["out_bytes"] == nil {
					t.Errorf("record %v, want the true bytes beside the readable name", r)
				}
			} else if r["file"] != name || r["file_bytes"] != nil {
				t.Errorf("file %q and file_bytes %v, want the name alone", r["file"], r["file_bytes"])
			}
		})
	}
}

func TestProgressOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		film := w.file(t, "Heat (1995).mkv")
		w.Screen = func(io.Writer) (int, int, bool) { return 100, 24, true }
		w.renderer.do = func(_ context.Context, r render.Request) (render.Result, error) {
			for i := range 240 {
				time.Sleep(9 * time.Millisecond) // never when the screen is looked at
				r.Progress(render.Progress{Frames: i + 1, Total: 240, Device: r.Device})
			}
			return rendered(r), nil
		}
		if status := w.Run(t.Context(), []string{"generate", film}); status != exitDone {
			t.Fatalf("exit status %d", status)
		}
		looks := strings.Count(w.err.String(), "\x1b[J")
		if looks < 10 || looks > 14 {
			t.Errorf("%d redraws in 2.2 s, want about 12: five a second", looks)
		}
		want(t, "stderr", plain(w.err.String()), " 46 %  111/240  1110×  1 s left")
		if _, after, _ := strings.Cut(w.err.String(), "✓"); !strings.HasSuffix(w.err.String(), "\n") || strings.Contains(plain(after), "left") {
			t.Errorf("the progress line stands at the end: %q", after)
		}
	})
}

func TestSlots(t *testing.T) {
	cpu := preview.CPUDevice()
	a, b := preview.Device{ID: "cuda:a", Kind: preview.CUDA}, preview.Device{ID: "vaapi:b", Kind: preview.VAAPI}
	for _, tt := range []struct {
		name    string
		devices []preview.Device
		cores   int
		jobs    int
		want    string
	}{
		{"small machine", []preview.Device{cpu}, 2, 0, "cpu"},
		{"many cores", []preview.Device{cpu}, 16, 0, "cpu cpu cpu cpu"},
		{"two GPUs share before either doubles", []preview.Device{a, b, cpu}, 8, 0, "cuda:a vaapi:b cuda:a vaapi:b cpu cpu"},
		{"one job goes to the best device", []preview.Device{a, cpu}, 8, 1, "cuda:a"},
		{"more jobs than slots", []preview.Device{a, cpu}, 2, 5, "cuda:a cuda:a cpu cuda:a cpu"},
		{"jobs on the CPU alone", []preview.Device{cpu}, 2, 3, "cpu cpu cpu"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range slotsOf(tt.devices, tt.cores, tt.jobs) {
				got = append(got, d.ID)
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("slots %q, want %q", s, tt.want)
			}
		})
	}
}

func TestJobsRunInParallelAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 9 {
			w.file(t, fmt.Sprintf("film%d.mkv", i))
		}
		w.renderer.do = func(_ context.Context, r render.Request) (render.Result, error) {
			time.Sleep(time.Second)
			return rendered(r), nil
		}
		begun := time.Now()
		if status := w.Run(t.Context(), []string{"generate", "--jobs=3", w.dir}); status != exitDone {
			t.Fatalf("exit status %d", status)
		}
		if took := time.Since(begun); w.renderer.most != 3 || took != 3*time.Second {
			t.Errorf("at most %d at once and %v in all, want 3 and 3s", w.renderer.most, took)
		}
	})
}

func TestDevices(t *testing.T) {
	works := preview.DeviceReport{Device: preview.Device{ID: "cuda:GPU-1", Kind: preview.CUDA, Name: "RTX 3060"}, Outcome: preview.Works}
	broken := preview.DeviceReport{
		Device: preview.Device{ID: "vaapi:0", Kind: preview.VAAPI, Name: "UHD 770"}, Outcome: preview.DoesNot,
		Because: "This user may not open /dev/dri/renderD128.", Hint: "Run: sudo usermod -aG render alice",
	}
	for _, tt := range []struct {
		device string
		status int
		used   string
		stderr string
	}{
		{"auto", exitDone, "cuda:GPU-1", ""},
		{"cpu", exitDone, "cpu", ""},
		{"cuda:GPU-1", exitDone, "cuda:GPU-1", ""},
		{"vaapi:0", exitError, "", "vaapi:0 cannot be used: This user may not open /dev/dri/renderD128. Run: sudo usermod -aG render alice"},
		{"cuda:9", exitUsage, "", `there is no "cuda:9" here, only auto, cpu, cuda:GPU-1, vaapi:0.`},
	} {
		t.Run(tt.device, func(t *testing.T) {
			w := newWorld(t)
			w.reports = []preview.DeviceReport{works, broken}
			if status := w.run(t, "generate", "--device", tt.device, w.file(t, "film.mkv")); status != tt.status {
				t.Errorf("exit status %d, want %d", status, tt.status)
			}
			used := ""
			for _, r := range w.renderer.asked {
				used = r.Device.ID
			}
			if used != tt.used {
				t.Errorf("rendered on %q, want %q", used, tt.used)
			}
			want(t, "stderr", w.err.String(), tt.stderr)
		})
	}
}

func TestOut(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, d := range []string{"films", "previews", "empty"} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"a.mkv", "b.mkv", "films/c.mkv", "file"} {
		if err := os.WriteFile(f, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, out string
		files     []string
		want      string
		reason    preview.Reason
	}{
		{"nothing said", "", []string{"films/c.mkv"}, "films/c-320-2.5.bif", ""},
		{"a file for one video", "new.bif", []string{"a.mkv"}, "new.bif", ""},
		{"a folder for one video", "previews", []string{"a.mkv"}, "previews/a-320-2.5.bif", ""},
		{"a folder for several", "previews/", []string{"a.mkv", "b.mkv"}, "previews/a-320-2.5.bif", ""},
		{"a folder for a folder", "previews", []string{"films"}, "previews/c-320-2.5.bif", ""},
		{"missing folder for several", "nowhere", []string{"a.mkv", "b.mkv"}, "", preview.TargetMissing},
		{"missing folder for a folder", "nowhere", []string{"films"}, "", preview.TargetMissing},
		{"missing folder with a slash", "nowhere/", []string{"a.mkv"}, "", preview.TargetMissing},
		{"file in a missing folder", "nowhere/new.bif", []string{"a.mkv"}, "", preview.TargetMissing},
		{"file below a file", "file/new.bif", []string{"a.mkv"}, "", preview.TargetMissing},
		{"a file for several", "file", []string{"a.mkv", "b.mkv"}, "", preview.TargetExists},
		{"a file for a folder", "file", []string{"films"}, "", preview.TargetExists},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to, err := targetOf(tt.out, tt.files)
			if tt.reason != "" {
				if err == nil || preview.ReasonOf(err) != tt.reason {
					t.Errorf("error %v, want %s", err, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			spec := preview.DefaultSpec()
			spec.Interval = 2500 * time.Millisecond
			first := inputs(t.Context(), tt.files)[0]
			if got := filepath.ToSlash(to.of(first.path, spec)); got != tt.want {
				t.Errorf("target %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWalk(t *testing.T) {
	w := newWorld(t)
	for _, f := range []string{
		"b.mkv", "a.MP4", "notes.txt", "a-320-10.bif", ".hidden.mkv", "._a.mkv", ".trash/x.mkv", "@eaDir/y.mkv",
		"Season 2/E1.ts", "Season 10/E1.webm",
	} {
		w.file(t, "films/"+f)
	}
	films := filepath.Join(w.dir, "films")
	if runtime.GOOS != "windows" { // where links need a privilege
		for from, to := range map[string]string{"Season 2/up": "..", "linked.mkv": "b.mkv", "dangling.mkv": "gone.mkv"} {
			if err := os.Symlink(to, filepath.Join(films, from)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []string
	for _, in := range inputs(t.Context(), []string{films, films, filepath.Join(films, "b.mkv")}) {
		rel, err := filepath.Rel(films, in.path)
		if err != nil || in.fault != nil {
			t.Fatal(err, in.fault)
		}
		if rel != "linked.mkv" {
			got = append(got, filepath.ToSlash(rel))
		}
	}
	if d := cmp.Diff([]string{"Season 10/E1.webm", "Season 2/E1.ts", "a.MP4", "b.mkv"}, got); d != "" {
		t.Error(d)
	}
}

func TestAFolderWithoutVideosIsNoFailure(t *testing.T) {
	w := newWorld(t)
	if status := w.run(t, "generate", w.dir); status != exitDone {
		t.Errorf("exit status %d, want 0", status)
	}
	want(t, "stderr", w.err.String(), "No videos were found there.")
}
