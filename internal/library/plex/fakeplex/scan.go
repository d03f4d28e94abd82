package fakeplex

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Scan looks through a library's folders now, as the server does when it is asked to.
func (f *Fake) Scan(library string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.sectionLocked(library); s != nil {
		f.scanLocked(s, "")
	}
}

// scanLocked notices files that are new, changed or gone, below a path as the server calls it; everywhere for "". A
// folder that is not there at all is left alone: Plex does not take an unmounted drive for an empty one.
func (f *Fake) scanLocked(s *section, below string) {
	for _, d := range s.folders {
		root := d.Path
		if below != "" {
			path, ok := d.ours(below)
			if !ok {
				continue
			}
			root = path
		}
		if _, err := os.Stat(d.Path); err != nil {
			continue
		}
		known := make(map[string][]*part)
		for _, i := range s.items {
			for _, m := range i.media {
				for _, p := range m.parts {
					if !i.byHand && within(root, p.local) {
						known[p.local] = append(known[p.local], p)
					}
				}
			}
		}
		for _, path := range videosBelow(root) {
			if parts := known[path]; parts != nil {
				f.againLocked(parts)
				delete(known, path)
				continue
			}
			f.newFileLocked(s, d, path)
		}
		for _, path := range sortedKeys(known) {
			for _, p := range known[path] {
				f.goneLocked(p)
			}
		}
	}
	s.scanned = f.now()
}

func within(root, path string) bool {
	return path == root || strings.HasPrefix(path, strings.TrimRight(root, string(filepath.Separator))+string(filepath.Separator))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// videosBelow returns the videos in a folder and below, or the one that root is.
func videosBelow(root string) []string {
	var all []string
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error { // what cannot be read is not seen
		if err == nil && d.Type().IsRegular() && isVideo(path) {
			all = append(all, path)
		}
		return nil
	})
	return all
}

// newFileLocked makes a file a part: of a new item, or of one that there is.
func (f *Fake) newFileLocked(s *section, d Folder, path string) {
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	added := min(f.now(), info.ModTime().Unix()) // Plex takes the file's time for one that it had not seen
	if s.kind != "show" {
		f.newFilmLocked(s, d, path, added)
		return
	}
	n, ok := episode(d.Path, path)
	if !ok { // a name without numbers; Plex leaves such out, and the demo's films have no others
		n = named{title: film(path).title, show: s.title, season: 1, episodes: []int{len(s.items) + 1}}
	}
	season := f.seasonLocked(s, n.show, n.season, added)
	for _, number := range n.episodes {
		var i *item
		for _, other := range season.children {
			if other.index == number && !other.byHand {
				i = other
			}
		}
		if i == nil {
			i = f.newItemLocked(s, kindEpisode, cmp.Or(n.title, "Episode "+strconv.Itoa(number)), added)
			i.index = number
			season.adopt(i)
		}
		f.fileLocked(i, f.newMediaLocked(i, path), d, path)
	}
}

func (f *Fake) newFilmLocked(s *section, d Folder, path string, added int64) {
	n := film(path)
	optimized := strings.Contains(filepath.ToSlash(path), "/Plex Versions/")
	var i *item
	for _, other := range s.items {
		if !other.byHand && strings.EqualFold(other.title, n.title) && other.year == n.year && (n.year > 0 || n.stack > 0) {
			i = other
		}
	}
	if i == nil {
		i = f.newItemLocked(s, kindFilm, n.title, added)
		i.year = n.year
	}
	var m *media
	for _, other := range i.media {
		if n.stack > 0 && other.label == n.label && other.optimized == optimized {
			m = other
		}
	}
	if m == nil {
		m = f.newMediaLocked(i, n.label)
		m.optimized = optimized
	}
	f.fileLocked(i, m, d, path)
}

func (f *Fake) fileLocked(i *item, m *media, d Folder, path string) {
	p := f.newPartLocked(m, path, d.theirs(path))
	f.lookLocked(p)
	i.updated = f.now()
	f.timeline(i, 0, "created")
	f.timeline(i, 5, "")
}

// againLocked looks at a file that is known. One that changed is another: its hash is, and its preview is not shown.
func (f *Fake) againLocked(parts []*part) {
	for _, p := range parts {
		p.media.deleted = 0
		info, err := os.Stat(p.local)
		if err != nil || info.Size() == p.size && info.ModTime().Unix() == p.mtime {
			continue
		}
		p.indexed = false
		f.lookLocked(p)
		p.media.item.updated = f.now()
		f.timeline(p.media.item, 5, "")
	}
}

// goneLocked takes a part out, with its item when nothing is left of that.
func (f *Fake) goneLocked(p *part) {
	m, i := p.media, p.media.item
	if f.o.KeepTrash {
		if m.deleted == 0 {
			m.deleted, i.updated = f.now(), f.now()
		}
		return
	}
	delete(f.parts, p.id)
	if m.parts = without(m.parts, p); len(m.parts) > 0 {
		return
	}
	if i.media = without(i.media, m); len(i.media) > 0 {
		return
	}
	f.removeLocked(i)
	f.timeline(i, 9, "deleted")
}
