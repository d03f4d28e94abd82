package clip

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTimeIsReadBack decodes each kind of clip and holds every picture's coded time against its timestamp.
func TestTimeIsReadBack(t *testing.T) {
	t.Parallel()
	const s = time.Second
	kinds := map[string]Spec{
		"h264":             {},
		"h264 b-frames":    {BFrames: 3},
		"h264 open gop":    {OpenGOP: true},
		"h264 10 bit":      {Bits: 10},
		"h264 interlaced":  {Interlaced: true},
		"h264 sparse keys": {Keys: []time.Duration{3 * s, 3200 * time.Millisecond, 8 * s}},
		"h264 long":        {Duration: 400 * s, Keyint: 250, FPS: "5"},
		"h264 vfr":         {VFR: true, Duration: 20 * s, BFrames: 2},
		"h264 ntsc":        {FPS: "24000/1001", BFrames: 2},
		"h264 anamorphic":  {SampleAspect: "64:45", Width: 240},
		"mkv live":         {Container: MKVLive},
		"mkv start":        {Start: 100 * s},
		"mkv late":         {Audio: true, Late: 1520 * time.Millisecond},
		"mp4":              {Container: MP4, BFrames: 3, Audio: true},
		"mp4 fast start":   {Container: MP4Fast, BFrames: 3},
		"mp4 fragmented":   {Container: MP4Frag, BFrames: 3},
		"mp4 no mfra":      {Container: MP4NoMfra, BFrames: 3},
		"mp4 sidx":         {Container: MP4Sidx, BFrames: 3},
		"mp4 start":        {Container: MP4, Start: 5 * s, BFrames: 2},
		"mp4 late":         {Container: MP4, Audio: true, Late: 1520 * time.Millisecond, BFrames: 2},
		"mp4 cut":          {Container: MP4, BFrames: 2, Keyint: 50, Cut: 3360 * time.Millisecond},
		"mp4 cut sound":    {Container: MP4, BFrames: 2, Keyint: 50, Cut: 3360 * time.Millisecond, Audio: true},
		"mp4 no edit list": {Container: MP4, BFrames: 2, Mux: []string{"-use_editlist", "0"}},
		"mp4 rotated 90":   {Container: MP4, Rotation: 90},
		"mp4 rotated 180":  {Container: MP4, Rotation: 180},
		"mov rotated 270":  {Container: MOV, Rotation: 270},
		"mp4 mirrored":     {Container: MP4, Mirrored: true},
		"mp4 mirrored 90":  {Container: MP4, Mirrored: true, Rotation: 90},
		"mp4 cover":        {Container: MP4, Cover: true, Audio: true},
		"mkv cover":        {Cover: true, Audio: true},
		"ts":               {Container: TS, BFrames: 2, Audio: true},
		"ts open gop":      {Container: TS, BFrames: 2, OpenGOP: true},
		"avi":              {Container: AVI, Audio: true},
		"hevc":             {Codec: HEVC, Container: MP4, BFrames: 3},
		"hevc open gop":    {Codec: HEVC, OpenGOP: true},
		"hevc hdr10":       {Codec: HEVC, Bits: 10, HDR: HDR10, Container: MP4},
		"hevc hlg":         {Codec: HEVC, Bits: 10, HDR: HLG},
		"hevc ts":          {Codec: HEVC, Container: TS, BFrames: 2},
		"av1":              {Codec: AV1},
		"av1 10 bit":       {Codec: AV1, Bits: 10, Container: MP4},
		"vp9":              {Codec: VP9, Container: WebM, Audio: true},
		"vp9 vfr":          {Codec: VP9, VFR: true, Duration: 20 * s},
		"mpeg2":            {Codec: MPEG2, BFrames: 2},
		"mpeg2 open gop":   {Codec: MPEG2, BFrames: 2, OpenGOP: true, Container: TS},
		"mpeg2 interlaced": {Codec: MPEG2, BFrames: 2, Interlaced: true, Container: TS},
		"mpeg4":            {Codec: MPEG4, Container: MP4, BFrames: 1},
	}
	for name, spec := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := Make(t, spec)
			start := probeStart(t, path)
			if want := spec.Start; want > 0 && (start-want).Abs() > 50*time.Millisecond {
				t.Errorf("the file starts at %v, not at %v", start, want)
			}
			shown := spec.Times()
			for len(shown) > 0 && shown[0] < 0 {
				shown = shown[1:]
			}
			got := decode(t, path)
			// The sound of a file may start up to one AAC frame before the picture and then is its start.
			slack := 2 * time.Millisecond
			if spec.Audio {
				slack = 25 * time.Millisecond
			}
			if len(got) != len(shown) {
				t.Fatalf("%d pictures came out, want %d", len(got), len(shown))
			}
			for i, f := range got {
				at, err := ReadTime(f.picture)
				if err != nil {
					t.Fatalf("picture %d at %v: %v", i, f.at, err)
				}
				if off := at - shown[i]; off.Abs() > time.Millisecond {
					t.Fatalf("picture %d says %v, Times says %v", i, at, shown[i])
				}
				if off := at - (f.at - start); off.Abs() > slack {
					t.Fatalf("picture %d says %v and is shown at %v of a file that starts at %v", i, at, f.at, start)
				}
			}
		})
	}
}

// TestKeyframesLieWhereAsked holds keyframe placement and kind against ffprobe's packet list.
func TestKeyframesLieWhereAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec Spec
		want []string
	}{
		"every second": {Spec{Duration: 3 * time.Second}, []string{"0.000000", "1.000000", "2.000000"}},
		"asked":        {Spec{Keys: []time.Duration{700 * time.Millisecond, 9 * time.Second}}, []string{"0.000000", "0.720000", "9.000000"}},
		"open hevc":    {Spec{Codec: HEVC, OpenGOP: true, Duration: 3 * time.Second}, []string{"0.000000", "0.960000", "1.920000", "2.880000"}},
		"av1":          {Spec{Codec: AV1, Duration: 3 * time.Second}, []string{"0.000000", "1.000000", "2.000000"}},
		"vp9":          {Spec{Codec: VP9, Duration: 3 * time.Second}, []string{"0.000000", "1.000000", "2.000000"}},
		"mpeg2 open":   {Spec{Codec: MPEG2, BFrames: 2, OpenGOP: true, Keyint: 12, Duration: time.Second}, []string{"0.000000", "0.480000", "0.960000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for line := range strings.Lines(ffprobe(t, "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", Make(t, c.spec))) {
				at, flags, _ := strings.Cut(line, ",")
				if strings.HasPrefix(flags, "K") {
					got = append(got, at)
				}
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("keyframes at %v, want %v", got, c.want)
			}
		})
	}
}

// TestOpenGOPIsOpen proves that the open clips have what makes them worth testing: pictures that are stored after
// a keyframe and shown before it.
func TestOpenGOPIsOpen(t *testing.T) {
	t.Parallel()
	for _, codec := range []Codec{H264, HEVC, MPEG2} {
		t.Run(string(codec), func(t *testing.T) {
			t.Parallel()
			leading, key := 0, -1.0
			for line := range strings.Lines(ffprobe(t, "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0",
				Make(t, Spec{Codec: codec, OpenGOP: true}))) {
				at, flags, _ := strings.Cut(line, ",")
				pts, err := strconv.ParseFloat(at, 64)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(flags, "K") {
					key = pts
				} else if pts < key {
					leading++
				}
			}
			if leading < 5 {
				t.Errorf("%d leading pictures, want some before every keyframe", leading)
			}
		})
	}
}

func TestBarsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, matrix := range []string{"bt601", "bt709"} {
		for _, full := range []bool{false, true} {
			t.Run(matrix+" full "+strconv.FormatBool(full), func(t *testing.T) {
				t.Parallel()
				path := Bars(t, BarSpec{Matrix: matrix, FullRange: full})
				tags := ffprobe(t, "-select_streams", "v:0", "-show_entries", "stream=color_range,color_space", "-of", "csv=p=0", path)
				want := map[bool]string{false: "tv", true: "pc"}[full] + "," + map[string]string{"bt601": "smpte170m", "bt709": "bt709"}[matrix]
				if strings.TrimSpace(tags) != want {
					t.Errorf("tagged %q, want %q", tags, want)
				}
				raw := run(t, "ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", "-f", "rawvideo", "-")
				inverse := BarSpec{Matrix: matrix, FullRange: full}
				for i, c := range BarColors() {
					x, want := (2*i+1)*640/(2*len(BarColors())), inverse.convert(c)
					got := [3]byte{raw[180*640+x], raw[640*360+90*320+x/2], raw[640*360*5/4+90*320+x/2]}
					for ch := range got {
						if math.Abs(float64(got[ch])-float64(want[ch])) > 1 {
							t.Errorf("bar %d is stored as %v, want %v", i, got, want)
							break
						}
					}
				}
			})
		}
	}
}

func TestPlainBarsReadAsTheirColours(t *testing.T) {
	t.Parallel()
	colors := BarColors()
	img := image.NewRGBA(image.Rect(0, 0, 320, 40))
	for x := range 320 {
		for y := range 40 {
			img.Set(x, y, colors[x*len(colors)/320])
		}
	}
	got, err := ReadBars(encodeJPEG(t, img))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if !near(got[i], colors[i], 3) {
			t.Errorf("bar %d reads as %v, want %v", i, got[i], colors[i])
		}
	}
}

// TestTimeSurvives draws any time at any size and quality and reads it back.
func TestTimeSurvives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.IntRange(-8_000_000, 8_000_000).Draw(t, "ms")) * time.Millisecond
		w, h := rapid.IntRange(64, 400).Draw(t, "w"), rapid.IntRange(32, 300).Draw(t, "h")
		var out bytes.Buffer
		if err := jpeg.Encode(&out, drawn(paint(want), w, h), &jpeg.Options{Quality: rapid.IntRange(50, 100).Draw(t, "q")}); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadTime(out.Bytes()); err != nil || got != want {
			t.Fatalf("read %v, %v; want %v", got, err, want)
		}
	})
}

func TestForeignPicturesCarryNoTime(t *testing.T) {
	t.Parallel()
	blend := paint(time.Second)
	for i, v := range paint(2 * time.Second) {
		blend[i] = blend[i]/2 + v/2
	}
	for name, fields := range map[string][]byte{
		"black": bytes.Repeat([]byte{dark}, 32),
		"white": bytes.Repeat([]byte{light}, 32),
		"blend": blend,
		"noise": []byte("the quick brown fox jumps over it"),
	} {
		if got, err := ReadTime(encodeJPEG(t, drawn(fields, 320, 180))); !errors.Is(err, ErrNoTime) {
			t.Errorf("%s: read %v, %v", name, got, err)
		}
	}
	if _, err := ReadTime([]byte("no JPEG")); err == nil {
		t.Error("text was read as a picture")
	}
}

func drawn(fields []byte, w, h int) image.Image {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetGray(x, y, color.Gray{Y: fields[y*rows/h*columns+x*columns/w]})
		}
	}
	return img
}

func encodeJPEG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func near(a, b color.RGBA, within int) bool {
	off := func(x, y uint8) bool { d := int(x) - int(y); return d > within || d < -within }
	return !off(a.R, b.R) && !off(a.G, b.G) && !off(a.B, b.B)
}

type frame struct {
	at      time.Duration // presentation time as ffprobe prints it
	picture []byte
}

// decode decodes the whole clip to small JPEGs and gives each its presentation time.
func decode(t *testing.T, path string) []frame {
	t.Helper()
	var probed struct {
		Frames []struct {
			At string `json:"best_effort_timestamp_time"`
		} `json:"frames"`
	}
	said := ffprobe(t, "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time", "-of", "json", path)
	if err := json.Unmarshal([]byte(said), &probed); err != nil {
		t.Fatal(err)
	}
	stream := run(t, "ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-vf", "scale=160:-2", "-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe", "-")
	var out []frame
	for len(stream) > 0 {
		end := bytes.Index(stream, []byte{0xFF, 0xD9})
		if end < 0 || len(out) >= len(probed.Frames) {
			t.Fatalf("ffprobe saw %d frames, ffmpeg gave more", len(probed.Frames))
		}
		out = append(out, frame{parseSeconds(t, probed.Frames[len(out)].At), stream[:end+2]})
		stream = stream[end+2:]
	}
	return out
}

func probeStart(t *testing.T, path string) time.Duration {
	t.Helper()
	return parseSeconds(t, strings.TrimSpace(ffprobe(t, "-show_entries", "format=start_time", "-of", "csv=p=0", path)))
}

func parseSeconds(t *testing.T, s string) time.Duration {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(math.Round(v*1e6)) * time.Microsecond
}

func ffprobe(t *testing.T, args ...string) string {
	t.Helper()
	return string(run(t, "ffprobe", append([]string{"-v", "error"}, args...)...))
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said.Bytes())
	}
	return out
}
