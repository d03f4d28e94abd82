package ffmpeg

import (
	"slices"
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	for _, c := range []struct {
		first, lib string // first line after "ffmpeg version ", libavutil's line
		banner     string
		want       Version
	}{
		{"5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers", "57. 28.100", "5.1.9-0+deb12u1", Version{5, 1}},
		{"4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021 the FFmpeg developers", "56. 70.100", "4.4.2-0ubuntu0.22.04.1", Version{4, 4}},
		{"6.1.1-3ubuntu5 Copyright (c) 2000-2023 the FFmpeg developers", "58. 29.100", "6.1.1-3ubuntu5", Version{6, 1}},
		{"7.1.1-Jellyfin Copyright (c) 2000-2025 the FFmpeg developers", "59. 39.100", "7.1.1-Jellyfin", Version{7, 1}},
		{"7.1-full_build-www.gyan.dev Copyright (c) 2000-2024 the FFmpeg developers\r", "59. 39.100", "7.1-full_build-www.gyan.dev", Version{7, 1}},
		{"7.0.2-static https://johnvansickle.com/ffmpeg/  Copyright (c) 2000-2024 the FFmpeg developers", "59.  8.100", "7.0.2-static https://johnvansickle.com/ffmpeg/", Version{7, 0}},
		{"8.0 Copyright (c) 2000-2025 the FFmpeg developers", "60.  8.100", "8.0", Version{8, 0}},
		{"10.2.1 Copyright (c) 2000-2029 the FFmpeg developers", "62.  1.100", "10.2.1", Version{10, 2}},
		{"n7.1 Copyright (c) 2000-2024 the FFmpeg developers", "59. 39.100", "n7.1", Version{7, 1}},
		{"n7.1-184-gdc07f98934-20250101 Copyright (c) 2000-2025 the FFmpeg developers", "59. 39.100", "n7.1-184-gdc07f98934-20250101", Version{7, 1}},
		// From git: the library tells.
		{"N-117890-g22a3a5a9b2-20241122 Copyright (c) 2000-2024 the FFmpeg developers", "59. 47.100", "N-117890-g22a3a5a9b2-20241122", Version{7, 1}},
		{"N-66595-gc2b38619b6-static https://johnvansickle.com/ffmpeg/  Copyright (c) 2000-2024 the FFmpeg developers", "58.  2.100", "N-66595-gc2b38619b6-static https://johnvansickle.com/ffmpeg/", Version{6, 0}},
		{"2024-05-15-git-7b47099bc0-full_build-www.gyan.dev Copyright (c) 2000-2024 the FFmpeg developers", "59. 17.100", "2024-05-15-git-7b47099bc0-full_build-www.gyan.dev", Version{7, 0}},
		{"git-2020-05-10-a7fd1279 Copyright (c) 2000-2020 the FFmpeg developers", "56. 42.102", "git-2020-05-10-a7fd1279", Version{4, 0}},
		{"N-125000-gabcdef0123 Copyright (c) 2000-2027 the FFmpeg developers", "61. 12.100", "N-125000-gabcdef0123", newest},
		{"UNKNOWN Copyright (c) 2000-2025 the FFmpeg developers", "", "UNKNOWN", newest},
		{"7.1.1", "59. 39.100", "7.1.1", Version{7, 1}},
	} {
		text := "ffmpeg version " + c.first + "\nbuilt with gcc 12\nconfiguration: --enable-gpl\n"
		if c.lib != "" {
			text += "libavutil      " + c.lib + " / " + c.lib + "\n"
		}
		program, banner, v, ok := parseVersion([]byte(text))
		if !ok || program != "ffmpeg" || banner != c.banner || v != c.want {
			t.Errorf("%q: %q %q %v %v, want %q %v", c.first, program, banner, v, ok, c.banner, c.want)
		}
	}
	for _, text := range []string{"", "hello\n", "ffmpeg version \n", "ffprobe version  ", "ffprobe version \x00", "avconv version 12.3", "xffmpeg version 5.1"} {
		if _, banner, _, ok := parseVersion([]byte(text)); ok {
			t.Errorf("%q is taken for FFmpeg %q", text, banner)
		}
	}
	if program, _, _, ok := parseVersion([]byte("WARNING: linked badly\nffprobe version 6.0 Copyright")); !ok || program != "ffprobe" {
		t.Errorf("a warning in front hides %q", program)
	}
}

func TestParseLists(t *testing.T) {
	keys := func(m map[string]bool) string {
		var out []string
		for k := range m {
			out = append(out, k)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	for name, c := range map[string]struct {
		parse      func([]byte) map[string]bool
		text, want string
	}{
		"filters up to 7.1": {parseFilters, `Filters:
  T.. = Timeline support
  .S. = Slice threading
  ..C = Command support
  A = Audio input/output
  V = Video input/output
  N = Dynamic number and/or type of input/output
  | = Source or sink filter
 ... abench            A->A       Benchmark part of a filtergraph.
 ..C scale             V->V       Scale the input video size and/or convert the image format.
 .SC zscale            V->V       (null)
 ... amovie            |->N       Read audio from a movie source.
 TSC libplacebo        N->V       Apply various GPU filters from libplacebo
`, "abench amovie libplacebo scale zscale"},
		"filters since 8.0": {parseFilters, `Filters:
  T. = Timeline support
  .S = Slice threading
  A = Audio input/output
  | = Source or sink filter
 .. scale             V->V       Scale the input video size and/or convert the image format.
 TS tonemap_opencl    V->V       Perform HDR to SDR conversion with tonemapping.
`, "scale tonemap_opencl"},
		"decoders": {parseDecoders, `Decoders:
 V..... = Video
 A..... = Audio
 .F.... = Frame-level multithreading
 ......
 ------
 V....D 4xm                  4X Movie
 VFS..D hevc                 HEVC (High Efficiency Video Coding)
 V..X.. libdav1d             dav1d AV1 decoder by VideoLAN (codec av1)
 A....D mp3float             MP3 (MPEG audio layer 3) (codec mp3)
`, "4xm hevc libdav1d mp3float"},
		"hwaccels":    {parseHWAccels, "Hardware acceleration methods:\r\ncuda\r\nd3d11va\r\n\r\n", "cuda d3d11va"},
		"no hwaccels": {parseHWAccels, "Hardware acceleration methods:\n\n", ""},
		"options": {parseOptions, `Filter tonemapx
  SIMD optimized HDR to SDR tonemapping
    Inputs:
       #0: default (video)
tonemapx AVOptions:
   tonemap           <int>        ..FV....... tonemap algorithm selection (from 0 to 8) (default bt2390)
     none            0            ..FV.......
   apply_dovi        <boolean>    ..FV....... apply Dolby Vision metadata if possible (default true)
`, "apply_dovi tonemap"},
		"unknown filter": {parseOptions, "Unknown filter 'tonemapx'.\n", ""},
	} {
		if got := keys(c.parse([]byte(c.text))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("ffmpeg version n7.1 Copyright\nlibavutil      59. 39.100 / 59. 39.100\n"))
	f.Add([]byte(" .. scale V->V x\n VFS..D hevc x\ncuda\n   apply_dovi <boolean> x\n"))
	f.Add([]byte("ffprobe version \xff\x00\nlibavutil 99999999999999999999. 1.\n"))
	f.Fuzz(func(t *testing.T, out []byte) {
		if _, banner, v, ok := parseVersion(out); ok && (banner == "" || v.Major < 0 || v.Minor < 0) {
			t.Errorf("version %v, banner %q", v, banner)
		}
		for _, parse := range []func([]byte) map[string]bool{parseFilters, parseDecoders, parseHWAccels, parseOptions} {
			for name := range parse(out) {
				if name == "" || strings.ContainsAny(name, " \n") {
					t.Errorf("name %q", name)
				}
			}
		}
		reasonIn(out)
	})
}
