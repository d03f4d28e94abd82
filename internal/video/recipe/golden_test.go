package recipe

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The devices of the golden files, as packages gpu names them.
var devices = []preview.Device{
	preview.CPUDevice(),
	{ID: "cuda:GPU-1", Kind: preview.CUDA, Handle: "1"},
	{ID: "vaapi:0000:03:00.0", Kind: preview.VAAPI, Handle: "/dev/dri/renderD128"},
	{ID: "d3d11va:0", Kind: preview.D3D11VA, Handle: "0"},
	{ID: "videotoolbox", Kind: preview.VideoToolbox},
}

// everything is a build that lacks nothing.
func everything() ffmpeg.Features {
	f := ffmpeg.Features{
		Version: ffmpeg.Version{Major: 8, Minor: 0},
		Filters: map[string]bool{}, Options: map[string]bool{"tonemap_opencl.apply_dovi": true, "tonemapx.apply_dovi": true},
	}
	for _, name := range []string{"zscale", "tonemap", "libplacebo", "scale_cuda", "scale_vaapi", "scale_d3d11", "scale_vt", "tonemap_opencl", "tonemapx"} {
		f.Filters[name] = true
	}
	return f
}

// uhd and hd are videos as films come.
func hd(codec string) probe.Info {
	return probe.Info{
		Format: "matroska,webm", Duration: 2 * time.Hour, Codec: codec, PixFmt: "yuv420p", BitDepth: 8,
		Width: 1920, Height: 1080, SampleAspect: 1, FrameRate: 24, Matrix: "bt709", Primaries: "bt709", Transfer: "bt709", HDR: probe.SDR,
	}
}

func uhd(codec string, hdr probe.HDR) probe.Info {
	v := hd(codec)
	v.Width, v.Height, v.PixFmt, v.BitDepth = 3840, 2160, "yuv420p10le", 10
	v.HDR = hdr
	switch hdr {
	case probe.HDR10, probe.HDR10Plus:
		v.Matrix, v.Primaries, v.Transfer = "bt2020nc", "bt2020", "smpte2084"
	case probe.HLG:
		v.Matrix, v.Primaries, v.Transfer = "bt2020nc", "bt2020", "arib-std-b67"
	case probe.DolbyVision5:
		v.Matrix, v.Primaries, v.Transfer, v.DolbyVision = "", "", "", 5
	}
	return v
}

func dolby8(codec string) probe.Info {
	v := uhd(codec, probe.HDR10)
	v.DolbyVision = 8
	return v
}

// index is a keyframe every two seconds.
func index(v probe.Info) *Index {
	ids := map[string]string{
		"h264": "V_MPEG4/ISO/AVC", "hevc": "V_MPEGH/ISO/HEVC", "av1": "V_AV1", "vp9": "V_VP9", "mpeg2video": "V_MPEG2", "vc1": "V_MS/VFW/FOURCC",
	}
	i := &Index{Track: container.TrackInfo{Codec: ids[v.Codec]}}
	for at := time.Duration(0); at < v.Duration; at += 2 * time.Second {
		i.Keys = append(i.Keys, container.Keyframe{At: at})
	}
	return i
}

// golden writes the attempts of a video on a device: each one's name, then its arguments, one in a line.
func golden(t *testing.T, name string, list []Attempt, err error) {
	t.Helper()
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "# none: %s\n", preview.ReasonOf(err))
	}
	for _, a := range list {
		fmt.Fprintf(&b, "# %s on %s, %dx%d\n", a.Recipe, a.Device.ID, a.Width, a.Height)
		input := "file:/films/Heat (1995).mkv"
		if a.Rung == Select {
			input = "pipe:0"
		}
		for _, e := range a.Env() {
			fmt.Fprintf(&b, "%s\n", e)
		}
		for _, arg := range a.Args(input) {
			fmt.Fprintf(&b, "%s\n", arg)
		}
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to make it)", err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestArguments(t *testing.T) {
	videos := map[string]probe.Info{
		"h264-sdr":   hd("h264"),
		"hevc-sdr":   hd("hevc"),
		"av1-sdr":    hd("av1"),
		"vp9-sdr":    hd("vp9"),
		"mpeg2-sdr":  hd("mpeg2video"),
		"vc1-sdr":    hd("vc1"),
		"hevc10-sdr": uhd("hevc", probe.SDR),
		"hevc-hdr10": uhd("hevc", probe.HDR10),
		"hevc-hlg":   uhd("hevc", probe.HLG),
		"hevc-dv5":   uhd("hevc", probe.DolbyVision5),
		"hevc-dv8":   dolby8("hevc"),
		"av1-hdr10":  uhd("av1", probe.HDR10),
		"av1-hlg":    uhd("av1", probe.HLG),
		"av1-dv5":    uhd("av1", probe.DolbyVision5), // profile 10.0: the same colours
		"av1-dv8":    dolby8("av1"),
		"vp9-hdr10":  uhd("vp9", probe.HDR10),
		"vp9-hlg":    uhd("vp9", probe.HLG),
	}
	for name, v := range videos {
		for _, d := range devices {
			name := name + "-" + string(d.Kind)
			t.Run(name, func(t *testing.T) {
				list, err := For(v, index(v), d, preview.DefaultSpec(), everything())
				golden(t, name, list, err)
			})
		}
	}
}

// TestArgumentsOddShapes pins what scale and turn become for videos that are not simply wide.
func TestArgumentsOddShapes(t *testing.T) {
	dvd := hd("mpeg2video")
	dvd.Width, dvd.Height, dvd.SampleAspect, dvd.Matrix, dvd.Interlaced = 720, 576, 64.0/45, "bt470bg", true
	phone := hd("h264")
	phone.Rotation, phone.Format = 90, "mov,mp4,m4a,3gp,3g2,mj2"
	selfie := phone
	selfie.Mirrored, selfie.Rotation = true, 270
	upside := hd("h264")
	upside.Rotation = 180
	rgb := hd("h264")
	rgb.Matrix, rgb.PixFmt, rgb.FullRange = "gbr", "gbrp", true
	untagged := hd("h264")
	untagged.Matrix, untagged.Primaries, untagged.Transfer = "", "", ""
	for name, v := range map[string]probe.Info{
		"dvd": dvd, "phone": phone, "selfie": selfie, "upside-down": upside, "rgb": rgb, "untagged": untagged,
	} {
		t.Run(name, func(t *testing.T) {
			list, err := For(v, index(v), devices[1], preview.DefaultSpec(), everything())
			golden(t, "shape-"+name, list, err)
		})
	}
}

// TestHandleMeansNvidiaSmisNumber holds for cards and for slices of a card.
func TestHandleMeansNvidiaSmisNumber(t *testing.T) {
	order := "CUDA_DEVICE_ORDER=PCI_BUS_ID"
	for id, want := range map[string][]string{
		"cuda:GPU-5d5ba0d6": {order},
		"cuda:MIG-c6d4f1ef": {order, "CUDA_VISIBLE_DEVICES=MIG-c6d4f1ef"},
	} {
		if diff := cmp.Diff(want, Attempt{Device: preview.Device{ID: id, Kind: preview.CUDA}}.Env()); diff != "" {
			t.Error(diff)
		}
	}
	if got := (Attempt{Device: preview.CPUDevice()}).Env(); got != nil {
		t.Errorf("the CPU needs nothing, got %q", got)
	}
}

// TestArgumentsOldBuild is Debian 12's FFmpeg on a machine with an NVIDIA card.
func TestArgumentsOldBuild(t *testing.T) {
	f := ffmpeg.Features{
		Version: ffmpeg.Version{Major: 5, Minor: 1},
		Filters: map[string]bool{"zscale": true, "tonemap": true, "libplacebo": true, "scale_cuda": true, "tonemap_opencl": true},
	}
	for name, v := range map[string]probe.Info{"hevc-hdr10": uhd("hevc", probe.HDR10), "hevc-dv5": uhd("hevc", probe.DolbyVision5)} {
		for _, d := range devices[:2] {
			list, err := For(v, index(v), d, preview.DefaultSpec(), f)
			golden(t, "old-"+name+"-"+string(d.Kind), list, err)
		}
	}
}
