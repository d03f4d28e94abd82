package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/container/mkv"
	"github.com/scrubjay/scrubjay/internal/video/container/mp4"
	"github.com/scrubjay/scrubjay/internal/video/probe"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// source is the video file of one render.
type source struct {
	ctx   context.Context // of the render
	path  string
	file  *os.File
	stat  os.FileInfo // from before the first byte was read
	bytes atomic.Int64
}

// openSource opens a video and remembers which version of it that is. Reading ends with the context: looking for the
// keyframes of a file without an index may take minutes on a slow share.
func openSource(ctx context.Context, path string) (*source, error) {
	stat, err := os.Stat(path)
	if err == nil && !stat.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, preview.Because(preview.VideoNotVideo, "%s is no regular file", path)
	}
	if err != nil {
		return nil, faultOfRead("open video", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, faultOfRead("open video", err)
	}
	if stat, err = f.Stat(); err != nil {
		err = faultOfRead("open video", err)
	}
	if err == nil && stat.Size() == 0 {
		err = preview.Because(preview.VideoEmpty, "%s has no bytes", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	adviseRandom(f)
	return &source{ctx: ctx, path: path, file: f, stat: stat}, nil
}

// faultOfRead names the reason of an error of the file system on the way to the video.
func faultOfRead(what string, err error) error {
	reason := preview.VideoReadFailed
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
		reason = preview.VideoMissing
	case errors.Is(err, fs.ErrPermission):
		reason = preview.VideoUnreadable
	}
	return preview.Because(reason, "%s: %w", what, err)
}

// ReadAt counts what it reads.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	n, err := s.file.ReadAt(p, off)
	s.bytes.Add(int64(n))
	return n, err
}

func (s *source) Close() error { return s.file.Close() }

// unchanged reports whether the path still names the version that was opened.
func (s *source) unchanged() error {
	now, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return preview.Because(preview.VideoChanged, "the video vanished while it was read: %w", err)
	case err != nil:
		return faultOfRead("look at the video again", err)
	case !os.SameFile(now, s.stat) || now.Size() != s.stat.Size() || !now.ModTime().Equal(s.stat.ModTime()):
		return preview.Because(preview.VideoChanged, "size or time of the video changed while it was read: %d bytes at %s, now %d at %s",
			s.stat.Size(), s.stat.ModTime().Format(time.RFC3339Nano), now.Size(), now.ModTime().Format(time.RFC3339Nano))
	}
	return nil
}

// track finds the picture track in the container's own index. The error says why there is none to be had; FFmpeg then
// reads the whole file.
func (s *source) track(v probe.Info) (container.Track, error) {
	src := container.Source{R: s, Size: s.stat.Size()}
	tracks, err := tracksOf(src)
	if err != nil {
		return nil, err
	}
	if v.TrackID != 0 {
		for _, t := range tracks {
			if t.Info().ID == v.TrackID {
				return t, nil
			}
		}
		return nil, fmt.Errorf("find track %d: %w", v.TrackID, container.ErrNoIndex) // it cannot be used, and others are not it
	}
	if v.Ordinal < len(tracks) {
		return tracks[v.Ordinal], nil
	}
	return nil, container.ErrNoIndex
}

func tracksOf(src container.Source) ([]container.Track, error) {
	m, err := mkv.Open(src)
	if err == nil {
		return m.Tracks(), nil
	}
	if !errors.Is(err, container.ErrNotMine) {
		return nil, err
	}
	f, err := mp4.Open(src)
	if err != nil {
		return nil, err
	}
	return f.Tracks(), nil
}

// indexOf is what a recipe wants to know of a track; nil when the track cannot be fed to FFmpeg.
func indexOf(t container.Track) *recipe.Index {
	if t == nil || t.Info().Codec == "" || len(t.Keyframes()) == 0 {
		return nil
	}
	return &recipe.Index{Track: t.Info(), Keys: t.Keyframes()}
}

var _ io.ReaderAt = (*source)(nil)
