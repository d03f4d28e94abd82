// Package clip makes the small videos that tests of the other packages look at.
//
// Real FFmpeg makes them, once per machine: they are kept in a cache folder, named by everything that shaped
// them, so a clip must never be changed; a test that wants to damage one copies it first. Packages that are
// tested at the same time may ask for the same clip.
//
// Every picture of a clip made by [Make] carries the time at which it is to be seen, as black and white fields
// that survive scaling, tone mapping and JPEG. [ReadTime] reads it back: a preview is right when the picture of
// slot s says s. [Bars] makes colour bars whose RGB values are known. The package knows FFmpeg's command line and
// nothing of Scrubjay, so that its clips can judge all of it.
package clip

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Codec names a codec as FFmpeg does.
type Codec string

// The codecs that clips can have.
const (
	H264  Codec = "h264"
	HEVC  Codec = "hevc"
	AV1   Codec = "av1"
	VP9   Codec = "vp9"
	MPEG2 Codec = "mpeg2video"
	MPEG4 Codec = "mpeg4"
)

// Container is a file format, and how the file is laid out.
type Container string

// The containers that clips can have.
const (
	MKV       Container = "mkv"
	MKVLive   Container = "mkv-live"   // as recorded from a stream: no Cues, no duration, unknown sizes
	WebM      Container = "webm"       //
	MP4       Container = "mp4"        // moov at the end, as FFmpeg writes it
	MP4Fast   Container = "mp4-fast"   // moov at the start
	MP4Frag   Container = "mp4-frag"   // a moof per keyframe, mfra at the end
	MP4NoMfra Container = "mp4-nomfra" // a moof per keyframe, nothing that says where
	MP4Sidx   Container = "mp4-sidx"   // a moof per keyframe, one sidx at the start
	MOV       Container = "mov"        //
	TS        Container = "ts"         //
	AVI       Container = "avi"        //
)

// HDR says how brightness is coded.
type HDR string

// The kinds of HDR that clips can have. They need Bits 10.
const (
	HDR10 HDR = "hdr10"
	HLG   HDR = "hlg"
)

// Spec is what a clip is like. The zero value is ten seconds of 320x180 H.264 with 25 pictures a second, a
// keyframe every second and no B-frames, in MKV, without sound.
type Spec struct {
	Codec         Codec
	Bits          int // per sample: 8 or 10
	Container     Container
	Mux           []string // more options for FFmpeg's muxer, such as "-use_editlist", "0"
	Width, Height int      // of the coded picture, in pixels
	FPS           string   // pictures per second: "25", "24000/1001"
	Duration      time.Duration

	Keyint  int             // pictures from one keyframe to the next
	Keys    []time.Duration // instead of Keyint: keyframes at these times and nowhere else, besides the first
	BFrames int             // between two others
	// OpenGOP lets pictures that are shown before a keyframe be stored after it and refer across it (HEVC: the
	// keyframe is a CRA). It needs B-frames, 3 unless said, and a Keyint that ends on one: a multiple of
	// BFrames+1, and six times that unless said. H264, HEVC and MPEG2 only.
	OpenGOP bool

	VFR        bool // distances between pictures change: 1, 3 and 13 frames, each for 125 frames
	Interlaced bool // coded as fields, top first; both fields show the same time (H264, MPEG2)

	// Start is the first timestamp of the file (not AVI). The time in the pictures starts at 0 all the same.
	Start time.Duration
	// Late is how much later than the sound the picture starts: a multiple of Step, and it needs Audio. The
	// picture's time is that of the sound: the first picture says Late.
	Late time.Duration
	// Cut drops the beginning without encoding anew, as "ffmpeg -ss" with "-c copy" does (MP4 and MOV): the edit
	// list hides the pictures between the keyframe before Cut and Cut. The picture at Cut says 0, those before it
	// have negative times. Duration is counted before the cut.
	Cut time.Duration

	SampleAspect string // width by height of a sample: "4:3"
	Rotation     int    // clockwise degrees that a player turns the picture (MP4 and MOV); it then stands upright
	Mirrored     bool   // a player flips left and right before it turns (MP4 and MOV)
	HDR          HDR
	Audio        bool // a tone
	Cover        bool // cover art, which FFmpeg shows as a second video stream (MP4, MOV and MKV)
}

// normal fills in what the zero value means.
func (s Spec) normal() Spec {
	s.Codec = cmp.Or(s.Codec, H264)
	s.Bits = cmp.Or(s.Bits, 8)
	s.Container = cmp.Or(s.Container, MKV)
	s.Width = cmp.Or(s.Width, 320)
	s.Height = cmp.Or(s.Height, 180)
	s.FPS = cmp.Or(s.FPS, "25")
	s.Duration = cmp.Or(s.Duration, 10*time.Second)
	if s.OpenGOP {
		s.BFrames = cmp.Or(s.BFrames, 3)
		s.Keyint = cmp.Or(s.Keyint, 6*(s.BFrames+1))
	}
	s.Keyint = cmp.Or(s.Keyint, 25)
	return s
}

// Times lists the times that the pictures carry, rising. With Cut it starts with negative ones: the pictures that
// the file holds but does not show, as far back as the clip went before it was cut.
func (s Spec) Times() []time.Duration {
	s = s.normal()
	var out []time.Duration
	for n, at := range s.grid() {
		if !s.VFR || kept(n) {
			out = append(out, at)
		}
	}
	return out
}

// Step is the distance between two neighbouring pictures of a clip with a constant frame rate.
func (s Spec) Step() time.Duration {
	num, den := rate(s.normal().FPS)
	return time.Second * time.Duration(den) / time.Duration(num)
}

// grid yields every frame of the constant frame rate before VFR drops some: its number and its coded time.
func (s Spec) grid() func(yield func(int, time.Duration) bool) {
	num, den := rate(s.FPS)
	return func(yield func(int, time.Duration) bool) {
		for n := 0; ; n++ {
			at := time.Second * time.Duration(n*den) / time.Duration(num)
			if at >= s.Duration || !yield(n, at+s.Late-s.Cut) {
				return
			}
		}
	}
}

// kept reports whether VFR keeps frame n; vfrFilter says the same to FFmpeg.
func kept(n int) bool {
	switch n / 125 % 3 {
	case 0:
		return true
	case 1:
		return n%3 == 0
	default:
		return n%13 == 0
	}
}

const vfrFilter = `select=if(eq(mod(floor(n/125)\,3)\,0)\,1\,if(eq(mod(floor(n/125)\,3)\,1)\,not(mod(n\,3))\,not(mod(n\,13))))`

// rate splits "24000/1001". A text that is no rate is a mistake in a test, so it panics.
func rate(fps string) (num, den int) {
	a, b, found := strings.Cut(fps, "/")
	num, err := strconv.Atoi(a)
	den = 1
	if found && err == nil {
		den, err = strconv.Atoi(b)
	}
	if err != nil || num <= 0 || den <= 0 {
		panic("clip: " + fps + " is not a frame rate")
	}
	return num, den
}

// Need skips the test when FFmpeg is absent.
func Need(t testing.TB) {
	t.Helper()
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed here", name)
		}
	}
}

// Make returns the path of the clip, making it when the cache has none. Nobody may change the file. The test is
// skipped when FFmpeg or the encoder is absent.
func Make(t testing.TB, s Spec) string {
	t.Helper()
	s = s.normal()
	if s.OpenGOP && s.Keyint%(s.BFrames+1) != 0 {
		t.Fatalf("a keyframe every %d pictures with %d B-frames leaves no picture to refer across it", s.Keyint, s.BFrames)
	}
	return cached(t, s, s.ext(), s.make)
}

// Sound returns the path of a file without a picture: a second of a tone, with cover art where wanted. ext is one
// of "mp3", "m4a", "mka".
func Sound(t testing.TB, ext string, cover bool) string {
	t.Helper()
	key := struct {
		Ext   string
		Cover bool
	}{ext, cover}
	return cached(t, key, ext, func(ctx context.Context, dir string) (string, error) {
		return makeSound(ctx, dir, ext, cover)
	})
}

// ext is the file name's extension.
func (s Spec) ext() string {
	ext, _, _ := strings.Cut(string(s.Container), "-")
	return ext
}

// writeFrames writes the raw fields of every frame to path, for FFmpeg to read as 8x4 grey video.
func (s Spec) writeFrames(path string) error {
	var raw []byte
	for _, at := range s.grid() {
		raw = append(raw, paint(at)...)
	}
	return os.WriteFile(path, raw, 0o600)
}
