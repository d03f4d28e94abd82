package datadir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Candidate is a data folder that was found.
type Candidate struct {
	Dir
	From string // how it was found, for people: "the usual place of the Linux package"
	// Err is nil, or a fault with [preview.PlexDataDenied] for a folder that this user may not look into; Path is then as
	// near as one could come.
	Err error
}

// Find looks for Plex's data folders: where this system's ways of installing Plex put them, and then below the given
// roots, a few folders deep. Those of which Plex's own settings say so come first; each comes once. In a container, the
// folders that are mounted into it are roots as well.
//
// It returns what it has found so far when ctx ends, even if a drive or share does not answer.
func (m Machine) Find(ctx context.Context, roots ...string) []Candidate {
	found := make(chan Candidate)
	go func() {
		defer close(found)
		f := finder{m: m, ctx: ctx, found: found}
		for _, p := range m.places() {
			f.place(p)
		}
		if m.contained() {
			roots = append(roots, m.mounts()...)
		}
		f.search(roots)
	}()
	var all []Candidate
	for {
		select {
		case c, ok := <-found:
			if !ok {
				return all
			}
			all = append(all, c)
		case <-ctx.Done():
			return all
		}
	}
}

// finder is one search.
type finder struct {
	m       Machine
	ctx     context.Context
	found   chan<- Candidate
	seen    []fs.FileInfo // of folders that were found
	visited int           // folders that were read
}

// place looks at one place, and at what is usually below it.
func (f *finder) place(p place) {
	for _, dir := range f.m.expand(p.pattern) {
		if f.ctx.Err() != nil {
			return
		}
		switch found, err := f.m.descend(dir); {
		case err == nil:
			f.add(found, p.from)
		case preview.ReasonOf(err) == preview.PlexDataDenied:
			f.send(Candidate{Dir: Dir{Path: dir}, From: p.from, Err: err})
		}
	}
}

func (f *finder) add(dir, from string) {
	info, err := f.m.Stat(dir)
	if err != nil {
		return
	}
	for _, other := range f.seen {
		if os.SameFile(info, other) {
			return
		}
	}
	f.seen = append(f.seen, info)
	f.send(Candidate{Dir: Dir{Path: dir, Identity: f.m.identity(dir)}, From: from})
}

func (f *finder) send(c Candidate) {
	select {
	case f.found <- c:
	case <-f.ctx.Done():
	}
}

// How far a search goes. /mnt/user/appdata/plex/Library/Application Support/Plex Media Server is six below /mnt.
const (
	deepest = 6
	most    = 5_000 // folders in all, which a share lists in seconds
)

// search looks for the marks of a data folder in the roots and below, the nearest folders of all roots first, so that a
// root full of films does not use up what may be read. It follows no links, and goes no further where it has found one.
func (f *finder) search(roots []string) {
	type folder struct{ path, root string }
	var level []folder
	for _, root := range roots {
		if dir, err := f.m.descend(root); err == nil {
			f.add(dir, "found below "+root)
		}
		level = append(level, folder{root, root})
	}
	for range deepest + 1 {
		var next []folder
		for _, dir := range level {
			if f.ctx.Err() != nil || f.visited == most {
				return
			}
			f.visited++
			entries, err := f.m.ReadDir(dir.path)
			if err != nil {
				continue // what this user may not read is not searched
			}
			if mark(entries) && f.m.marked(dir.path) == nil {
				f.add(dir.path, "found below "+dir.root)
				continue
			}
			for _, e := range entries {
				if e.IsDir() && worth(e.Name()) {
					next = append(next, folder{f.m.join(dir.path, e.Name()), dir.root})
				}
			}
		}
		level = next
	}
}

// mark reports whether a folder has what a data folder has, so that few folders have to be looked at twice.
func mark(entries []fs.DirEntry) bool {
	for _, e := range entries {
		if e.Name() == "Media" || e.Name() == "Plug-in Support" {
			return true
		}
	}
	return false
}

// worth reports whether a folder is searched: not the system's own trees, and of the hidden ones those alone in which
// Plex is known to be.
func worth(folder string) bool {
	switch folder {
	case ".qpkg", ".plex", ".ix-apps", ".var":
		return true
	case "proc", "sys", "dev", "lost+found", "node_modules", "$RECYCLE.BIN", "System Volume Information":
		return false
	}
	return !strings.HasPrefix(folder, ".")
}

// expand returns the paths that a pattern stands for. Its elements may have the wildcards of [path.Match]; upper and
// lower case are one then.
func (m Machine) expand(pattern string) []string {
	if !strings.Contains(pattern, "*") {
		return []string{pattern}
	}
	elems := strings.Split(pattern, m.separator())
	paths := []string{elems[0]}
	for _, elem := range elems[1:] {
		var next []string
		for _, p := range paths {
			if !strings.Contains(elem, "*") {
				next = append(next, m.join(p, elem))
				continue
			}
			entries, err := m.ReadDir(p + m.separator())
			if err != nil {
				continue
			}
			for _, e := range entries {
				if ok, err := path.Match(elem, strings.ToLower(e.Name())); ok && err == nil {
					next = append(next, m.join(p, e.Name()))
				}
			}
		}
		paths = next
	}
	return paths
}

// contained reports whether we run in a container, where nothing but what was mounted can be Plex's.
func (m Machine) contained() bool {
	for _, sign := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := m.Stat(sign); m.GOOS == "linux" && !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return m.env("KUBERNETES_SERVICE_HOST") != ""
}
