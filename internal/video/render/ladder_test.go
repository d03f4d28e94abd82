package render

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
)

var testGPU = preview.Device{ID: "cuda:GPU-0", Kind: preview.CUDA, Handle: "0"}

// TestHangingFFmpeg ends an FFmpeg that does nothing any more, on the feed and on the whole file.
func TestHangingFFmpeg(t *testing.T) {
	video := clip.Make(t, clip.Spec{})
	tests := map[string]fakeffmpeg.Scene{
		"from the start":           {Stall: true},
		"after some pictures":      {FedPictures: true, Pictures: 2, Step: time.Second, Stall: true},
		"and will not be told off": {Stubborn: true},
	}
	for name, scene := range tests {
		t.Run(name, func(t *testing.T) {
			r := fake(t, scene)
			r.feedStall, r.fileStall = 200*time.Millisecond, 200*time.Millisecond
			result := fails(t, r, video, preview.FFmpegStalled)
			if len(result.Attempts) != 3 {
				t.Errorf("%d attempts, want one of each recipe: %+v", len(result.Attempts), result.Attempts)
			}
		})
	}
}

// TestLengths wants the true reason where a video says nothing or nonsense about its length.
func TestLengths(t *testing.T) {
	r := renderer(t)
	for _, tt := range []struct {
		name, duration string
		interval       time.Duration
		want           preview.Reason
	}{
		{"not said", "", time.Second, preview.VideoNoDuration},
		{"not known", `,"duration":"N/A"`, time.Second, preview.VideoNoDuration},
		{"zero", `,"duration":"0.000000"`, time.Second, preview.VideoNoDuration},
		{"negative", `,"duration":"-5.000000"`, time.Second, preview.VideoNoDuration},
		{"beyond belief", `,"duration":"1e300"`, time.Second, preview.VideoNoDuration},
		{"too many pictures", `,"duration":"86400"`, 200 * time.Millisecond, preview.PreviewTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ff, fp := fakeffmpeg.Install(t, fakeffmpeg.Script{
				FFmpeg: []fakeffmpeg.Scene{{Exit: 1}},
				FFprobe: []fakeffmpeg.Scene{{Stdout: `{"format":{"format_name":"mpegts"` + tt.duration + `},
					"streams":[{"index":0,"codec_type":"video","codec_name":"h264","width":320,"height":180,"pix_fmt":"yuv420p"}]}`}},
			})
			tools := *r.Tools
			tools.FFmpeg, tools.FFprobe = ff, fp
			dir := t.TempDir()
			video := filepath.Join(dir, "video.ts")
			if err := os.WriteFile(video, []byte("no container that has an index"), 0o600); err != nil {
				t.Fatal(err)
			}
			spec := everySecond()
			spec.Interval = tt.interval
			_, err := (&Renderer{Tools: &tools, Log: r.Log}).Render(t.Context(), Request{Video: video, Out: filepath.Join(dir, "out.bif"), Spec: spec, Device: preview.CPUDevice()})
			if got := preview.ReasonOf(err); got != tt.want {
				t.Errorf("reason is %q (%v), want %q", got, err, tt.want)
			}
			onlyIn(t, dir, "video.ts")
		})
	}
}

// TestProgressNeverRunsBack leaves a recipe when most pictures are there: people see the bar stand still, not jump back.
func TestProgressNeverRunsBack(t *testing.T) {
	r := renderer(t)
	f := fake(t,
		fakeffmpeg.Scene{When: "pipe:0", FedPictures: true, Paint: fakeffmpeg.Green},
		fakeffmpeg.Scene{Real: r.Tools.FFmpeg},
	)
	var told []Progress
	result, err := f.Render(t.Context(), Request{
		Video: clip.Make(t, clip.Spec{}), Out: filepath.Join(t.TempDir(), "out.bif"), Spec: everySecond(), Device: preview.CPUDevice(),
		Progress: func(p Progress) { told = append(told, p) },
	})
	if err != nil || len(result.Attempts) < 2 {
		t.Fatalf("%v after %+v", err, result.Attempts)
	}
	recipes := map[string]bool{}
	for i, p := range told {
		recipes[p.Recipe] = true
		if i > 0 && p.Frames < told[i-1].Frames || p.Frames > p.Total || p.Total != result.Frames {
			t.Errorf("it said %+v, then %+v", told[max(i-1, 0)], p)
		}
	}
	if len(recipes) < 2 || told[len(told)-1].Frames != result.Frames || told[len(told)-1].Recipe != result.Recipe {
		t.Errorf("it told of %v and ended with %+v, want %d pictures by %s", recipes, told[len(told)-1], result.Frames, result.Recipe)
	}
}

// TestResultIsOfTheLastAttempt takes nothing over from a recipe that was left.
func TestResultIsOfTheLastAttempt(t *testing.T) {
	r := fake(t, fakeffmpeg.Scene{When: "pipe:0", FedPictures: true, Paint: fakeffmpeg.Green}, fakeffmpeg.Scene{Exit: 1})
	result := fails(t, r, clip.Make(t, clip.Spec{}), preview.FFmpegFailed)
	if result.Verdict.Checks != nil {
		t.Errorf("the verdict is of an earlier attempt: %+v", result.Verdict)
	}
}

// TestStillVideos makes previews of slides with music: nothing moves, and nothing is wrong with them.
func TestStillVideos(t *testing.T) {
	r := renderer(t)
	build := func(name string, args ...string) string {
		path := filepath.Join(t.TempDir(), name)
		args = append([]string{"-v", "error", "-f", "lavfi", "-i", "sine=d=29.8"}, append(args, path)...)
		if out, err := exec.Command(r.Tools.FFmpeg, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return path
	}
	slide := []string{"-f", "lavfi", "-i", "smptebars=s=320x180:r=5:d=29.8", "-c:v", "libx264", "-qp", "20", "-g", "5", "-x264-params", "scenecut=0"}
	once := []string{"-f", "lavfi", "-i", "smptebars=s=320x180:r=5:d=0.2", "-c:v", "libx264"}
	tests := []struct {
		name     string
		video    string
		accuracy preview.Accuracy
		attempts int // 0: any number
	}{
		{"with one recipe to try", build("slide.ts", slide...), preview.Exact, 1},
		{"with several", build("slide.mkv", slide...), preview.Auto, 2},
		{"one picture and a song", build("once.mkv", once...), preview.Auto, 1},
		{"one picture and a song in mp4", build("once.mp4", once...), preview.Exact, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := everySecond()
			spec.Accuracy = tt.accuracy
			result, err := r.Render(t.Context(), Request{Video: tt.video, Out: filepath.Join(t.TempDir(), "out.bif"), Spec: spec, Device: preview.CPUDevice()})
			if err != nil {
				t.Fatalf("%v after %+v", err, result.Attempts)
			}
			if result.Frames < 30 || len(result.Attempts) != tt.attempts {
				t.Errorf("%d pictures after %d attempts, want %d: %+v", result.Frames, len(result.Attempts), tt.attempts, result.Attempts)
			}
		})
	}
}

// TestWhatFFmpegSaysOnAGPU leads to the CPU, although the same words on the CPU would be the end.
func TestWhatFFmpegSaysOnAGPU(t *testing.T) {
	r := renderer(t)
	for _, words := range []string{
		"[AVHWFramesContext @ 0x55] Failed to create surface\nError while filtering: Cannot allocate memory\n",
		"[hevc @ 0x55] Failed to upload: No space left on device\n",
	} {
		f := fake(t, fakeffmpeg.Scene{When: "-hwaccel cuda", Stderr: words, Exit: 1}, fakeffmpeg.Scene{Real: r.Tools.FFmpeg})
		req := Request{Video: clip.Make(t, clip.Spec{}), Out: filepath.Join(t.TempDir(), "out.bif"), Spec: everySecond(), Device: testGPU}
		if result, err := f.Render(t.Context(), req); err != nil || result.Recipe != "select/cpu" {
			t.Errorf("%q: %v after %+v", words, err, result.Attempts)
		}
		f = fake(t, fakeffmpeg.Scene{Stderr: words, Exit: 1})
		req.Device = preview.CPUDevice()
		if result, err := f.Render(t.Context(), req); err == nil || len(result.Attempts) != 1 {
			t.Errorf("%q on the CPU: %v after %+v", words, err, result.Attempts)
		}
	}
}

// TestVideoThatIsStillCopied is cut off only for the moment.
func TestVideoThatIsStillCopied(t *testing.T) {
	video := damaged(t, clip.Spec{Duration: 40 * time.Second}, first(0.5))
	dir := t.TempDir()
	done := false
	result, err := renderer(t).Render(t.Context(), Request{
		Video: video, Out: filepath.Join(dir, "out.bif"), Spec: everySecond(), Device: preview.CPUDevice(),
		Progress: func(Progress) {
			if done {
				return
			}
			done = true
			f, err := os.OpenFile(video, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = f.Write([]byte("more of it"))
			if err := errors.Join(err, f.Close()); err != nil {
				t.Error(err)
			}
		},
	})
	if preview.ReasonOf(err) != preview.VideoChanged || len(result.Attempts) != 1 {
		t.Errorf("error is %v after %+v", err, result.Attempts)
	}
	onlyIn(t, dir)
}

// TestLongFeedGaps takes keyframes that are so many slots apart that the feed's clock jumps by more than 30 hours.
func TestLongFeedGaps(t *testing.T) {
	spec := preview.Spec{Interval: 200 * time.Millisecond, Width: 160, Quality: 4, Accuracy: preview.Keyframe}
	out := filepath.Join(t.TempDir(), "out.bif")
	video := clip.Make(t, clip.Spec{FPS: "5", Duration: 130 * time.Second, Keys: []time.Duration{62 * time.Second, 124 * time.Second}})
	result, err := renderer(t).Render(t.Context(), Request{Video: video, Out: out, Spec: spec, Device: preview.CPUDevice()})
	if err != nil || result.Recipe != "select/cpu" {
		t.Fatalf("%v after %+v", err, result.Attempts)
	}
	got := slices.Compact(codedTimes(t, out))
	if want := []time.Duration{0, 62 * time.Second, 124 * time.Second}; !slices.Equal(got, want) {
		t.Errorf("it shows %v, want %v", got, want)
	}
}

// TestReadBytesOfAFailure counts what was read before the render failed.
func TestReadBytesOfAFailure(t *testing.T) {
	r := renderer(t)
	tools := *r.Tools
	tools.Features.Filters = nil
	r.Tools = &tools
	result := fails(t, r, clip.Make(t, clip.Spec{Codec: clip.HEVC, Bits: 10, HDR: clip.HDR10, Container: clip.MP4}), preview.FFmpegLacks)
	if result.OwnBytes == 0 {
		t.Error("nothing was read, it says")
	}
}

// TestSource is about the video file itself.
func TestSource(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := openSource(ctx, clip.Make(t, clip.Spec{Container: clip.MP4}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if track, err := s.track(probe.Info{TrackID: 1}); err != nil || track.Info().ID != 1 {
		t.Errorf("track 1 is %v, %v", track, err)
	}
	// A track that the index cannot use is not another one.
	if track, err := s.track(probe.Info{TrackID: 2}); err == nil {
		t.Errorf("track 2 is number %d", track.Info().ID)
	}
	cancel()
	if _, err := s.track(probe.Info{TrackID: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("reading went on after the end: %v", err)
	}
	for name, want := range map[string]preview.Reason{
		filepath.Join(s.path, "below-a-file.mkv"):                           preview.VideoMissing,
		filepath.Join(t.TempDir(), string(slices.Repeat([]byte("n"), 300))): preview.VideoMissing,
	} {
		if _, err := openSource(t.Context(), name); preview.ReasonOf(err) != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// TestProofs sends a video to the CPU at once when the GPU was seen not to decode its codec, and tries what was not proved.
func TestProofs(t *testing.T) {
	video := clip.Make(t, clip.Spec{})
	gpu := preview.Device{ID: "cuda:GPU-0", Kind: preview.CUDA, Handle: "0"}
	for name, tt := range map[string]struct {
		proofs []preview.Proof
		tries  int
	}{
		"not supported":      {[]preview.Proof{{Codec: "h264", Outcome: preview.NoDecoder}}, 1},
		"another codec":      {[]preview.Proof{{Codec: "av1", Outcome: preview.NoDecoder}}, 2},
		"failed for a while": {[]preview.Proof{{Codec: "h264", Outcome: preview.DoesNot}}, 2},
		"not proved":         {nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := fake(t, fakeffmpeg.Scene{When: "-hwaccel cuda", Stderr: "Cannot load libcuda.so.1\n", Exit: 1}, fakeffmpeg.Scene{Real: renderer(t).Tools.FFmpeg})
			result, err := r.Render(t.Context(), Request{
				Video: video, Out: filepath.Join(t.TempDir(), "out.bif"), Spec: everySecond(), Device: gpu, Proofs: tt.proofs,
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Attempts) != tt.tries || result.Device.ID != "cpu" {
				t.Errorf("%s after %+v", result.Recipe, result.Attempts)
			}
		})
	}
}
