package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// input is a video that the command line led to.
type input struct {
	path  string
	bytes int64
	fault error // why it can be no video of ours; nil when it may be one
}

// inputs finds the videos that args name: files as they are, folders with all that is below them, sorted by name.
// What was named and cannot be read is among them, with its fault. A video that was reached by the same path twice
// comes once.
func inputs(ctx context.Context, args []string) []input {
	w := walk{ctx: ctx, files: map[string]bool{}, folders: map[string]bool{}}
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			w.add(input{path: arg, fault: faultOf(err)})
		case info.IsDir():
			w.folder(arg)
		case !info.Mode().IsRegular():
			// Opening a pipe would wait for its other end.
			w.add(input{path: arg, fault: preview.Because(preview.VideoNotVideo, "read %s: it is a %v, not a file", arg, info.Mode().Type())})
		default:
			w.add(input{path: arg, bytes: info.Size()})
		}
	}
	return w.found
}

// walk is one search for videos.
type walk struct {
	ctx     context.Context
	found   []input
	files   map[string]bool // by absolute path
	folders map[string]bool // by path without links: a link to a folder above must not send us in circles
}

func (w *walk) add(in input) {
	key, err := filepath.Abs(in.path)
	if err != nil {
		key = in.path
	}
	if !w.files[key] {
		w.files[key] = true
		w.found = append(w.found, in)
	}
}

func (w *walk) folder(dir string) {
	if w.ctx.Err() != nil {
		return
	}
	key, err := filepath.EvalSymlinks(dir)
	if err == nil {
		key, err = filepath.Abs(key)
	}
	if err != nil {
		w.add(input{path: dir, fault: faultOf(err)})
		return
	}
	if w.folders[key] {
		return
	}
	w.folders[key] = true
	entries, err := os.ReadDir(dir) // sorted; with an error it still has what was read before
	if err != nil {
		w.add(input{path: dir, fault: faultOf(err)})
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if leftOut(entry.Name()) {
			continue
		}
		mode := entry.Type()
		if mode&fs.ModeSymlink == 0 && mode.IsRegular() && !isVideo(path) {
			continue
		}
		info, err := os.Stat(path) // follows links
		switch {
		case err != nil: // a dangling link, or a file that went away just now: nobody asked for it by name
		case info.IsDir():
			w.folder(path)
		case info.Mode().IsRegular() && isVideo(path):
			w.add(input{path: path, bytes: info.Size()})
		}
	}
}

// leftOut reports whether a walk leaves a name out: hidden files and folders (among them macOS's "._film.mkv",
// which is no film), and the places where NAS systems and Windows keep what was deleted or made by themselves.
func leftOut(name string) bool {
	switch strings.ToLower(name) {
	case "@eadir", "#recycle", "@recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// isVideo reports whether a walk takes the file for a video, by its name. Files named on the command line are taken
// whatever they are called.
func isVideo(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".mkv", ".mk3d", ".webm", ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2",
		".avi", ".divx", ".wmv", ".asf", ".flv", ".f4v", ".rm", ".rmvb", ".ogv", ".ogm",
		".mpg", ".mpeg", ".m2v", ".vob", ".ts", ".tp", ".trp", ".m2ts", ".mts", ".m2t", ".wtv", ".mxf", ".dv":
		return true
	}
	return false
}

// faultOf gives an error of the file system on the way to a video its reason.
func faultOf(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &preview.Fault{Reason: preview.VideoMissing, Err: err}
	case errors.Is(err, fs.ErrPermission):
		return &preview.Fault{Reason: preview.VideoUnreadable, Err: err}
	}
	// "Not a directory", a name that is too long, a stale network handle: the path leads nowhere.
	return &preview.Fault{Reason: preview.VideoMissing, Err: err}
}
