package render

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/video/bif"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// kinds are the videos that people have, each with pictures that say their time.
var kinds = map[string]struct {
	clip.Spec
	whole bool // FFmpeg has to read the whole file
}{
	"h264":             {Spec: clip.Spec{}},
	"h264 b-frames":    {Spec: clip.Spec{BFrames: 3, Keyint: 50}},
	"h264 open gop":    {Spec: clip.Spec{OpenGOP: true, Keyint: 48}},
	"h264 open mp4":    {Spec: clip.Spec{OpenGOP: true, Keyint: 48, Container: clip.MP4}},
	"h264 10 bit":      {Spec: clip.Spec{Bits: 10}},
	"h264 interlaced":  {Spec: clip.Spec{Interlaced: true}},
	"h264 sparse":      {Spec: clip.Spec{Keys: []time.Duration{3 * time.Second, 3200 * time.Millisecond, 8 * time.Second}, BFrames: 2}},
	"h264 vfr":         {Spec: clip.Spec{VFR: true, Duration: 20 * time.Second, BFrames: 2}},
	"h264 ntsc":        {Spec: clip.Spec{FPS: "24000/1001", BFrames: 2}},
	"h264 anamorphic":  {Spec: clip.Spec{SampleAspect: "64:45", Width: 240}},
	"mkv no cues":      {Spec: clip.Spec{Container: clip.MKVLive}},
	"mkv start":        {Spec: clip.Spec{Start: 100 * time.Second, BFrames: 2}},
	"mkv late":         {Spec: clip.Spec{Audio: true, Late: 1520 * time.Millisecond}},
	"mp4":              {Spec: clip.Spec{Container: clip.MP4, BFrames: 3, Audio: true}},
	"mp4 fast start":   {Spec: clip.Spec{Container: clip.MP4Fast, BFrames: 3}},
	"mp4 fragmented":   {Spec: clip.Spec{Container: clip.MP4Frag, BFrames: 3}},
	"mp4 no mfra":      {Spec: clip.Spec{Container: clip.MP4NoMfra, BFrames: 3}},
	"mp4 sidx":         {Spec: clip.Spec{Container: clip.MP4Sidx, BFrames: 3}},
	"mp4 start":        {Spec: clip.Spec{Container: clip.MP4, Start: 5 * time.Second, BFrames: 2}},
	"mp4 late":         {Spec: clip.Spec{Container: clip.MP4, Audio: true, Late: 1520 * time.Millisecond, BFrames: 2}},
	"mp4 edit list":    {Spec: clip.Spec{Container: clip.MP4, BFrames: 2, Keyint: 50, Cut: 3360 * time.Millisecond}},
	"mp4 no edit list": {Spec: clip.Spec{Container: clip.MP4, BFrames: 2, Mux: []string{"-use_editlist", "0"}}},
	"mp4 rotated 90":   {Spec: clip.Spec{Container: clip.MP4, Rotation: 90}},
	"mp4 rotated 180":  {Spec: clip.Spec{Container: clip.MP4, Rotation: 180}},
	"mov rotated 270":  {Spec: clip.Spec{Container: clip.MOV, Rotation: 270}},
	"mp4 mirrored 90":  {Spec: clip.Spec{Container: clip.MP4, Mirrored: true, Rotation: 90}},
	"mp4 cover art":    {Spec: clip.Spec{Container: clip.MP4, Cover: true, Audio: true}},
	"mkv cover art":    {Spec: clip.Spec{Cover: true, Audio: true}},
	"ts":               {Spec: clip.Spec{Container: clip.TS, BFrames: 2, Audio: true}, whole: true},
	"ts rotated never": {Spec: clip.Spec{Container: clip.TS, OpenGOP: true, BFrames: 2}, whole: true},
	"avi":              {Spec: clip.Spec{Container: clip.AVI, Audio: true}, whole: true},
	"hevc":             {Spec: clip.Spec{Codec: clip.HEVC, Container: clip.MP4, BFrames: 3}},
	"hevc open gop":    {Spec: clip.Spec{Codec: clip.HEVC, OpenGOP: true, Keyint: 48}},
	"hevc open mp4":    {Spec: clip.Spec{Codec: clip.HEVC, OpenGOP: true, Keyint: 48, Container: clip.MP4}},
	"hevc hdr10":       {Spec: clip.Spec{Codec: clip.HEVC, Bits: 10, HDR: clip.HDR10, Container: clip.MP4}},
	"hevc hlg":         {Spec: clip.Spec{Codec: clip.HEVC, Bits: 10, HDR: clip.HLG}},
	"hevc ts":          {Spec: clip.Spec{Codec: clip.HEVC, Container: clip.TS, BFrames: 2}, whole: true},
	"av1":              {Spec: clip.Spec{Codec: clip.AV1}},
	"av1 10 bit":       {Spec: clip.Spec{Codec: clip.AV1, Bits: 10, Container: clip.MP4}},
	"vp9":              {Spec: clip.Spec{Codec: clip.VP9, Container: clip.WebM, Audio: true}},
	"vp9 vfr":          {Spec: clip.Spec{Codec: clip.VP9, VFR: true, Duration: 20 * time.Second}},
	"mpeg2":            {Spec: clip.Spec{Codec: clip.MPEG2, BFrames: 2}},
	"mpeg2 open gop":   {Spec: clip.Spec{Codec: clip.MPEG2, BFrames: 2, OpenGOP: true, Keyint: 48}},
	"mpeg2 ts":         {Spec: clip.Spec{Codec: clip.MPEG2, BFrames: 2, Interlaced: true, Container: clip.TS}, whole: true},
	"mpeg4":            {Spec: clip.Spec{Codec: clip.MPEG4, Container: clip.MP4, BFrames: 1}},
}

// TestEveryPictureIsInItsPlace makes previews of every kind of video and reads the time in every picture.
func TestEveryPictureIsInItsPlace(t *testing.T) {
	for name, kind := range kinds {
		for _, accuracy := range []preview.Accuracy{preview.Keyframe, preview.Auto, preview.Exact} {
			t.Run(name+" "+string(accuracy), func(t *testing.T) {
				t.Parallel()
				r := renderer(t)
				video := clip.Make(t, kind.Spec)
				out := filepath.Join(t.TempDir(), "out.bif")
				spec := preview.Spec{Interval: 700 * time.Millisecond, Width: 160, Quality: 4, Accuracy: accuracy}
				result, err := r.Render(t.Context(), Request{Video: video, Out: out, Spec: spec, Device: preview.CPUDevice()})
				if err != nil {
					t.Fatalf("%v, attempts %+v", err, result.Attempts)
				}
				if fed := strings.HasPrefix(result.Recipe, "select/"); fed == kind.whole {
					t.Errorf("recipe is %s after %+v", result.Recipe, result.Attempts)
				}
				if result.Filled > 0 && accuracy == preview.Exact && !kind.VFR && kind.Late == 0 {
					t.Errorf("%d slots hold a neighbour's picture", result.Filled)
				}
				times := codedTimes(t, out)
				if len(times) != result.Frames || len(times) != spec.Slots(result.Duration) {
					t.Errorf("%d pictures, the result says %d, the duration %v asks for %d", len(times), result.Frames, result.Duration, spec.Slots(result.Duration))
				}
				w := worldOf(t, video, kind.Spec)
				for slot, got := range times {
					at := time.Duration(slot) * spec.Interval
					if want, ok := w.allows(at, got+w.shift, spec, result.Recipe); !ok {
						t.Errorf("slot at %v shows %v, want %v (keyframes %v)", at, got, want, w.keys)
					}
				}
			})
		}
	}
}

// world is what a clip holds, by FFmpeg's own account and the clip's.
type world struct {
	keys   []time.Duration // from the start of the file
	frames []time.Duration
	shift  time.Duration // from a picture's coded time to the time in the file
	slack  time.Duration // Matroska rounds to milliseconds
}

// allows reports whether a slot may show the picture that is at got in the file, and what would be best.
func (w world) allows(at, got time.Duration, spec preview.Spec, recipe string) (want time.Duration, ok bool) {
	nearest := slices.MinFunc(w.keys, func(a, b time.Duration) int { return cmp.Compare((a - at).Abs(), (b - at).Abs()) })
	// Two keyframes at the same distance are equally good.
	byKey := (got-at).Abs() <= (nearest-at).Abs()+2*w.slack && slices.ContainsFunc(w.keys, func(k time.Duration) bool { return (k - got).Abs() <= w.slack })
	decoded := strings.HasPrefix(recipe, "full/") // where keyframes could not be had
	exact := w.onScreen(at, got, decoded)
	switch {
	case spec.Accuracy == preview.Exact:
		return at, exact
	case spec.Accuracy == preview.Keyframe, (nearest - at).Abs() <= spec.Interval/2:
		return nearest, byKey || decoded && exact
	}
	return at, exact || byKey && (got-at).Abs() < spec.Interval*54/100
}

// onScreen reports whether got is what is shown at the given time, or else the first picture after it when that will do.
func (w world) onScreen(at, got time.Duration, orNext bool) bool {
	for i, f := range w.frames {
		if (f - got).Abs() > w.slack {
			continue
		}
		shown := f <= at+w.slack && (i+1 == len(w.frames) || w.frames[i+1] >= at-w.slack)
		next := f >= at-w.slack && (i == 0 || w.frames[i-1] <= at+w.slack)
		return shown || (orNext || i == 0) && next
	}
	return false
}

func worldOf(t *testing.T, path string, spec clip.Spec) world {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "format=start_time:packet=pts_time,dts_time,flags", "-of", "json", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Format struct {
			Start string `json:"start_time"`
		}
		Packets []struct {
			Pts   string `json:"pts_time"`
			Dts   string `json:"dts_time"`
			Flags string `json:"flags"`
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	w := world{slack: 2 * time.Millisecond}
	for _, at := range spec.Times() {
		if at >= 0 {
			w.frames = append(w.frames, at)
		}
	}
	start := seconds(t, answer.Format.Start)
	first := time.Duration(math.MaxInt64)
	for _, p := range answer.Packets {
		at := seconds(t, cmp.Or(p.Pts, p.Dts)) - start
		if strings.Contains(p.Flags, "D") || at < -w.slack {
			continue // an edit list hides it
		}
		first = min(first, at)
		if strings.HasPrefix(p.Flags, "K") {
			w.keys = append(w.keys, at)
		}
	}
	slices.Sort(w.keys)
	// Sound may begin up to a frame of its own earlier than the picture, and is then the file's start.
	w.shift = first - w.frames[0]
	for i := range w.frames {
		w.frames[i] += w.shift
	}
	return w
}

func seconds(t *testing.T, s string) time.Duration {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.MinInt64 // a packet without a time
	}
	return time.Duration(f * float64(time.Second)).Round(time.Microsecond)
}

// codedTimes reads the time in every picture of a preview.
func codedTimes(t *testing.T, path string) []time.Duration {
	t.Helper()
	var out []time.Duration
	for i, jpeg := range pictures(t, path) {
		at, err := clip.ReadTime(jpeg)
		if err != nil {
			t.Errorf("picture %d: %v", i, err)
		}
		out = append(out, at)
	}
	return out
}

func pictures(t *testing.T, path string) [][]byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := bif.Open(f, stat.Size())
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for i := range r.Len() {
		jpeg, err := r.Image(i, nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, jpeg)
	}
	return out
}

// renderer uses the FFmpeg of this machine.
func renderer(t *testing.T) *Renderer {
	t.Helper()
	clip.Need(t)
	ff, _ := exec.LookPath("ffmpeg")
	fp, _ := exec.LookPath("ffprobe")
	return &Renderer{
		Tools: &ffmpeg.Tools{FFmpeg: ff, FFprobe: fp, Features: ffmpeg.Features{Filters: map[string]bool{"zscale": true, "tonemap": true}}},
		Log:   zerolog.New(zerolog.NewTestWriter(t)),
	}
}
