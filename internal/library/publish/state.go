package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// State is a state of a file as exactly as the system tells it.
type State struct {
	preview.Version
	file identity
}

// identity tells files apart that have one name, and notices a write that set the time back. It is empty where the
// system does not have it.
type identity struct {
	device, inode uint64
	changed       [2]int64 // ctime: seconds and nanoseconds
}

// Look returns the state of a video. Its faults are VideoMissing, VideoUnreadable, VideoNotVideo and VideoReadFailed. It
// returns when ctx ends even if the drive or share does not answer; the question then waits on by itself.
func Look(ctx context.Context, path string) (State, error) {
	type answer struct {
		info fs.FileInfo
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		info, err := os.Stat(path)
		done <- answer{info, err}
	}()
	var a answer
	select {
	case a = <-done:
	case <-ctx.Done():
		return State{}, context.Cause(ctx)
	}
	switch {
	case errors.Is(a.err, fs.ErrNotExist):
		return State{}, preview.Because(preview.VideoMissing, "look for video: %w", a.err)
	case errors.Is(a.err, fs.ErrPermission):
		return State{}, preview.Because(preview.VideoUnreadable, "look for video: %w", a.err)
	case a.err != nil:
		return State{}, preview.Because(preview.VideoReadFailed, "look for video: %w", a.err)
	case !a.info.Mode().IsRegular():
		return State{}, preview.Because(preview.VideoNotVideo, "look for video: %s is no file", path)
	}
	return State{
		Version: preview.Version{Size: a.info.Size(), ModTime: a.info.ModTime()},
		file:    identityOf(a.info),
	}, nil
}
