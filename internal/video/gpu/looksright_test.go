package gpu_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/assets"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

// bars draws a JPEG of the size that a preview has; at tells the colour of a pixel.
func bars(t *testing.T, at func(x, y int) (r, g, b uint8)) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 320, 180))
	for y := range 180 {
		for x := range 320 {
			r, g, b := at(x, y)
			img.SetRGBA(x, y, color.RGBA{r, g, b, 0xFF})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// right is the picture as it should come out.
func right(x, _ int) (r, g, b uint8) {
	c := assets.ProbeBars()[x/40]
	return c.R, c.G, c.B
}

func TestLooksRightTellsBarsFromGarbage(t *testing.T) {
	for name, c := range map[string]struct {
		at    func(x, y int) (r, g, b uint8)
		wrong bool
	}{
		"as it should be": {at: right},
		"the lower part does not count": {at: func(x, y int) (uint8, uint8, uint8) {
			if y >= 135 {
				return 255, 255, 255
			}
			return right(x, y)
		}},
		"a little dull":  {at: func(x, y int) (uint8, uint8, uint8) { r, g, b := right(x, y); return r - 20, g - 20, b - 20 }},
		"green":          {at: func(int, int) (uint8, uint8, uint8) { return 0, 135, 0 }, wrong: true},
		"black":          {at: func(int, int) (uint8, uint8, uint8) { return 0, 0, 0 }, wrong: true},
		"grey":           {at: func(int, int) (uint8, uint8, uint8) { return 128, 128, 128 }, wrong: true},
		"colours lost":   {at: func(x, y int) (uint8, uint8, uint8) { r, g, b := right(x, y); m := r/3 + g/3 + b/3; return m, m, m }, wrong: true},
		"planes swapped": {at: func(x, y int) (uint8, uint8, uint8) { r, g, b := right(x, y); return b, g, r }, wrong: true},
		"mirrored":       {at: func(x, y int) (uint8, uint8, uint8) { return right(319-x, y) }, wrong: true},
		"shifted":        {at: func(x, y int) (uint8, uint8, uint8) { return right((x+20)%320, y) }, wrong: true},
		"half green": {at: func(x, y int) (uint8, uint8, uint8) {
			if y > 60 {
				return 0, 135, 0
			}
			return right(x, y)
		}, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			err := gpu.LooksRight(bars(t, c.at))
			if (err != nil) != c.wrong {
				t.Errorf("got %v", err)
			}
			if c.wrong && preview.ReasonOf(err) != preview.DeviceWrong {
				t.Errorf("reason %q", preview.ReasonOf(err))
			}
		})
	}
}

func TestLooksRightRefusesWhatIsNoPicture(t *testing.T) {
	whole := bars(t, right)
	tiny := new(bytes.Buffer)
	if err := jpeg.Encode(tiny, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	huge := bytes.Clone(whole) // a header that claims 65535x65535 pixels
	sof := bytes.Index(huge, []byte{0xFF, 0xC0})
	copy(huge[sof+5:], []byte{0xFF, 0xFF, 0xFF, 0xFF})
	for name, b := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "cut off": whole[:len(whole)/2], "tiny": tiny.Bytes(), "huge": huge,
	} {
		if err := gpu.LooksRight(b); preview.ReasonOf(err) != preview.DeviceWrong {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzLooksRight(f *testing.F) {
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xD9})
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := gpu.LooksRight(b); err != nil && preview.ReasonOf(err) != preview.DeviceWrong {
			t.Error(err)
		}
	})
}

// Every clip, decoded on the CPU by the FFmpeg of this machine, holds the bars that it should: at both of its
// keyframes, which must be where a plan looks for them, and in its last frame.
func TestProbeClipsHoldTheBars(t *testing.T) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg in the PATH")
	}
	for _, codec := range assets.ProbeCodecs() {
		t.Run(codec, func(t *testing.T) {
			dir := t.TempDir()
			clip := filepath.Join(dir, "clip.mkv")
			if err := os.WriteFile(clip, assets.ProbeClip(codec), 0o600); err != nil {
				t.Fatal(err)
			}
			prober := filepath.Join(filepath.Dir(program), "ffprobe")
			packets, err := exec.CommandContext(t.Context(), prober, "-v", "error",
				"-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", clip).Output()
			if err != nil {
				t.Fatal(err)
			}
			var keyframes []string
			for line := range strings.Lines(string(packets)) {
				if at, flags, _ := strings.Cut(line, ","); strings.HasPrefix(flags, "K") {
					keyframes = append(keyframes, at)
				}
			}
			if diff := cmp.Diff([]string{"0.000000", "0.250000"}, keyframes); diff != "" {
				t.Error("keyframes:", diff)
			}
			out, err := exec.CommandContext(t.Context(), program, "-hide_banner", "-loglevel", "error", "-i", clip,
				"-fps_mode", "passthrough", "-vf", "scale=320:-2:in_color_matrix=bt709:out_color_matrix=bt601:out_range=pc,format=yuvj420p",
				"-q:v", "4", filepath.Join(dir, "%02d.jpg")).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			all, _ := filepath.Glob(filepath.Join(dir, "*.jpg"))
			if len(all) != 12 {
				t.Errorf("%d frames, want 12", len(all))
			}
			for _, name := range all {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := gpu.LooksRight(b); err != nil {
					t.Errorf("%s: %v", filepath.Base(name), err)
				}
			}
		})
	}
}
