package ffmpeg

import (
	"bytes"
	"strings"
)

// Features is what a build of FFmpeg says it can do. They are asked of the binary, once.
type Features struct {
	Version  Version
	Filters  map[string]bool // "zscale", "scale_cuda", "libplacebo", "tonemap_opencl" ...
	HWAccels map[string]bool // "cuda", "vaapi", "d3d11va", "videotoolbox", "opencl", "vulkan", "drm"
	Decoders map[string]bool // "h264", "libdav1d" ...
	// Options are filter options that matter, where having the filter is not enough: "tonemapx.apply_dovi".
	Options map[string]bool
}

// Tools are the two programs and what they can do.
type Tools struct {
	FFmpeg, FFprobe string // absolute paths
	Banner          string // the version as the program prints it: "5.1.9-0+deb12u1"
	Features        Features
	// Start is what either program reads before it looks at any video, in bytes: a part of every [Usage.FileBytes]. 0
	// where the system does not tell.
	Start int64
}

// parseFilters reads what -filters prints: lines such as " .S. scale  V->V  Scale the input …". Since FFmpeg 8 the
// flags have two columns instead of three, so that the arrow is what tells a filter from a legend.
func parseFilters(out []byte) map[string]bool {
	return names(out, func(f []string) (string, bool) {
		if len(f) < 3 || !strings.Contains(f[2], "->") {
			return "", false
		}
		return f[1], true
	})
}

// parseDecoders reads what -decoders prints: lines such as " VFS..D h264  H.264 / AVC …", after a legend whose lines
// have a "=" for a name.
func parseDecoders(out []byte) map[string]bool {
	return names(out, func(f []string) (string, bool) {
		if len(f) < 2 || f[1] == "=" || strings.Trim(f[0], "VASDFXB.") != "" {
			return "", false
		}
		return f[1], true
	})
}

// parseHWAccels reads what -hwaccels prints: a heading, then one name a line.
func parseHWAccels(out []byte) map[string]bool {
	return names(out, func(f []string) (string, bool) {
		if len(f) != 1 {
			return "", false
		}
		return f[0], true
	})
}

// parseOptions reads what -h filter=NAME prints: lines such as "   apply_dovi  <boolean>  ..FV....... …".
func parseOptions(out []byte) map[string]bool {
	return names(out, func(f []string) (string, bool) {
		if len(f) < 2 || !strings.HasPrefix(f[1], "<") || !strings.HasSuffix(f[1], ">") {
			return "", false
		}
		return f[0], true
	})
}

// names collects what pick finds in the fields of each line.
func names(out []byte, pick func(fields []string) (name string, ok bool)) map[string]bool {
	found := map[string]bool{}
	for line := range bytes.Lines(out) {
		if name, ok := pick(strings.Fields(string(line))); ok {
			found[name] = true
		}
	}
	return found
}
