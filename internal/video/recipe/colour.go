package recipe

import (
	"fmt"

	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
)

// A JPEG is read as JFIF says: BT.601 matrix, full range. FFmpeg converts the range by itself but leaves the matrix of
// HD video as it is, so every chain here names what goes in and what comes out.

// pixels is the format that the JPEG encoder gets. FFmpeg 5.1's encoder knows full range by this name only; later
// ones still take it.
var pixels = filter{name: "format", args: []string{"yuvj420p"}}

// colourPath is how a video's colours become a JPEG's.
type colourPath int

const (
	plain   colourPath = iota // SDR in the usual primaries: one conversion in the scaler
	wide                      // SDR in BT.2020's primaries or a matrix that only zscale knows
	toneMap                   // HDR10, HDR10+, HLG, and Dolby Vision with such a base layer
)

func pathOf(v probe.Info) colourPath {
	switch {
	case v.HDR == probe.HDR10 || v.HDR == probe.HDR10Plus || v.HDR == probe.HLG:
		return toneMap
	case v.Primaries == "bt2020" || v.Matrix == "ictcp" || v.Matrix == "ycgco" || v.Matrix == "bt2020c":
		return wide
	}
	return plain
}

// needs lists the filters without which the path cannot be walked.
func (p colourPath) needs() []string {
	switch p {
	case toneMap:
		return []string{"zscale", "tonemap"}
	case wide:
		return []string{"zscale"}
	}
	return nil
}

// scaleFilters brings a picture in main memory to the shape's size and to a JPEG's colours. HDR is scaled first and
// tone-mapped at the small size: the same look at a hundredth of the pixels (118 s of CPU became 18 for 20 minutes
// of 2160p).
func scaleFilters(v probe.Info, s shape) chain {
	size := []string{fmt.Sprintf("w=%d", s.scaleW), fmt.Sprintf("h=%d", s.scaleH), "flags=" + scaler(v, s)}
	switch pathOf(v) {
	case toneMap:
		return append(chain{{name: "scale", args: size}}, toneMapFilters(v)...)
	case wide:
		in := zscaleInput(v)
		return chain{
			{name: "scale", args: size},
			{name: "zscale", args: append(in, "p=bt709", "t=bt709", "m=470bg", "r=full")},
			pixels,
		}
	}
	if v.Matrix != "gbr" {
		size = append(size, "in_color_matrix="+swsMatrix(v), "in_range="+swsRange(v))
	}
	return chain{
		{name: "scale", args: append(size, "out_color_matrix=bt601", "out_range=pc")},
		pixels,
	}
}

// scaler names the way to scale. Averaging costs two thirds of bicubic and looks the same where a picture shrinks to half or
// less.
func scaler(v probe.Info, s shape) string {
	if s.shrinks(v, 2) {
		return "area"
	}
	return "bicubic"
}

// toneMapFilters makes SDR of HDR. Hable with a nominal peak of 100 nits and no desaturation is what users accepted
// as neither dark nor grey (research/users.md, row 7); a peak from the file's MaxCLL came out dark.
func toneMapFilters(v probe.Info) chain {
	return chain{
		{name: "zscale", args: append(zscaleInput(v), "t=linear", "npl=100")},
		{name: "format", args: []string{"gbrpf32le"}},
		{name: "zscale", args: []string{"p=bt709"}},
		{name: "tonemap", args: []string{"tonemap=hable", "desat=0"}},
		{name: "zscale", args: []string{"t=bt709", "m=470bg", "r=full"}},
		pixels,
	}
}

// zscaleInput says what the picture's colours are. zscale refuses to guess, and files that say nothing are common.
func zscaleInput(v probe.Info) []string {
	transfer, primaries, matrix := "709", "709", "709"
	switch v.HDR {
	case probe.HDR10, probe.HDR10Plus:
		transfer, primaries, matrix = "smpte2084", "2020", "2020_ncl"
	case probe.HLG:
		transfer, primaries, matrix = "arib-std-b67", "2020", "2020_ncl"
	default:
		if v.Primaries == "bt2020" {
			primaries, matrix = "2020", "2020_ncl"
		}
	}
	switch v.Primaries {
	case "bt709":
		primaries = "709"
	case "smpte431":
		primaries = "smpte431" // DCI P3
	case "smpte432":
		primaries = "smpte432" // Display P3: phones
	}
	switch v.Matrix {
	case "bt709":
		matrix = "709"
	case "bt2020nc":
		matrix = "2020_ncl"
	case "bt2020c":
		matrix = "2020_cl"
	case "smpte170m":
		matrix = "170m"
	case "bt470bg":
		matrix = "470bg"
	case "ictcp":
		matrix = "ictcp"
	case "ycgco":
		matrix = "ycgco"
	case "gbr":
		matrix = "gbr"
	}
	in := "limited"
	if v.FullRange {
		in = "full"
	}
	return []string{"tin=" + transfer, "pin=" + primaries, "min=" + matrix, "rin=" + in}
}

// swsMatrix is the matrix in the scaler's words. A video that does not say is taken for what players take it for:
// BT.709 from HD on, BT.601 below.
func swsMatrix(v probe.Info) string {
	switch v.Matrix {
	case "bt709", "fcc", "smpte240m":
		return v.Matrix
	case "smpte170m", "bt470bg":
		return "bt601"
	case "bt2020nc":
		return "bt2020"
	}
	if v.Width > 1024 || v.Height > 576 {
		return "bt709"
	}
	return "bt601"
}

func swsRange(v probe.Info) string {
	if v.FullRange {
		return "pc"
	}
	return "tv"
}

// missing lists the filters that the video's colours need and the build lacks.
func missing(v probe.Info, f ffmpeg.Features) []string {
	var out []string
	for _, name := range pathOf(v).needs() {
		if !f.Filters[name] {
			out = append(out, name)
		}
	}
	return out
}
