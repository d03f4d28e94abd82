// Package film makes the videos that the demo and the benchmark show off with.
//
// FFmpeg draws a few seconds with sources of its own, encodes them once, and repeats them without encoding again
// until the film is long enough: a film of gigabytes costs a minute. Films are kept and made anew only when their
// recipe changed. The package knows FFmpeg's command line and nothing of Scrubjay.
package film

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Film is one video to be made.
type Film struct {
	// Name of the file. Its extension chooses the container.
	Name string
	// Source is FFmpeg's lavfi graph that draws the picture, at the size and frame rate of the film.
	Source string
	// Piece is how much of it is encoded.
	Piece time.Duration
	// Times is how often the piece is seen. With more than one, a whole number of keyframe intervals should fit
	// into it, and the encoder's groups of pictures must be closed.
	Times int
	// Encode are the encoder's options.
	Encode []string
	// Mux are the muxer's options.
	Mux []string
	// Upright is the clockwise turn in degrees that a player gives the picture, as phones ask for in MP4: 0 or 90.
	Upright int
}

// Length of the whole film.
func (f Film) Length() time.Duration { return f.Piece * time.Duration(max(f.Times, 1)) }

// Have returns the film's path in dir and reports whether it lies there as f wants it.
func (f Film) Have(dir string) (path string, have bool) {
	path = filepath.Join(dir, f.Name)
	if _, err := os.Stat(path); err != nil {
		return path, false
	}
	recipe, err := os.ReadFile(f.recipePath(dir))
	return path, err == nil && string(recipe) == f.recipe()
}

// Make puts the film into dir, which is created, unless it lies there already. ffmpeg is the program's path. The
// folder never holds half a film under its own name.
func (f Film) Make(ctx context.Context, ffmpeg, dir string) (path string, err error) {
	path, have := f.Have(dir)
	if have {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	// Beside the target, so that the last step is a rename, and so that gigabytes do not fill /tmp.
	work, err := os.MkdirTemp(dir, ".making-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	piece := filepath.Join(work, "piece"+filepath.Ext(f.Name))
	whole := piece
	if err := f.encode(ctx, ffmpeg, piece); err != nil {
		return "", err
	}
	if f.Times > 1 {
		whole = filepath.Join(work, f.Name)
		if err := f.repeat(ctx, ffmpeg, piece, whole); err != nil {
			return "", err
		}
	}
	if f.Upright != 0 {
		if err := turn(whole, f.Upright); err != nil {
			return "", fmt.Errorf("turn %s: %w", f.Name, err)
		}
	}
	if err := os.Rename(whole, path); err != nil {
		return "", err
	}
	return path, os.WriteFile(f.recipePath(dir), []byte(f.recipe()), 0o666)
}

func (f Film) encode(ctx context.Context, ffmpeg, out string) error {
	args := []string{"-f", "lavfi", "-i", f.Source, "-t", seconds(f.Piece)}
	args = append(args, f.Encode...)
	return run(ctx, ffmpeg, append(args, append(f.Mux, out)...))
}

func (f Film) repeat(ctx context.Context, ffmpeg, piece, out string) error {
	args := []string{"-stream_loop", fmt.Sprint(f.Times - 1), "-i", piece, "-map", "0:v", "-c", "copy"}
	return run(ctx, ffmpeg, append(args, append(f.Mux, out)...))
}

// recipe is everything that shapes the film, as text that lies beside it.
func (f Film) recipe() string { return fmt.Sprintf("%+v\n", f) }

func (f Film) recipePath(dir string) string { return filepath.Join(dir, "."+f.Name+".recipe") }

func run(ctx context.Context, ffmpeg string, args []string) error {
	args = append([]string{"-hide_banner", "-loglevel", "error", "-nostdin", "-y"}, args...)
	if out, err := exec.CommandContext(ctx, ffmpeg, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("run ffmpeg %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// seconds is d as FFmpeg reads it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
