package render

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// TestColours holds the bars that come out against those that went in, for both matrices and ranges, on the feed and on
// a whole file.
func TestColours(t *testing.T) {
	r := renderer(t)
	for _, s := range []clip.BarSpec{
		{Matrix: "bt601"},
		{Matrix: "bt601", FullRange: true},
		{Matrix: "bt709"},
		{Matrix: "bt709", FullRange: true},
		{Matrix: "bt601", Untagged: true},
		{Matrix: "bt709", Untagged: true, Width: 1280, Height: 720},
	} {
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) {
			spec := everySecond()
			spec.Width = 640
			out := filepath.Join(t.TempDir(), "out.bif")
			if _, err := r.Render(t.Context(), Request{Video: clip.Bars(t, s), Out: out, Spec: spec, Device: preview.CPUDevice()}); err != nil {
				t.Fatal(err)
			}
			for n, picture := range pictures(t, out) {
				got, err := clip.ReadBars(picture)
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range clip.BarColors() {
					if !alike(got[i], want, 4) {
						t.Errorf("picture %d: bar %d is %v, want %v", n, i, got[i], want)
					}
				}
			}
		})
	}
}

func alike(a, b color.RGBA, within int) bool {
	d := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(d(a.R, b.R), d(a.G, b.G), d(a.B, b.B)) <= within
}

// TestHDRIsNeitherDarkNorGrey tone-maps a grey of 203 nits, which is paper white in HDR10 and HLG (ITU-R BT.2408), and a
// BT.2020 red. A preview that was not tone-mapped shows the white at half and the red as brown.
func TestHDRIsNeitherDarkNorGrey(t *testing.T) {
	r := renderer(t)
	for _, hdr := range []struct{ name, transfer, white string }{
		// 58 % of PQ is 203 nits; 75 % of HLG is the same on a screen of 1000 nits.
		{"hdr10", "smpte2084", "0.58"},
		{"hlg", "arib-std-b67", "0.75"},
	} {
		t.Run(hdr.name, func(t *testing.T) {
			video := filepath.Join(t.TempDir(), "hdr.mkv")
			// Y'CbCr of BT.2020, 10 bit, limited range: the left half is white, the right half saturated red of the same signal.
			luma := fmt.Sprintf("if(lt(X,W/2),64+876*%[1]s,64+876*%[1]s*0.2627)", hdr.white)
			cb := fmt.Sprintf("if(lt(X,W/2),512,512-896*%s*0.2627/1.8814)", hdr.white)
			cr := fmt.Sprintf("if(lt(X,W/2),512,512+896*%s*0.5)", hdr.white)
			cmd := exec.Command("ffmpeg", "-hide_banner", "-loglevel", "error",
				"-f", "lavfi", "-i", "nullsrc=s=320x180:r=5:d=3,format=yuv420p10le,geq=lum='"+luma+"':cb='"+cb+"':cr='"+cr+"'",
				"-c:v", "libx265", "-preset", "ultrafast", "-crf", "10",
				"-x265-params", "log-level=none:colorprim=bt2020:colormatrix=bt2020nc:transfer="+hdr.transfer,
				"-color_primaries", "bt2020", "-color_trc", hdr.transfer, "-colorspace", "bt2020nc", video)
			if msg, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, msg)
			}
			out := filepath.Join(t.TempDir(), "out.bif")
			if _, err := r.Render(t.Context(), Request{Video: video, Out: out, Spec: everySecond(), Device: preview.CPUDevice()}); err != nil {
				t.Fatal(err)
			}
			img := decode(t, pictures(t, out)[0])
			white, red := at(img, 0.25), at(img, 0.75)
			if white.R < 150 || white.R > 250 || !alike(white, color.RGBA{white.R, white.R, white.R, 255}, 6) {
				t.Errorf("paper white is %v", white)
			}
			if red.R < 120 || int(red.G) > int(red.R)/3 || int(red.B) > int(red.R)/3 {
				t.Errorf("red is %v", red)
			}
		})
	}
}

func decode(t *testing.T, picture []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// at is the colour in the middle of the height, at a share of the width.
func at(img image.Image, share float64) color.RGBA {
	b := img.Bounds()
	return color.RGBAModel.Convert(img.At(b.Min.X+int(share*float64(b.Dx())), b.Min.Y+b.Dy()/2)).(color.RGBA)
}

// heavy makes a video whose packets have the weight of real ones: about 8 Mbit/s of 640x360 at 10 pictures a second.
func heavy(t *testing.T, seconds, keyint int, name string, mux ...string) string {
	t.Helper()
	clip.Need(t)
	video := filepath.Join(t.TempDir(), name)
	args := append([]string{
		"-hide_banner", "-loglevel", "error",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=640x360:r=10:d=%d,noise=alls=60:allf=t", seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "8M", "-bf", "2", "-g", fmt.Sprint(keyint), "-sc_threshold", "0",
	}, mux...)
	if msg, err := exec.Command("ffmpeg", append(args, video)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	return video
}

// layouts are the ways in which a container may keep its index.
var layouts = map[string][]string{
	"cues.mkv":      nil,
	"live.mkv":      {"-live", "1"},
	"moov last.mp4": nil,
	"fragments.mp4": {"-movflags", "frag_keyframe+empty_moov"},
}

// TestReadsOnlyWhatItNeeds bounds the bytes: a keyframe in ten is wanted, and hardly anything else of the video is read.
func TestReadsOnlyWhatItNeeds(t *testing.T) {
	for name, mux := range layouts {
		t.Run(name, func(t *testing.T) {
			video := heavy(t, 60, 10, name, mux...)
			result, err := renderer(t).Render(t.Context(), Request{Video: video, Out: filepath.Join(t.TempDir(), "out.bif"), Spec: preview.DefaultSpec(), Device: preview.CPUDevice()})
			if err != nil {
				t.Fatal(err)
			}
			share := float64(result.OwnBytes) / float64(result.SourceBytes)
			if t.Logf("read %.1f %% of %d bytes", 100*share, result.SourceBytes); result.Recipe != "select/cpu" || share > 0.08 {
				t.Errorf("%s read %.1f %% of the video", result.Recipe, 100*share)
			}
		})
	}
}

// TestShortIntervalOnLongGroups takes exact frames where keyframes are five intervals apart: pictures differ from their
// neighbours, and what is behind the last wanted frame of each group is not read.
func TestShortIntervalOnLongGroups(t *testing.T) {
	for name, mux := range layouts {
		t.Run(name, func(t *testing.T) {
			video := heavy(t, 60, 100, name, mux...)
			out := filepath.Join(t.TempDir(), "out.bif")
			spec := preview.DefaultSpec()
			spec.Interval = 2 * time.Second
			result, err := renderer(t).Render(t.Context(), Request{Video: video, Out: out, Spec: spec, Device: preview.CPUDevice()})
			if err != nil {
				t.Fatal(err)
			}
			share := float64(result.OwnBytes) / float64(result.SourceBytes)
			if t.Logf("read %.1f %% of %d bytes", 100*share, result.SourceBytes); result.Recipe != "select/cpu" || share > 0.95 {
				t.Errorf("%s read %.1f %% of the video", result.Recipe, 100*share)
			}
			f, err := os.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			stat, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			b, err := bif.Open(f, stat.Size())
			if err != nil {
				t.Fatal(err)
			}
			if share := bif.Check(b, bif.Want{}).Differ; share < 0.99 {
				t.Errorf("%.1f %% of the pictures differ from their neighbours", 100*share)
			}
		})
	}
}

// TestFresh leaves a preview alone as long as nothing that shaped it has changed.
func TestFresh(t *testing.T) {
	r := renderer(t)
	dir := t.TempDir()
	b, err := os.ReadFile(clip.Make(t, clip.Spec{}))
	if err != nil {
		t.Fatal(err)
	}
	video, out := filepath.Join(dir, "video.mkv"), filepath.Join(dir, "out.bif")
	if err := os.WriteFile(video, b, 0o644); err != nil {
		t.Fatal(err)
	}
	fresh := func(spec preview.Spec) bool {
		t.Helper()
		ok, err := r.Fresh(t.Context(), video, out, spec)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if fresh(everySecond()) {
		t.Error("fresh before there is one")
	}
	if _, err := r.Render(t.Context(), Request{Video: video, Out: out, Spec: everySecond(), Device: preview.CPUDevice()}); err != nil {
		t.Fatal(err)
	}
	if !fresh(everySecond()) {
		t.Error("not fresh right after it was made")
	}
	for name, change := range map[string]func(*preview.Spec){
		"interval": func(s *preview.Spec) { s.Interval *= 2 },
		"width":    func(s *preview.Spec) { s.Width = 200 },
		"quality":  func(s *preview.Spec) { s.Quality = 9 },
		"accuracy": func(s *preview.Spec) { s.Accuracy = preview.Exact },
	} {
		s := everySecond()
		change(&s)
		if fresh(s) {
			t.Errorf("fresh with another %s", name)
		}
	}
	whole, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, whole[:len(whole)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	if fresh(everySecond()) {
		t.Error("fresh although it was cut off")
	}
	if err := os.WriteFile(out, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(video, time.Time{}, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if fresh(everySecond()) {
		t.Error("fresh although the video is a newer one")
	}
}
