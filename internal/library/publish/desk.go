// Package publish puts a preview in its place so that nobody ever sees half of one: a draft beside the place, made
// durable, then one rename. It hands out places one at a time, stays inside the folder that it was given whatever links
// lie there, makes files and folders look like their neighbours, and leaves nothing behind.
//
// Which place a video's preview has is known to the packages below, one for each kind of target; publishtest has what
// all of them must be able to do. How pictures are made, and what is in a preview, is known to none of them.
package publish

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Desk hands out places, each to one at a time. Its zero value is ready; all methods may be called from any goroutine.
// One desk must see all who publish below a folder: what lies there of killed processes is removed by who gets the place.
type Desk struct {
	mu    sync.Mutex
	turns map[string]*turn // guarded by mu
	// folders is held while folders are made or removed, so that none goes while somebody makes one inside.
	folders sync.Mutex
	// made are the paths of folders that were made for places and that no preview is in so far. Several places may be on
	// their way through one, and the last to leave it empty removes it. Guarded by folders.
	made map[string]bool
}

// Spot says where a preview belongs, and of what.
type Spot struct {
	Root  string // the folder that is never left; its own path may have links
	Name  string // of the preview below Root, with slashes
	Like  string // path of the file or folder whose mode, and owner where we may, new files and folders get
	Video string // path
	Seen  State  // of the video
	// Same is asked when the system calls the video another file, or touched, although it has its size and time: network
	// file systems hand out new numbers for old files, and a new mode is no new film. Nil believes size and time.
	Same func(ctx context.Context) (bool, error)
	// Ours reports whether what stands at the place may be replaced, by its beginning. Nil replaces any file.
	Ours func(r io.Reader) bool
}

// Open waits until nobody else has the place and takes it. What a killed process left of a draft there is removed. Errors
// are those of the target, as [Fault] makes them, and the cause of ctx.
func (d *Desk) Open(ctx context.Context, s Spot) (*Place, error) {
	folder, err := filepath.Abs(s.Root)
	if err != nil {
		return nil, Fault("find the working folder", s.Root, err)
	}
	s.Root = folder
	leave, err := d.wait(ctx, strings.ToLower(filepath.Join(s.Root, s.Name))) // A and a may be one file
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(s.Root)
	if err != nil {
		leave()
		return nil, Fault("open folder", s.Root, err)
	}
	p := &Place{spot: s, desk: d, root: root, leave: leave}
	if _, err := p.standing(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.sweep()
	return p, nil
}

// turn is the right to have one place.
type turn struct {
	taken   chan struct{} // holds one value while somebody has it
	wanters int           // who has it or waits for it; guarded by Desk.mu
}

// wait returns when nobody else has the place called key; leave gives it back.
func (d *Desk) wait(ctx context.Context, key string) (leave func(), err error) {
	d.mu.Lock()
	t := d.turns[key]
	if t == nil {
		t = &turn{taken: make(chan struct{}, 1)}
		if d.turns == nil {
			d.turns = map[string]*turn{}
		}
		d.turns[key] = t
	}
	t.wanters++
	d.mu.Unlock()
	forget := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if t.wanters--; t.wanters == 0 {
			delete(d.turns, key)
		}
	}
	select {
	case t.taken <- struct{}{}:
		return func() { <-t.taken; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, context.Cause(ctx)
	}
}

// Folder creates the folder called name (with slashes) below base, and those between, as far as they are missing. They look
// like base. Nobody removes them again.
func (d *Desk) Folder(base, name string) error {
	info, err := os.Stat(base)
	if err != nil {
		return Fault("create "+name, base, err)
	}
	root, err := os.OpenRoot(base)
	if err != nil {
		return Fault("create "+name, base, err)
	}
	defer func() { _ = root.Close() }()
	_, err = d.make(root, name, likeOf(info))
	d.keep(root, name)
	switch {
	case err == nil:
		return nil
	case leadsOut(root, name):
		return preview.Because(preview.TargetOutside, "create %s in %s: %w", name, base, err)
	}
	return Fault("create "+name, base, err)
}

// make creates the folder called name and those above it, as far as they are missing, and returns them from the outside
// in, those made before an error too.
func (d *Desk) make(root *os.Root, name string, l like) (made []string, err error) {
	d.folders.Lock()
	defer d.folders.Unlock()
	for at := range steps(name) {
		info, err := root.Stat(at)
		switch {
		case err == nil && info.IsDir():
			continue
		case err == nil:
			return made, preview.Because(preview.TargetExists, "create folder: %s is a file", filepath.Join(root.Name(), at))
		case !os.IsNotExist(err):
			return made, err
		}
		if err := root.Mkdir(at, 0o755); err != nil {
			return made, err
		}
		made = append(made, at)
		if d.made == nil {
			d.made = map[string]bool{}
		}
		d.made[filepath.Join(root.Name(), at)] = true
		if f, err := root.Open(at); err == nil {
			l.dress(f, l.folder)
			f.Close()
		}
	}
	return made, nil
}

// unmake removes the folder called name and those above it, as far as they were made here and nothing is in them.
func (d *Desk) unmake(root *os.Root, name string) {
	d.folders.Lock()
	defer d.folders.Unlock()
	for _, at := range slices.Backward(slices.Collect(steps(name))) {
		path := filepath.Join(root.Name(), at)
		if !d.made[path] {
			continue
		}
		if info, err := root.Lstat(at); err == nil && info.IsDir() {
			err = root.Remove(at) // refused while it holds anything
			if err != nil && !os.IsNotExist(err) {
				continue
			}
		}
		delete(d.made, path)
	}
}

// keep says that a preview stands in the folder called name now.
func (d *Desk) keep(root *os.Root, name string) {
	d.folders.Lock()
	defer d.folders.Unlock()
	for at := range steps(name) {
		delete(d.made, filepath.Join(root.Name(), at))
	}
}

// steps yields the folders on the way to name, from the outside in, and name itself.
func steps(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, c := range name {
			if c == '/' && !yield(filepath.FromSlash(name[:i])) {
				return
			}
		}
		if name != "." {
			yield(filepath.FromSlash(name))
		}
	}
}

// leadsOut reports whether a link on the way to name leads out of root. [os.Root] refuses those with an error that has no
// name, and absolute links too, wherever they lead.
func leadsOut(root *os.Root, name string) bool {
	const link = fs.ModeSymlink | fs.ModeIrregular // the latter are Windows's junctions
	for at := range steps(name) {
		info, err := root.Lstat(at)
		if err != nil {
			return false
		}
		if info.Mode()&link == 0 {
			continue
		}
		if _, err := root.Stat(at); err != nil && !os.IsNotExist(err) {
			return true
		}
	}
	return false
}
