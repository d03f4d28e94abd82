package recipe

import (
	"fmt"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
)

// route is how pictures are decoded on a device and come back to main memory.
type route struct {
	global []string // before -i, once
	input  []string // before -i, of this input
	filter chain    // from the device's surface to main memory; empty for the CPU
}

// format8 and format10 are what a device's surfaces hold.
const (
	format8  = "nv12"
	format10 = "p010le"
)

// routeOf says how a device decodes the video. With -hwaccel_output_format a decoder that falls back to software in
// silence fails at the next filter instead: what was asked of the GPU is done by the GPU or reported.
func routeOf(v probe.Info, d preview.Device, s shape, f ffmpeg.Features) route {
	surface := format8
	if v.BitDepth > 8 {
		surface = format10
	}
	w, h := s.onDevice(v)
	download := chain{{name: "hwdownload"}, {name: "format", args: []string{surface}}}
	size := []string{fmt.Sprintf("w=%d", w), fmt.Sprintf("h=%d", h)}
	scaler := func(name string, more ...string) chain {
		if !f.Filters[name] {
			return download // whole pictures come down: slower, and right
		}
		return append(chain{{name: name, args: append(size, more...)}}, download...)
	}
	hwaccel := func(output string) []string {
		in := []string{"-hwaccel", string(d.Kind)}
		if d.Handle != "" {
			in = append(in, "-hwaccel_device", d.Handle)
		}
		// One thread: a hardware decoder gains nothing from more, and each holds surfaces of its own.
		return append(in, "-hwaccel_output_format", output, "-threads:v", "1")
	}
	switch d.Kind {
	case preview.CUDA:
		return route{input: hwaccel("cuda"), filter: scaler("scale_cuda", "interp_algo=bilinear")}
	case preview.VAAPI:
		return route{input: hwaccel("vaapi"), filter: scaler("scale_vaapi", "format="+surface[:4])}
	case preview.D3D11VA:
		return route{input: hwaccel("d3d11"), filter: scaler("scale_d3d11")}
	case preview.VideoToolbox:
		return route{input: hwaccel("videotoolbox_vld"), filter: scaler("scale_vt")}
	}
	return route{}
}

// fits reports whether it makes sense to try the video on the device at all. Only what no consumer GPU decodes is
// ruled out here; what this one decodes is for the proof and the attempt to tell.
func fits(v probe.Info, d preview.Device) bool {
	if !d.GPU() {
		return true
	}
	switch v.PixFmt {
	case "yuv420p", "yuvj420p", "yuv420p10le", "":
	default:
		return false // 4:2:2, 4:4:4, RGB, 12 bit
	}
	switch v.Codec {
	case "h264":
		return v.BitDepth <= 8 // no GPU decodes High 10
	case "hevc", "av1", "vp9", "vp8", "mpeg2video", "vc1", "mpeg4":
		return true
	}
	return false
}

// env is what must stand in FFmpeg's environment for the device's handle to mean this device, as "NAME=value". CUDA numbers
// cards by speed unless it is told to number them by PCI address, as nvidia-smi does; a slice of a card (MIG) has no
// number and is chosen by hiding all others.
func env(d preview.Device) []string {
	if d.Kind != preview.CUDA {
		return nil
	}
	out := []string{"CUDA_DEVICE_ORDER=PCI_BUS_ID"}
	if id := strings.TrimPrefix(d.ID, "cuda:"); strings.HasPrefix(id, "MIG-") {
		out = append(out, "CUDA_VISIBLE_DEVICES="+id)
	}
	return out
}
