package source

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// FolderID is the source of videos in plain folders.
const FolderID = "folder"

// pageFiles is how many files are listed at a time: each of them was looked at on its disk.
const pageFiles = 500

// Folder lists the videos in plain folders, which need not belong to any server.
type Folder struct{ o Options }

// NewFolder makes a source of plain folders. Which ones is said by each selection.
func NewFolder(o Options) *Folder { return &Folder{o} }

// ID is [FolderID].
func (f *Folder) ID() string { return FolderID }

// Check reports whether the folders that are selected are there, and hold something.
func (f *Folder) Check(ctx context.Context, s preview.Selection) error {
	named, err := places(s)
	if err != nil {
		return err
	}
	for _, path := range named {
		info, err := os.Stat(path)
		switch {
		case err == nil && info.Mode().IsRegular():
		case err == nil && !info.IsDir():
			return noFile(path, info)
		case errors.Is(err, fs.ErrNotExist) && preview.VideoName(path):
			// A single file that is not there (yet) ends no job.
		default:
			if err := look(ctx, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// noFile is the fault of a device or a pipe. Opening one might wait for its other end.
func noFile(path string, info fs.FileInfo) error {
	return preview.Because(preview.VideoNotVideo, "look at %s: it is a %v, not a file", path, info.Mode().Type())
}

// places returns what is selected, as whole paths.
func places(s preview.Selection) ([]string, error) {
	if len(s.Folders)+len(s.Paths) == 0 {
		return nil, preview.Because(preview.NothingChosen, "list plain folders: neither a folder nor a file is selected")
	}
	var out []string
	for _, path := range slices.Concat(s.Folders, s.Paths) {
		whole, err := filepath.Abs(path)
		if path == "" || err != nil { // Abs of nothing is the folder that we happen to run in
			return nil, preview.Because(preview.NothingChosen, "list plain folders: %q is no path: %v", path, err)
		}
		if !slices.Contains(out, whole) {
			out = append(out, whole)
		}
	}
	return out, nil
}

// Videos lists the videos in the folders that are selected and below them, and the files that are named, whatever those
// are called. By name they come as they are found; in any other order when all of them are. A video that two of the
// folders hold comes once.
func (f *Folder) Videos(ctx context.Context, s preview.Selection) iter.Seq2[preview.Page, error] {
	return func(yield func(preview.Page, error) bool) {
		named, err := places(s)
		if err != nil {
			yield(preview.Page{}, err)
			return
		}
		p := pages{yield: yield}
		var all []found
		for file, err := range f.files(ctx, named) {
			switch {
			case err != nil:
				yield(preview.Page{}, err)
				return
			case s.Order != preview.ByName:
				all = append(all, file)
			case !p.add(file):
				return
			}
		}
		switch s.Order {
		case preview.ByName:
		case preview.Random:
			shuffle(f.o, all)
		case preview.Oldest:
			slices.SortFunc(all, func(a, b found) int { return byTime(b, a) })
		default:
			slices.SortFunc(all, byTime)
		}
		p.total = len(all)
		for _, file := range all {
			if !p.add(file) {
				return
			}
		}
		p.flush()
		f.o.Log.Debug().Int("videos", p.listed).Msg("listed")
	}
}

// files returns what is named and what is below it, each file once.
func (f *Folder) files(ctx context.Context, named []string) iter.Seq2[found, error] {
	return func(yield func(found, error) bool) {
		w := newWalk(ctx, f.o)
		single := map[string]bool{}
		for _, path := range named {
			info, err := os.Stat(path)
			var file found
			switch {
			case err == nil && info.Mode().IsRegular():
				file = found{path: path, size: info.Size(), changed: info.ModTime()}
			case errors.Is(err, fs.ErrNotExist) && preview.VideoName(path):
				file = found{path: path}
			case err == nil && !info.IsDir():
				yield(found{}, noFile(path, info))
				return
			default:
				continue
			}
			if single[path] = true; f.o.Rules.path(path) && !yield(file, nil) {
				return
			}
		}
		for _, path := range named {
			if single[path] {
				continue
			}
			for file, err := range w.files(path) {
				if !single[file.path] && !yield(file, err) || err != nil {
					return
				}
			}
		}
	}
}

// pages hands out videos some hundred at a time.
type pages struct {
	yield         func(preview.Page, error) bool
	page          []preview.Video
	listed, total int
	over          bool
}

// add reports whether more are wanted.
func (p *pages) add(f found) bool {
	p.page = append(p.page, f.video())
	return len(p.page) < pageFiles || p.flush()
}

func (p *pages) flush() bool {
	if len(p.page) == 0 || p.over {
		return !p.over
	}
	p.listed += len(p.page)
	p.over = !p.yield(preview.Page{Videos: p.page, Listed: p.listed, Total: p.total}, nil)
	p.page = nil
	return !p.over
}

// Missing explains a file that is not there: nil when the folder that was asked for still stands and holds something,
// or when the file was named itself.
func (f *Folder) Missing(ctx context.Context, v preview.Video) error {
	if v.Library == "" {
		return nil
	}
	return look(ctx, v.Library)
}
