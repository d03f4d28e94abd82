package source

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// found is a video file that a walk came by.
type found struct {
	path    string
	folder  string // that the walk began with; empty for a file that was named
	size    int64  // bytes
	changed time.Time
}

// walk goes through folders. Each folder is read once, however many links lead to it.
type walk struct {
	ctx  context.Context
	o    Options
	been map[string]bool // folders, by their path without links
}

func newWalk(ctx context.Context, o Options) *walk {
	return &walk{ctx: ctx, o: o, been: map[string]bool{}}
}

// files returns the videos below a folder, by name. What has a hidden name, what the rules leave out, links that lead
// nowhere and folders that this user may not read are left out; any other error ends the walk: a share that goes away
// under way must not look like an empty one.
func (w *walk) files(root string) iter.Seq2[found, error] {
	return func(yield func(found, error) bool) {
		unlinked, err := filepath.EvalSymlinks(root)
		if err == nil {
			unlinked, err = filepath.Abs(unlinked)
		}
		if err != nil {
			yield(found{}, fault(root, err))
			return
		}
		w.folder(root, root, unlinked, yield)
	}
}

// folder walks through one folder, and reports whether to go on.
func (w *walk) folder(root, dir, unlinked string, yield func(found, error) bool) bool {
	if w.been[unlinked] || !w.o.Rules.folder(dir) {
		return true
	}
	w.been[unlinked] = true
	if w.ctx.Err() != nil {
		yield(found{}, context.Cause(w.ctx))
		return false
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		w.o.Log.Warn().Str("folder", dir).Msg("left out a folder that cannot be read by this user")
		return true
	}
	if err != nil {
		yield(found{}, fault(dir, err))
		return false
	}
	for _, e := range entries {
		if !w.entry(root, filepath.Join(dir, e.Name()), filepath.Join(unlinked, e.Name()), e, yield) {
			return false
		}
	}
	return true
}

func (w *walk) entry(root, path, unlinked string, e fs.DirEntry, yield func(found, error) bool) bool {
	link := e.Type()&fs.ModeSymlink != 0
	if preview.LeftOut(e.Name()) || !link && !e.IsDir() && !(e.Type().IsRegular() && preview.VideoName(e.Name())) {
		return true
	}
	if e.IsDir() {
		return w.folder(root, path, unlinked, yield)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil: // it went away just now, or is a link that leads nowhere
	case info.IsDir():
		if unlinked, err = filepath.EvalSymlinks(path); err == nil {
			return w.folder(root, path, unlinked, yield)
		}
	case info.Mode().IsRegular() && preview.VideoName(e.Name()) && w.o.Rules.path(path):
		return yield(found{path, root, info.Size(), info.ModTime()}, nil)
	}
	return true
}

// fault gives an error on the way through a folder its reason.
func fault(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return preview.Because(preview.MountMissing, "read the folder %s: %w", dir, err)
	}
	return preview.Because(preview.VideoReadFailed, "read the folder %s: %w", dir, err)
}

// video makes a video of a file.
func (f found) video() preview.Video {
	return preview.Video{
		Source: FolderID, Key: f.path, Library: f.folder, Title: bare(filepath.Base(f.path)), Path: f.path, Remote: f.path,
		Size: f.size, Changed: f.changed, Added: f.changed,
	}
}

// byTime compares for newest first; what is of the same time goes by name.
func byTime(a, b found) int {
	if c := b.changed.Compare(a.changed); c != 0 {
		return c
	}
	return strings.Compare(a.path, b.path)
}
