package ffmpeg_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// realTools are the FFmpeg of this machine.
func realTools(t *testing.T) *ffmpeg.Tools {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("FFmpeg is not installed")
	}
	tools, candidates, err := ffmpeg.Find(t.Context(), ffmpeg.Places{})
	if err != nil {
		t.Fatalf("%v (%+v)", err, candidates)
	}
	return tools
}

func TestRealFFmpegIsUnderstood(t *testing.T) {
	f := realTools(t).Features
	if !f.Version.AtLeast(5, 1) || f.Version.Major > 50 {
		t.Errorf("version %v", f.Version)
	}
	for _, name := range []string{"scale", "select", "format", "transpose"} {
		if !f.Filters[name] {
			t.Errorf("no filter %s among %d", name, len(f.Filters))
		}
	}
	for _, name := range []string{"h264", "hevc", "mjpeg", "mpeg2video"} {
		if !f.Decoders[name] {
			t.Errorf("no decoder %s among %d", name, len(f.Decoders))
		}
	}
	if f.Filters["="] || f.Decoders["="] || f.HWAccels["Hardware"] {
		t.Error("a legend was taken for a name")
	}
}

// clip makes a short video with FFmpeg's own sources.
func clip(t *testing.T, tools *ffmpeg.Tools, path string) {
	t.Helper()
	_, err := ffmpeg.Run(t.Context(), ffmpeg.Command{Path: tools.FFmpeg, Args: []string{
		"-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=1",
		"-c:v", "mpeg4", ffmpeg.Input(path),
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOddNamesStayNames(t *testing.T) {
	tools := realTools(t)
	dir := t.TempDir()
	t.Chdir(dir)
	clip(t, tools, "plain.mkv")
	names := []string{
		"-i.mkv", "a:b.mkv", "http:x.mkv", "file:file.mkv", "pipe:0.mkv", "with space.mkv", "it's.mkv", "100%d.mkv", "%41.mkv",
		"[x] (y) {z}, &c; $HOME `id` #!.mkv", "ümläut ☃.mkv", "a|b.mkv",
	}
	if runtime.GOOS != "windows" {
		names = append(names, "new\nline.mkv", `quote".mkv`, `back\slash.mkv`, "tab\there.mkv", "star*?.mkv")
	}
	if runtime.GOOS == "linux" { // macOS's file systems refuse names that are no UTF-8
		names = append(names, "caf\xe9 \xff\xfe.mkv")
	}
	for _, name := range names {
		if runtime.GOOS == "windows" && !filepath.IsLocal(name) {
			continue
		}
		if err := os.Link("plain.mkv", name); err != nil {
			t.Logf("this file system refuses %q: %v", name, err)
			continue
		}
		out, _, err := ffmpeg.Output(t.Context(), ffmpeg.Command{Path: tools.FFprobe, Args: []string{
			"-v", "error", "-of", "json", "-show_entries", "stream=codec_name", ffmpeg.Input(name),
		}}, 1<<16)
		var got struct {
			Streams []struct {
				Codec string `json:"codec_name"`
			}
		}
		if err == nil {
			err = json.Unmarshal(out, &got)
		}
		if err != nil || len(got.Streams) != 1 || got.Streams[0].Codec != "mpeg4" {
			t.Errorf("%q: %s, %v", name, out, err)
		}
	}
}

func TestRealFailuresHaveReasons(t *testing.T) {
	tools := realTools(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, b []byte) {
		if err := os.WriteFile(path(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clip(t, tools, path("ok.mkv"))
	clip(t, tools, path("ok.mp4"))
	mp4, err := os.ReadFile(path("ok.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	write("text.mkv", []byte("these are words and no video\n"))
	write("empty.mkv", nil)
	write("cut.mp4", mp4[:len(mp4)/2])
	decode := func(name string, more ...string) []string {
		return append(append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-i", ffmpeg.Input(path(name))}, more...),
			"-map", "0:v:0", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "matroska", "-")
	}
	for name, c := range map[string]struct {
		args []string
		want preview.Reason
	}{
		"text":             {decode("text.mkv"), preview.VideoNotVideo},
		"empty":            {decode("empty.mkv"), preview.VideoNotVideo},
		"cut off":          {decode("cut.mp4"), preview.VideoCutOff},
		"missing":          {decode("none.mkv"), preview.VideoMissing},
		"folder":           {decode("."), preview.VideoNotVideo},
		"no such stream":   {decode("ok.mkv", "-map", "0:a:3"), preview.VideoNoPicture},
		"no such filter":   {decode("ok.mkv", "-vf", "nosuchfilter"), preview.FFmpegLacks},
		"no such option":   {decode("ok.mkv", "-nosuchoption", "1"), preview.FFmpegLacks},
		"no filter option": {decode("ok.mkv", "-vf", "scale=nosuch=1"), preview.FFmpegLacks},
		"wrong frames":     {decode("ok.mkv", "-vf", "format=cuda"), preview.DeviceUnsupported},
		"no such device":   {append([]string{"-init_hw_device", "drm=d:" + path("none")}, decode("ok.mkv")...), preview.DeviceLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "no such device" && !tools.Features.HWAccels["drm"] {
				t.Skip("this build has no drm")
			}
			out, _, err := ffmpeg.Output(t.Context(), ffmpeg.Command{Path: tools.FFmpeg, Args: c.args}, 1<<20)
			if got := preview.ReasonOf(err); got != c.want {
				t.Errorf("reason %q of %v, want %q (%d bytes came)", got, err, c.want, len(out))
			}
		})
	}
}

// BenchmarkFind is what every start of scrubjayd pays.
func BenchmarkFind(b *testing.B) {
	for b.Loop() {
		if _, _, err := ffmpeg.Find(b.Context(), ffmpeg.Places{}); err != nil {
			b.Skip(err)
		}
	}
}
