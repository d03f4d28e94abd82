package ffmpeg

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Version is FFmpeg's release, as far as we must tell releases apart. A build from git is taken for the release that
// came before it, or for the newest (Major 99) where it does not tell what it was built from.
type Version struct{ Major, Minor int }

// AtLeast reports whether v is release major.minor or newer.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Oldest is the oldest release that Scrubjay drives. 5.1 brought -fps_mode.
var Oldest = Version{5, 1}

// newest is what an unknown build is taken for.
var newest = Version{99, 0}

// libavutils tells which libavutil came with which release, newest first (doc/APIchanges of FFmpeg).
var libavutils = []struct{ lib, release Version }{
	{Version{61, 0}, newest},
	{Version{60, 8}, Version{8, 0}},
	{Version{59, 39}, Version{7, 1}},
	{Version{59, 8}, Version{7, 0}},
	{Version{58, 29}, Version{6, 1}},
	{Version{58, 2}, Version{6, 0}},
	{Version{57, 28}, Version{5, 1}},
	{Version{57, 17}, Version{5, 0}},
	{Version{56, 70}, Version{4, 4}},
	{Version{0, 0}, Version{4, 0}}, // older than that is all the same to us
}

var (
	bannerLine = regexp.MustCompile(`(?m)^(ffmpeg|ffprobe) version (\S.*?)(?: +Copyright .*)?\r?$`)
	// A release is digits from the start, perhaps after the n of FFmpeg's tags: "5.1.9-0+deb12u1", "7.1-full_build-
	// www.gyan.dev", "n7.1". A date ("2024-05-15-git-7b47099bc0") has no dot, a git count ("N-117890-g…") no digit.
	releaseText = regexp.MustCompile(`^n?(\d{1,2})\.(\d{1,3})(?:\D|$)`)
	libavutil   = regexp.MustCompile(`(?m)^libavutil +(\d+)\. *(\d+)\.`)
)

// parseVersion reads what -version prints. ok is false when no FFmpeg printed it.
func parseVersion(out []byte) (program, banner string, v Version, ok bool) {
	m := bannerLine.FindSubmatch(out)
	if m == nil {
		return "", "", Version{}, false
	}
	program, banner = string(m[1]), strings.TrimSpace(clean(m[2]))
	if banner == "" {
		return "", "", Version{}, false
	}
	if r := releaseText.FindStringSubmatch(banner); r != nil {
		return program, banner, version(r[1], r[2]), true
	}
	if l := libavutil.FindSubmatch(out); l != nil {
		lib := version(string(l[1]), string(l[2]))
		for _, row := range libavutils {
			if lib.AtLeast(row.lib.Major, row.lib.Minor) {
				return program, banner, row.release, true
			}
		}
	}
	return program, banner, newest, true
}

// version makes a Version of two short strings of digits.
func version(major, minor string) Version {
	a, _ := strconv.Atoi(major)
	b, _ := strconv.Atoi(minor)
	return Version{a, b}
}
