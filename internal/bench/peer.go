package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peer is the usual way to make previews, run as it is: media_preview_generator 4.3 (github.com/stevezau) first lists
// every packet to learn how far keyframes are apart, then lets FFmpeg read the whole file and decode every keyframe
// into a folder of JPEGs. Its own work after that, packing them into a BIF, is not counted.
type peer struct {
	ffmpeg, ffprobe string
	dir             string // for its pictures
}

// scan is the first of its two commands. It also returns the largest distance between keyframes.
func (p peer) scan(ctx context.Context, video string) (usage, time.Duration, error) {
	u, out, err := measure(ctx, command{path: p.ffprobe, args: []string{
		"-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags", "-of", "csv", video,
	}})
	if err != nil {
		return u, 0, err
	}
	gap, err := largestGap(string(out))
	return u, gap, err
}

// pictures is the second.
func (p peer) pictures(ctx context.Context, video string, hdr bool) (usage, error) {
	folder, err := os.MkdirTemp(p.dir, ".peer-")
	if err != nil {
		return usage{}, err
	}
	defer os.RemoveAll(folder)
	filter := "fps=fps=0.1:round=up,"
	if hdr { // on the CPU it maps the tones of the full picture and scales it down then
		filter += "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p,"
	}
	u, _, err := measure(ctx, command{path: p.ffmpeg, args: []string{
		"-loglevel", "info", "-skip_frame:v", "nokey", "-i", video, "-an", "-sn", "-dn", "-q:v", "4",
		"-vf", filter + "scale=w=320:h=240:force_original_aspect_ratio=decrease", filepath.Join(folder, "img-%06d.jpg"),
	}})
	if err != nil {
		return u, err
	}
	made, err := os.ReadDir(folder)
	if err == nil && len(made) == 0 {
		err = fmt.Errorf("the usual way made no pictures of %s", video)
	}
	return u, err
}

// largestGap finds it in ffprobe's lines of "packet,<seconds>,<flags>", in which K means keyframe.
func largestGap(lines string) (time.Duration, error) {
	var gap, last float64
	keyframes := 0
	for line := range strings.Lines(lines) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if len(fields) < 3 || !strings.HasPrefix(fields[2], "K") {
			continue
		}
		at, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return 0, fmt.Errorf("read ffprobe's line %q: %w", line, err)
		}
		if keyframes > 0 {
			gap = max(gap, at-last)
		}
		last = at
		keyframes++
	}
	if keyframes < 2 {
		return 0, fmt.Errorf("ffprobe found %d keyframes", keyframes)
	}
	return time.Duration(gap * float64(time.Second)), nil
}
