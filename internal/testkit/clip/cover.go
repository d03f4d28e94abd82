package clip

import (
	"context"
	"fmt"
	"path/filepath"
)

// writeCover draws a picture that is not of any clip.
func writeCover(ctx context.Context, dir string) error {
	return ffmpeg(ctx, "-f", "lavfi", "-i", "color=c=orange:s=120x120", "-frames:v", "1", "-pix_fmt", "yuvj420p", coverIn(dir))
}

func coverIn(dir string) string { return filepath.Join(dir, "cover.jpg") }

// coverOptions makes the picture in dir the cover of an output, whose video stream number n it is. Matroska keeps
// covers as attached files, which FFmpeg shows as video streams when it reads them.
func coverOptions(ext, dir string, n int) []string {
	if ext == "mkv" || ext == "mka" {
		return []string{"-attach", coverIn(dir), "-metadata:s:t", "mimetype=image/jpeg", "-metadata:s:t", "filename=cover.jpg"}
	}
	return []string{fmt.Sprintf("-c:v:%d", n), "copy", fmt.Sprintf("-disposition:v:%d", n), "attached_pic"}
}

// makeSound makes a file of sound only.
func makeSound(ctx context.Context, dir, ext string, cover bool) (string, error) {
	out := filepath.Join(dir, "sound."+ext)
	args := []string{"-f", "lavfi", "-t", "1", "-i", "sine=frequency=220:sample_rate=48000"}
	var options []string
	if cover {
		if err := writeCover(ctx, dir); err != nil {
			return "", err
		}
		options = coverOptions(ext, dir, 0)
		if ext != "mka" {
			args = append(args, "-i", coverIn(dir), "-map", "0:a", "-map", "1:v")
		}
	}
	codec := "aac"
	if ext == "mp3" {
		codec = "libmp3lame"
	}
	args = append(append(args, options...), "-c:a", codec, "-b:a", "32k")
	return out, ffmpeg(ctx, append(args, out)...)
}
