package gpu_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

func TestMachineWithoutGPU(t *testing.T) {
	for name, c := range map[string]struct {
		m    gpu.Machine
		want string
	}{
		"linux":   {linux(), "No GPU found (looked at nvidia-smi, /sys/class/drm and /dev/dri); the CPU makes the previews."},
		"bare":    {gpu.Machine{GOOS: "linux"}, "No GPU found (looked at nvidia-smi, /sys/class/drm and /dev/dri); the CPU makes the previews."},
		"windows": {gpu.Machine{GOOS: "windows"}, "No GPU found (looked at nvidia-smi and the graphics adapters of Windows); the CPU makes the previews."},
		"freebsd": {gpu.Machine{GOOS: "freebsd"}, "No GPU found; the CPU makes the previews."},
	} {
		t.Run(name, func(t *testing.T) {
			inv := list(t, c.m)
			if diff := cmp.Diff(c.want, inv.Summary()); diff != "" {
				t.Error(diff)
			}
			if len(inv.Candidates) != 1 || inv.Candidates[0].Device != preview.CPUDevice() || inv.Candidates[0].Blocked() {
				t.Errorf("there is always the CPU, got %+v", inv.Candidates)
			}
			if len(inv.Notes) != 0 {
				t.Errorf("a machine without GPU has nothing wrong with it: %+v", inv.Notes)
			}
		})
	}
}

func TestSummaryCounts(t *testing.T) {
	m := smi{query: gpu.Answer{Stdout: twoCards}}.on(intelMachine())
	want := "3 GPUs found: NVIDIA GeForce RTX 3060, NVIDIA GeForce RTX 3060 and Intel graphics (8086:4680)."
	if diff := cmp.Diff(want, list(t, m).Summary()); diff != "" {
		t.Error(diff)
	}
	f := full()
	f.HWAccels = map[string]bool{"cuda": true}
	want = "2 GPUs found: NVIDIA GeForce RTX 3060 and NVIDIA GeForce RTX 3060. 1 GPU cannot be used: Intel graphics (8086:4680)."
	if diff := cmp.Diff(want, gpu.List(t.Context(), m, f).Summary()); diff != "" {
		t.Error(diff)
	}
	want = "1 GPU cannot be used: Intel graphics (8086:4680). The CPU makes the previews."
	if diff := cmp.Diff(want, gpu.List(t.Context(), intelMachine(), f).Summary()); diff != "" {
		t.Error(diff)
	}
}

func TestFFmpegWithoutTheWayToTheDevice(t *testing.T) {
	f := ffmpeg.Features{HWAccels: map[string]bool{"vaapi": true}}
	c := only(t, gpu.List(t.Context(), smi{query: gpu.Answer{Stdout: oneCard}}.on(linux()), f))
	if c.Because != "This FFmpeg was built without cuda." || c.Reason != preview.FFmpegLacks {
		t.Errorf("got %q, %q", c.Because, c.Reason)
	}
	mentions(t, c.Hint, "jellyfin-ffmpeg", "SCRUBJAY_FFMPEG")

	// Without an FFmpeg at all nothing is known, and the list is still good to look at.
	if c := only(t, gpu.List(t.Context(), intelMachine(), ffmpeg.Features{})); c.Blocked() {
		t.Errorf("got %+v", c)
	}
}

var (
	geforce = gpu.Adapter{Index: 0, Name: "NVIDIA GeForce RTX 3060", Vendor: 0x10de, Device: 0x2504, Memory: 12 << 30, PCI: "0000:01:00.0", Driver: "31.0.15.3713"}
	uhd     = gpu.Adapter{Index: 1, Name: "Intel(R) UHD Graphics 770", Vendor: 0x8086, Device: 0x4680, Memory: 128 << 20, PCI: "0000:00:02.0"}
	arc     = gpu.Adapter{Index: 2, Name: "Intel(R) Arc(TM) A380 Graphics", Vendor: 0x8086, Device: 0x56a5, Memory: 6 << 30, PCI: "0000:03:00.0"}
	basic   = gpu.Adapter{Index: 3, Name: "Microsoft Basic Render Driver", Vendor: 0x1414, Device: 0x8c, Software: true}
)

func windows(adapters ...gpu.Adapter) gpu.Machine {
	return gpu.Machine{GOOS: "windows", Adapters: func() ([]gpu.Adapter, error) { return adapters, nil }}
}

func TestWindowsHasCUDABeforeD3D11VA(t *testing.T) {
	m := windows(geforce, uhd, arc, basic)
	m.Look = where(`C:\Windows\System32\nvidia-smi.exe`)
	m.Run = smi{query: gpu.Answer{Stdout: oneCard}}.run
	var got []preview.Device
	for _, c := range list(t, m).Candidates {
		got = append(got, c.Device)
	}
	want := []preview.Device{
		{ID: "cuda:GPU-1c6f9a3e-7b0e-4c1c-9a5e-0d2f3b4a5c6d", Kind: preview.CUDA, Name: "NVIDIA GeForce RTX 3060", Handle: "0"},
		{ID: "d3d11va:0000:03:00.0", Kind: preview.D3D11VA, Name: "Intel(R) Arc(TM) A380 Graphics", Handle: "2"},
		{ID: "d3d11va:0000:00:02.0", Kind: preview.D3D11VA, Name: "Intel(R) UHD Graphics 770", Handle: "1"},
		preview.CPUDevice(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWindowsTakesNVIDIAByD3D11VAWhereCUDACannotBeHad(t *testing.T) {
	check := func(name string, m gpu.Machine, f ffmpeg.Features) gpu.Inventory {
		t.Helper()
		inv := gpu.List(t.Context(), m, f)
		for _, c := range inv.GPUs() {
			if c.Device.ID == "d3d11va:0000:01:00.0" && !c.Blocked() {
				return inv
			}
		}
		t.Errorf("%s: got %+v", name, inv.GPUs())
		return inv
	}
	check("no nvidia-smi", windows(geforce, basic), full())

	m := windows(geforce, basic)
	m.Look = where("nvidia-smi.exe")
	m.Run = smi{query: noDriver}.run
	inv := check("nvidia-smi fails", m, full())
	if len(inv.Notes) != 1 {
		t.Fatalf("got %+v", inv.Notes)
	}
	mentions(t, inv.Notes[0].Hint, "Install NVIDIA's newest driver")

	m.Run = smi{query: gpu.Answer{Stdout: oneCard}}.run
	inv = check("FFmpeg without CUDA", m, ffmpeg.Features{HWAccels: map[string]bool{"d3d11va": true}})
	if first := inv.Candidates[0]; first.Because != "This FFmpeg was built without cuda." {
		t.Errorf("got %+v", first)
	}
}

func TestWindowsAdaptersWithoutAddress(t *testing.T) {
	uhd := uhd
	uhd.PCI, uhd.Subsystem, uhd.Revision = "", 0x86941043, 0x0c
	again := uhd
	again.Index = 4
	want := []string{"d3d11va:8086:4680:86941043:0c", "d3d11va:8086:4680:86941043:0c#2"}
	var got []string
	for _, c := range list(t, windows(uhd, again)).GPUs() {
		got = append(got, c.Device.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWindowsAdaptersSeenTwiceAreOne(t *testing.T) {
	mirror := uhd
	mirror.Index = 5
	if c := only(t, list(t, windows(uhd, mirror))); c.Device.Handle != "1" {
		t.Errorf("got %+v", c.Device)
	}
}

func TestWindowsThatDoesNotTellItsAdapters(t *testing.T) {
	m := gpu.Machine{GOOS: "windows", Adapters: func() ([]gpu.Adapter, error) { return nil, errors.New("error 887A0004") }}
	inv := list(t, m)
	if len(inv.Notes) != 1 {
		t.Fatalf("got %+v", inv)
	}
	mentions(t, inv.Notes[0].Text, "error 887A0004")
}

func TestMacHasOneDevice(t *testing.T) {
	for chip, name := range map[string]string{
		"Apple M2 Pro\n": "Apple M2 Pro (VideoToolbox)",
		"Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz\n": "VideoToolbox",
		"": "VideoToolbox",
	} {
		m := gpu.Machine{GOOS: "darwin", Run: func(_ context.Context, program string, _ ...string) (gpu.Answer, error) {
			if program == "/usr/bin/sw_vers" {
				return gpu.Answer{Stdout: "15.1\n"}, nil
			}
			return gpu.Answer{Stdout: chip}, nil
		}}
		c := only(t, list(t, m))
		if c.Device != (preview.Device{ID: "videotoolbox", Kind: preview.VideoToolbox, Name: name}) || c.Driver != "macOS 15.1" {
			t.Errorf("got %+v", c)
		}
	}
}

// The machine that the tests run on has what it has; finding out must not fail or take long.
func TestHost(t *testing.T) {
	inv := gpu.List(t.Context(), gpu.Host(), ffmpeg.Features{})
	if last := inv.Candidates[len(inv.Candidates)-1]; last.Device != preview.CPUDevice() {
		t.Errorf("the CPU is last, got %+v", last)
	}
	t.Log(inv.Summary())
	for _, c := range inv.GPUs() {
		t.Logf("%+v", c)
	}
}
