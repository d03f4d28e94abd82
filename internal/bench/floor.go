package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// floor measures what nobody can go below: FFmpeg alone, decoding, scaling and encoding exactly the packets that
// scrubjayd chose. The packets and the arguments are caught on their way by a stand-in for FFmpeg.
func (o ours) floor(ctx context.Context, ffmpeg, ffprobe, video string, runs int) (usage, error) {
	folder, err := os.MkdirTemp(o.dir, ".floor-")
	if err != nil {
		return usage{}, err
	}
	defer os.RemoveAll(folder)
	standIn, err := standInFor(ffmpeg, ffprobe, folder)
	if err != nil {
		return usage{}, err
	}
	if _, _, err := o.generate(ctx, video, []string{"SCRUBJAY_FFMPEG=" + standIn}); err != nil {
		return usage{}, err
	}
	lines, err := os.ReadFile(filepath.Join(folder, "args"))
	if err != nil {
		return usage{}, fmt.Errorf("catch the packets of %s: %w", video, err)
	}
	args := strings.Split(strings.TrimSuffix(string(lines), "\n"), "\n")

	var all []usage
	for range runs {
		feed, err := os.Open(filepath.Join(folder, "feed"))
		if err != nil {
			return usage{}, err
		}
		u, _, err := measure(ctx, command{path: ffmpeg, args: args, stdin: feed})
		feed.Close()
		if err != nil {
			return usage{}, err
		}
		all = append(all, u)
	}
	return medians(all), nil
}

// standInFor writes programs that do as ffmpeg and ffprobe do, and keep what goes into the former's stdin in
// folder/feed and its arguments in folder/args.
func standInFor(ffmpeg, ffprobe, folder string) (path string, err error) {
	path = filepath.Join(folder, "ffmpeg")
	script := fmt.Sprintf(`#!/bin/sh
case " $* " in
*" pipe:0 "*)
	printf '%%s\n' "$@" >%[2]s/args
	tee %[2]s/feed | %[1]s "$@"
	;;
*) exec %[1]s "$@" ;;
esac
`, quoted(ffmpeg), quoted(folder))
	if err := os.WriteFile(path, []byte(script), 0o777); err != nil {
		return "", err
	}
	script = fmt.Sprintf("#!/bin/sh\nexec %s \"$@\"\n", quoted(ffprobe))
	return path, os.WriteFile(filepath.Join(folder, "ffprobe"), []byte(script), 0o777)
}

// quoted is one word for a shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
