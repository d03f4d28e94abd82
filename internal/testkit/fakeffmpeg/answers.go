package fakeffmpeg

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// question reports whether the program is asked about itself rather than to do something.
func question(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		switch a {
		case "-version", "-filters", "-hwaccels", "-decoders", "-h":
			return true
		}
		return false
	})
}

// release is how one release tells its version: the text and the libavutil it comes with.
type release struct{ text, libavutil string }

func releases(name string) release {
	switch name {
	case "4.4":
		return release{"4.4.2-0ubuntu0.22.04.1", "56. 70.100 / 56. 70.100"}
	case "5.1":
		return release{"5.1.9-0+deb12u1", "57. 28.100 / 57. 28.100"}
	case "", "7.1":
		return release{"7.1.1-Jellyfin", "59. 39.100 / 59. 39.100"}
	case "8.0":
		return release{"8.0-full_build-www.gyan.dev", "60.  8.100 / 60.  8.100"}
	}
	return release{name, "59. 39.100 / 59. 39.100"}
}

// answer prints what the program knows about itself, in the layout of FFmpeg's own fftools/opt_common.c.
func (s Script) answer(w io.Writer, name string, args []string) {
	switch {
	case slices.Contains(args, "-version"):
		r := releases(s.Release)
		fmt.Fprintf(w, "%s version %s Copyright (c) 2000-2026 the FFmpeg developers\n", name, r.text)
		fmt.Fprintf(w, "built with gcc 12\nconfiguration: --enable-gpl\nlibavutil      %s\n", r.libavutil)
	case slices.Contains(args, "-filters"):
		fmt.Fprint(w, "Filters:\n  T.. = Timeline support\n  .S. = Slice threading\n  A = Audio input/output\n  | = Source or sink filter\n")
		if s.Release != "8.0" {
			fmt.Fprint(w, "  ..C = Command support\n")
		}
		for _, f := range or(s.Filters, "format", "fps", "hflip", "hwdownload", "libplacebo", "null", "scale", "select",
			"setparams", "setpts", "tonemap", "transpose", "vflip", "zscale") {
			flags := "..."
			if s.Release == "8.0" {
				flags = ".."
			}
			fmt.Fprintf(w, " %s %-17s V->V       What %s does.\n", flags, f, f)
		}
	case slices.Contains(args, "-hwaccels"):
		fmt.Fprintf(w, "Hardware acceleration methods:\n%s\n\n", strings.Join(or(s.HWAccels), "\n"))
	case slices.Contains(args, "-decoders"):
		fmt.Fprint(w, "Decoders:\n V..... = Video\n A..... = Audio\n S..... = Subtitle\n ------\n")
		for _, d := range or(s.Decoders, "av1", "h264", "hevc", "libdav1d", "mjpeg", "mpeg2video", "vc1", "vp9") {
			fmt.Fprintf(w, " VFS..D %-20s What %s is\n", d, d)
		}
	default:
		_, filter, _ := strings.Cut(args[len(args)-1], "filter=")
		fmt.Fprintf(w, "Filter %s\n    Inputs:\n       #0: default (video)\n%s AVOptions:\n", filter, filter)
		for _, o := range s.Options[filter] {
			fmt.Fprintf(w, "   %-17s <boolean>    ..FV....... what %s does (default true)\n", o, o)
		}
	}
}

func or(list []string, usual ...string) []string {
	if list != nil {
		return list
	}
	return usual
}
