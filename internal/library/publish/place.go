package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Place is where one preview stands, or will. It is used by one goroutine and must be closed.
type Place struct {
	spot  Spot
	desk  *Desk
	root  *os.Root
	leave func()

	draft  string   // its name below root, with slashes; empty before there is one
	made   []string // folders that were made for it
	done   bool     // the preview is in its place
	closed bool
}

var _ preview.Place = (*Place)(nil)

// Path returns where the preview stands, or will.
func (p *Place) Path() string { return filepath.Join(p.spot.Root, filepath.FromSlash(p.spot.Name)) }

// Version returns the state of the video's file when the place was opened.
func (p *Place) Version() preview.Version { return p.spot.Seen.Version }

// Draft returns the path to render to. It is an empty file in the folder of the preview, which is made if it is missing;
// so a folder that cannot be written shows before the work and not after. Asked again, it returns the same path.
func (p *Place) Draft() (string, error) {
	info, err := os.Stat(p.spot.Like)
	if err != nil {
		return "", Fault("look at neighbour", p.spot.Root, err)
	}
	made, err := p.desk.make(p.root, p.folder(), likeOf(info))
	p.made = append(p.made, made...)
	if err != nil {
		return "", p.fault("create folder", err)
	}
	if p.draft == "" {
		p.draft = path.Join(p.folder(), draftName(path.Base(p.spot.Name)))
	}
	f, err := p.root.OpenFile(filepath.FromSlash(p.draft), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return "", p.fault("create draft", err)
	}
	if err := f.Close(); err != nil {
		return "", p.fault("create draft", err)
	}
	return filepath.Join(p.spot.Root, filepath.FromSlash(p.draft)), nil
}

// Commit puts the draft in its place, durably and in one step; replaced says that another preview was there. It refuses
// with [preview.VideoChanged] when the video's file is not the one that was seen, and with [preview.VideoMissing] when it
// is gone. What stood there before stays until the last step, and after any error.
func (p *Place) Commit(ctx context.Context) (replaced bool, err error) {
	if p.draft == "" || p.done || p.closed {
		return false, errors.New("commit preview: there is no draft")
	}
	if err := p.unchanged(ctx); err != nil {
		return false, err
	}
	if err := p.finish(); err != nil {
		return false, p.fault("finish draft", err)
	}
	replaced, err = p.standing()
	if err != nil {
		return false, err
	}
	if err := ctx.Err(); err != nil {
		return false, context.Cause(ctx)
	}
	err = whileInUse(ctx, inUse, func() error {
		return p.root.Rename(filepath.FromSlash(p.draft), filepath.FromSlash(p.spot.Name))
	})
	if err != nil {
		return false, p.fault("put preview in place", err)
	}
	p.done = true
	p.desk.keep(p.root, p.folder())
	// The rename survives a power cut where folders can be synced. Where they cannot, it stands all the same.
	p.syncFolder(p.folder())
	for _, folder := range p.made {
		p.syncFolder(path.Dir(filepath.ToSlash(folder)))
	}
	return replaced, nil
}

// Close lets others have the place. A draft that was not committed is removed, with the folders that were made for it.
func (p *Place) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	if !p.done {
		if p.draft != "" {
			p.sweep()
		}
		p.desk.unmake(p.root, p.folder())
	}
	err := p.root.Close()
	p.leave()
	return err
}

// folder returns the name of the preview's folder below root, with slashes; "." for root itself.
func (p *Place) folder() string { return path.Dir(p.spot.Name) }

// unchanged returns nil when the video is the file that was seen.
func (p *Place) unchanged(ctx context.Context) error {
	now, err := Look(ctx, p.spot.Video)
	if err != nil {
		return err
	}
	same := now.Version.Same(p.spot.Seen.Version)
	if same && now.file != p.spot.Seen.file && p.spot.Same != nil {
		if same, err = p.spot.Same(ctx); err != nil {
			return err
		}
	}
	if !same {
		return preview.Because(preview.VideoChanged, "commit preview: %s is not the file that was rendered", p.spot.Video)
	}
	return nil
}

// finish makes the draft look like its neighbours, and durable.
func (p *Place) finish() error {
	name := filepath.FromSlash(p.draft)
	switch info, err := p.root.Lstat(name); {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return preview.Because(preview.TargetForeign, "%s is a %v", name, info.Mode().Type())
	case info.Size() == 0:
		return errors.New("nothing was rendered to it")
	}
	info, err := os.Stat(p.spot.Like)
	if err != nil {
		return err
	}
	f, err := p.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	l := likeOf(info)
	l.dress(f, l.file)
	return errors.Join(f.Sync(), f.Close())
}

// standing reports whether a preview is in the place already. What is there and may not be replaced is a fault.
func (p *Place) standing() (bool, error) {
	name := filepath.FromSlash(p.spot.Name)
	info, err := p.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, p.fault("look for preview", err)
	case info.IsDir():
		return false, preview.Because(preview.TargetExists, "look for preview: %s is a folder", p.Path())
	case !info.Mode().IsRegular():
		return false, preview.Because(preview.TargetForeign, "look for preview: %s is a %v", p.Path(), info.Mode().Type())
	case info.Size() == 0: // what an aborted copy leaves
		return false, nil
	case p.spot.Ours == nil:
		return true, nil
	}
	f, err := p.root.Open(name)
	if err != nil {
		return false, p.fault("look at preview", err)
	}
	defer f.Close()
	if !p.spot.Ours(f) {
		return false, preview.Because(preview.TargetForeign, "look at preview: %s does not begin as one", p.Path())
	}
	return true, nil
}

// sweep removes the drafts of this place, which is ours, and what a render left beside them.
func (p *Place) sweep() {
	f, err := p.root.Open(filepath.FromSlash(p.folder()))
	if err != nil {
		return
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	ours := leftover(path.Base(p.spot.Name))
	for _, name := range names {
		if ours(name) {
			_ = p.root.Remove(filepath.Join(filepath.FromSlash(p.folder()), name))
		}
	}
}

func (p *Place) syncFolder(name string) {
	if f, err := p.root.Open(filepath.FromSlash(name)); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

// fault names the reason of an error on the way to the place.
func (p *Place) fault(doing string, err error) error {
	if preview.ReasonOf(err) == preview.Unknown && leadsOut(p.root, p.spot.Name) {
		return preview.Because(preview.TargetOutside, "%s %s: %w", doing, p.Path(), err)
	}
	return Fault(doing+" at "+p.Path(), p.nearest(), err)
}

// nearest returns the path of the preview's folder, or of the nearest one above it that is there.
func (p *Place) nearest() string {
	at := p.spot.Root
	for step := range steps(p.folder()) {
		if info, err := p.root.Stat(step); err != nil || !info.IsDir() {
			break
		}
		at = filepath.Join(p.spot.Root, step)
	}
	return at
}
