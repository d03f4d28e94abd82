package probe_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
)

func tools(t *testing.T) *ffmpeg.Tools {
	t.Helper()
	clip.Need(t)
	path, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Fatal(err)
	}
	return &ffmpeg.Tools{FFprobe: path}
}

// TestRealVideos probes a video of each kind with the ffprobe of this machine.
func TestRealVideos(t *testing.T) {
	t.Parallel()
	const (
		mkv, mp4 = "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2"
		ms       = time.Millisecond
	)
	// expect is ten seconds of 320x180 H.264, as clip makes it unless told otherwise.
	expect := func(format string, change func(*probe.Info)) probe.Info {
		i := probe.Info{
			Format: format, Duration: 10 * time.Second, Codec: "h264", Profile: "High", PixFmt: "yuv420p", BitDepth: 8,
			Width: 320, Height: 180, SampleAspect: 1, FrameRate: 25, Matrix: "bt709", Primaries: "bt709", Transfer: "bt709", HDR: probe.SDR,
		}
		if format == mp4 {
			i.TrackID = 1
		}
		change(&i)
		return i
	}
	bt2020 := func(i *probe.Info, transfer string, kind probe.HDR) {
		i.Codec, i.Profile, i.PixFmt, i.BitDepth = "hevc", "Main 10", "yuv420p10le", 10
		i.Matrix, i.Primaries, i.Transfer, i.HDR = "bt2020nc", "bt2020", transfer, kind
	}
	for name, c := range map[string]struct {
		spec clip.Spec
		want probe.Info
	}{
		"plain":           {clip.Spec{}, expect(mkv, func(*probe.Info) {})},
		"ntsc":            {clip.Spec{FPS: "24000/1001", Container: clip.MP4}, expect(mp4, func(i *probe.Info) { i.FrameRate = 23.976 })},
		"anamorphic":      {clip.Spec{SampleAspect: "64:45", Width: 240}, expect(mkv, func(i *probe.Info) { i.Width, i.SampleAspect = 240, 64.0/45 })},
		"live":            {clip.Spec{Container: clip.MKVLive}, expect(mkv, func(i *probe.Info) { i.Duration = 0 })},
		"starts late":     {clip.Spec{Start: 100 * time.Second}, expect(mkv, func(i *probe.Info) { i.Start = 100 * time.Second })},
		"MP4 starts late": {clip.Spec{Container: clip.MP4, Start: 5 * time.Second, BFrames: 2}, expect(mp4, func(i *probe.Info) { i.Start = 5 * time.Second })},
		// One second of it holds no picture, so the decoder was not asked for the profile.
		"sound first": {clip.Spec{Audio: true, Late: 1520 * ms}, expect(mkv, func(i *probe.Info) { i.Duration, i.Profile = 11520*ms, "" })},
		"rotated":     {clip.Spec{Container: clip.MP4, Rotation: 90}, expect(mp4, func(i *probe.Info) { i.Rotation = 90 })},
		"upside down": {clip.Spec{Container: clip.MP4, Rotation: 180}, expect(mp4, func(i *probe.Info) { i.Rotation = 180 })},
		"rotated MOV": {clip.Spec{Container: clip.MOV, Rotation: 270}, expect(mp4, func(i *probe.Info) { i.Rotation = 270 })},
		"mirrored":    {clip.Spec{Container: clip.MP4, Mirrored: true}, expect(mp4, func(i *probe.Info) { i.Mirrored = true })},
		"mirrored and rotated": {
			clip.Spec{Container: clip.MP4, Mirrored: true, Rotation: 90},
			expect(mp4, func(i *probe.Info) { i.Mirrored, i.Rotation = true, 90 }),
		},
		"cover in MP4": {clip.Spec{Container: clip.MP4, Cover: true, Audio: true}, expect(mp4, func(*probe.Info) {})},
		"cover in MKV": {clip.Spec{Cover: true, Audio: true}, expect(mkv, func(*probe.Info) {})},
		"fragmented":   {clip.Spec{Container: clip.MP4Frag, BFrames: 3}, expect(mp4, func(*probe.Info) {})},
		"10 bit":       {clip.Spec{Bits: 10}, expect(mkv, func(i *probe.Info) { i.Profile, i.PixFmt, i.BitDepth = "High 10", "yuv420p10le", 10 })},
		"TS":           {clip.Spec{Container: clip.TS, Audio: true}, expect("mpegts", func(i *probe.Info) { i.Start = 1400 * ms })},
		"AVI": {clip.Spec{Container: clip.AVI, Codec: clip.MPEG4}, expect("avi", func(i *probe.Info) {
			i.Codec, i.Profile, i.Matrix, i.Primaries, i.Transfer = "mpeg4", "Simple Profile", "", "", ""
		})},
		"HDR10":      {clip.Spec{Codec: clip.HEVC, Bits: 10, HDR: clip.HDR10, Container: clip.MP4}, expect(mp4, func(i *probe.Info) { bt2020(i, "smpte2084", probe.HDR10) })},
		"HLG":        {clip.Spec{Codec: clip.HEVC, Bits: 10, HDR: clip.HLG}, expect(mkv, func(i *probe.Info) { bt2020(i, "arib-std-b67", probe.HLG) })},
		"AV1":        {clip.Spec{Codec: clip.AV1}, expect(mkv, func(i *probe.Info) { i.Codec, i.Profile = "av1", "Main" })},
		"VP9":        {clip.Spec{Codec: clip.VP9, Container: clip.WebM, Audio: true}, expect(mkv, func(i *probe.Info) { i.Codec, i.Profile = "vp9", "Profile 0" })},
		"interlaced": {clip.Spec{Interlaced: true}, expect(mkv, func(i *probe.Info) { i.Interlaced = true })},
		"interlaced MPEG-2": {
			clip.Spec{Codec: clip.MPEG2, BFrames: 2, Interlaced: true, Container: clip.TS},
			expect("mpegts", func(i *probe.Info) { i.Codec, i.Profile, i.Interlaced, i.Start = "mpeg2video", "Main", true, 1440*ms }),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := clip.Make(t, c.spec)
			got, usage, err := probe.Probe(t.Context(), tools(t), path, nil)
			if err != nil {
				t.Fatal(err)
			}
			// Sound lasts or starts a few packets more or less than the picture.
			about := cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() <= 100*ms })
			if diff := cmp.Diff(c.want, got, about, cmpopts.EquateApprox(0, 0.001), cmpopts.IgnoreFields(probe.Info{}, "Bytes", "Stream")); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			if stat, err := os.Stat(path); err != nil || stat.Size() != got.Bytes {
				t.Errorf("the file has %d bytes (%v), Info says %d", stat.Size(), err, got.Bytes)
			}
			if usage.CPU <= 0 || usage.Wall <= 0 {
				t.Errorf("it cost nothing: %+v", usage)
			}
		})
	}
}

func TestBadFilesHaveReasons(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	film, err := os.ReadFile(clip.Make(t, clip.Spec{Container: clip.MP4}))
	if err != nil {
		t.Fatal(err)
	}
	matroska, err := os.ReadFile(clip.Make(t, clip.Spec{}))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		path string
		want preview.Reason
	}{
		"missing":                {filepath.Join(dir, "no such.mkv"), preview.VideoMissing},
		"a folder":               {dir, preview.VideoNotVideo},
		"empty":                  {write("empty.mkv", nil), preview.VideoEmpty},
		"text named mkv":         {write("text.mkv", []byte("hello, this is text\n")), preview.VideoNotVideo},
		"text named mp4":         {write("text.mp4", []byte("hello, this is text\n")), preview.VideoNotVideo},
		"text":                   {write("text.txt", []byte("hello, this is text\n")), preview.VideoNotVideo},
		"a download that waits":  {write("zeros.mkv", make([]byte, 100_000)), preview.VideoNotVideo},
		"MP4 without its moov":   {write("cut.mp4", film[:len(film)/2]), preview.VideoCutOff},
		"MP4, the first bytes":   {write("cut20.mp4", film[:20]), preview.VideoCutOff},
		"Matroska, 20 bytes":     {write("cut20.mkv", matroska[:20]), preview.VideoDamaged},
		"Matroska, a header cut": {write("cut100.mkv", matroska[:100]), preview.VideoCutOff},
		"sound":                  {clip.Sound(t, "m4a", false), preview.VideoNoPicture},
		"MP3 with cover art":     {clip.Sound(t, "mp3", true), preview.VideoNoPicture},
		"M4A with cover art":     {clip.Sound(t, "m4a", true), preview.VideoNoPicture},
		"MKA with cover art":     {clip.Sound(t, "mka", true), preview.VideoNoPicture},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := probe.Probe(t.Context(), tools(t), c.path, nil)
			if got := preview.ReasonOf(err); err == nil || got != c.want {
				t.Errorf("error %v with reason %s, want %s", err, got, c.want)
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("no file is unreadable for this user by its mode")
	}
	path := filepath.Join(t.TempDir(), "secret.mkv")
	if err := os.WriteFile(path, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err := probe.Probe(t.Context(), tools(t), path, nil); preview.ReasonOf(err) != preview.VideoUnreadable {
		t.Errorf("error %v", err)
	}
}

// TestNamesStayNames probes under names that a careless command line would misread.
func TestNamesStayNames(t *testing.T) {
	t.Parallel()
	film, err := os.ReadFile(clip.Make(t, clip.Spec{}))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"with space.mkv", "it's 100% \"fun\".mkv", "-y.mkv", "http:..a.mkv", "a%03d.mkv", "ünïcode 映画.mkv"}
	if runtime.GOOS == "linux" {
		names = append(names, "line\nbreak.mkv", "bytes \xff\xfe.mkv", "concat:a|b.mkv")
	}
	dir := t.TempDir()
	for _, name := range names {
		if runtime.GOOS == "windows" && filepath.Base(name) != name {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, film, 0o600); err != nil {
			t.Logf("this file system has no %q: %v", name, err)
			continue
		}
		if got, _, err := probe.Probe(t.Context(), tools(t), path, nil); err != nil || got.Codec != "h264" {
			t.Errorf("%q: %+v, %v", name, got, err)
		}
	}
}

// TestNameThatLies probes a transport stream that is named .mp4: the short look that is enough for MP4 must not
// cost what a transport stream tells later.
func TestNameThatLies(t *testing.T) {
	t.Parallel()
	film, err := os.ReadFile(clip.Make(t, clip.Spec{Container: clip.TS, Duration: 20 * time.Second, Keyint: 250}))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "film.mp4")
	// Cut the first quarter off: the recording starts between two keyframes, the next one is seconds away.
	if err := os.WriteFile(path, film[len(film)/4/188*188:], 0o600); err != nil {
		t.Fatal(err)
	}
	got, _, err := probe.Probe(t.Context(), tools(t), path, nil)
	if err != nil || got.Format != "mpegts" || got.Width != 320 || got.PixFmt != "yuv420p" {
		t.Errorf("%+v, %v", got, err)
	}
}
