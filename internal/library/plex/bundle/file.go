package bundle

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// HashFile returns the hash of a video on disk, and the state of the file that it belongs to. A file that changes
// meanwhile is refused with [preview.VideoChanged]; the other faults are VideoMissing, VideoUnreadable, VideoNotVideo
// and VideoReadFailed.
//
// It returns when ctx ends even if the drive or share does not answer. The read that hangs then goes on until it does.
func HashFile(ctx context.Context, path string) (hash string, v preview.Version, err error) {
	type result struct {
		hash    string
		version preview.Version
		err     error
	}
	if err := ctx.Err(); err != nil {
		return "", preview.Version{}, err
	}
	done := make(chan result, 1)
	go func() {
		h, v, err := hashFile(path, func() {})
		done <- result{h, v, err}
	}()
	select {
	case r := <-done:
		return r.hash, r.version, r.err
	case <-ctx.Done():
		return "", preview.Version{}, context.Cause(ctx)
	}
}

// hashFile is HashFile without its waiting; read is called between reading and looking again.
func hashFile(path string, read func()) (string, preview.Version, error) {
	switch info, err := os.Stat(path); { // before opening, because opening a pipe waits for somebody who writes
	case err != nil:
		return "", preview.Version{}, fault("look for video", err)
	case !info.Mode().IsRegular():
		return "", preview.Version{}, preview.Because(preview.VideoNotVideo, "look for video: %s is no file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", preview.Version{}, fault("open video", err)
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return "", preview.Version{}, fault("look at video", err)
	}

	hash, err := Hash(f, before.Size())
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "", preview.Version{}, preview.Because(preview.VideoChanged, "hash %s: %w", path, err)
	}
	if err != nil {
		return "", preview.Version{}, fault("hash video", err)
	}
	read()
	// The name is looked up again, too: an importer puts another file there by renaming.
	for _, look := range []func() (fs.FileInfo, error){f.Stat, func() (fs.FileInfo, error) { return os.Stat(path) }} {
		after, err := look()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", preview.Version{}, fault("look for video again", err)
		}
		if err != nil || !os.SameFile(before, after) || !version(before).Same(version(after)) {
			return "", preview.Version{}, preview.Because(preview.VideoChanged, "hash %s: it changed meanwhile", path)
		}
	}
	return hash, version(before), nil
}

func version(info fs.FileInfo) preview.Version {
	return preview.Version{Size: info.Size(), ModTime: info.ModTime()}
}

func fault(doing string, err error) error {
	reason := preview.VideoReadFailed
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason = preview.VideoMissing
	case errors.Is(err, fs.ErrPermission):
		reason = preview.VideoUnreadable
	}
	return preview.Because(reason, "%s: %w", doing, err)
}
