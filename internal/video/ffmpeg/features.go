package ffmpeg

import "fmt"

// Version is FFmpeg's release, as far as we must tell releases apart. A build from git ("N-1234-gabcdef") is
// taken for the newest: Major 99.
type Version struct{ Major, Minor int }

// AtLeast reports whether v is release major.minor or newer.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Oldest is the oldest release that Scrubjay drives. 5.1 brought -fps_mode.
var Oldest = Version{5, 1}

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
}
