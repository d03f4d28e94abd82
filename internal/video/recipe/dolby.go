package recipe

import (
	"fmt"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
)

// Dolby Vision profile 5 has rules of its own (research/users.md, rows 10 to 15). Its colours are IPTPQc2, which zscale
// shows green; each frame's RPU says how to bring them back, and RPUs lean on those of frames before. So the whole
// file is decoded in software, which keeps the RPUs, every frame of it; the few frames that are wanted are chosen
// before they go anywhere near a GPU; and only a filter that knows RPUs may touch them.

// dolby5Attempts lists the ways to right colours that this build and device offer: jellyfin's tonemap_opencl, the
// libplacebo filter on a real GPU, jellyfin's tonemapx on the CPU. The list may be empty.
func dolby5Attempts(v probe.Info, d preview.Device, s shape, f ffmpeg.Features, want string, spec preview.Spec) []Attempt {
	var out []Attempt
	add := func(name string, dev preview.Device, global []string, c chain) {
		out = append(out, Attempt{
			Recipe: "full/" + name, Rung: Full, Device: dev, Width: s.width, Height: s.height,
			args: args{
				global: global,
				filter: append(append(chain{selectFilter(want)}, c...), s.filters()...),
				output: output(spec),
			},
		})
	}
	jpeg := func(in ...string) chain {
		size := []string{fmt.Sprintf("w=%d", s.scaleW), fmt.Sprintf("h=%d", s.scaleH), "flags=" + scaler(v, s)}
		return chain{
			{name: "scale", args: append(append(size, in...), "out_color_matrix=bt601", "out_range=pc")},
			pixels,
		}
	}
	bt709 := []string{"in_color_matrix=bt709", "in_range=tv"}
	if d.GPU() && f.Options["tonemap_opencl.apply_dovi"] {
		add("tonemap_opencl", d, openCL(d), append(chain{
			{name: "format", args: []string{"yuv420p10le"}},
			{name: "hwupload"},
			{name: "tonemap_opencl", args: []string{"tonemap=bt2390", "desat=0", "transfer=bt709", "matrix=bt709", "primaries=bt709", "range=tv", "format=nv12"}},
			{name: "hwdownload"},
			{name: "format", args: []string{"nv12"}},
		}, jpeg(bt709...)...))
	}
	if d.GPU() && f.Filters["libplacebo"] {
		add("libplacebo", d, vulkan(d), append(chain{
			{name: "format", args: []string{"yuv420p10le"}},
			{name: "hwupload"},
			{name: "libplacebo", args: []string{
				fmt.Sprintf("w=%d", s.scaleW), fmt.Sprintf("h=%d", s.scaleH), "format=yuv420p",
				"colorspace=bt709", "color_primaries=bt709", "color_trc=bt709", "range=tv",
				// Without these the picture is dim (row 15). bt2390 is missing in some builds, so the
				// tone-mapping function is left to the library (row 21).
				"contrast=1.3", "saturation=1.3",
			}},
			{name: "hwdownload"},
			{name: "format", args: []string{"yuv420p"}},
		}, jpeg(bt709...)...))
	}
	if f.Options["tonemapx.apply_dovi"] {
		add("tonemapx", preview.CPUDevice(), nil, append(chain{
			{name: "format", args: []string{"yuv420p10le"}},
			{name: "tonemapx", args: []string{"tonemap=bt2390", "transfer=bt709", "matrix=bt709", "primaries=bt709", "range=tv", "format=yuv420p"}},
		}, jpeg(bt709...)...))
	}
	return out
}

// vulkan makes a Vulkan device that is surely this GPU and no software renderer: llvmpipe shows a green rectangle (row
// 11), a VAAPI device does not lend itself to Vulkan on Intel Arc, so both come from the render node (row 13), and
// the filter device is always named (row 20).
func vulkan(d preview.Device) []string {
	switch d.Kind {
	case preview.CUDA:
		return []string{"-init_hw_device", "cuda=cu:" + d.Handle, "-init_hw_device", "vulkan=vk@cu", "-filter_hw_device", "vk"}
	case preview.VAAPI:
		return []string{"-init_hw_device", "drm=dr:" + d.Handle, "-init_hw_device", "vulkan=vk@dr", "-filter_hw_device", "vk"}
	}
	return []string{"-init_hw_device", "vulkan=vk", "-filter_hw_device", "vk"}
}

// openCL makes an OpenCL device, on the very GPU where it can be derived.
func openCL(d preview.Device) []string {
	switch d.Kind {
	case preview.VAAPI:
		return []string{
			"-init_hw_device", "drm=dr:" + d.Handle, "-init_hw_device", "vaapi=va@dr",
			"-init_hw_device", "opencl=ocl@va", "-filter_hw_device", "ocl",
		}
	case preview.D3D11VA:
		return []string{"-init_hw_device", "d3d11va=dx:" + d.Handle, "-init_hw_device", "opencl=ocl@dx", "-filter_hw_device", "ocl"}
	}
	return []string{"-init_hw_device", "opencl=ocl", "-filter_hw_device", "ocl"}
}
