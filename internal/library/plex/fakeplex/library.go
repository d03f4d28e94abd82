package fakeplex

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The kinds of item, as Plex numbers them.
const (
	kindFilm    = 1
	kindShow    = 2
	kindSeason  = 3
	kindEpisode = 4
)

// Library is a section to be added.
type Library struct {
	Title   string
	Type    string // "movie", "show"; others hold nothing for us
	Folders []Folder
	// Synthetic adds so many films or episodes that have no files, and Shown says how many of them, the first, have a
	// preview. They are made up each time they are listed.
	Synthetic, Shown int
}

// Folder is one of a library's.
type Folder struct {
	Path string // on this machine
	As   string // what the server calls it; the same when empty. Windows' way when it has a backslash
}

// theirs returns what the server calls a path of this machine.
func (d Folder) theirs(path string) string {
	rel, err := filepath.Rel(d.Path, path)
	if err != nil || d.As == "" {
		return path
	}
	if rel == "." {
		return d.As
	}
	sep := "/"
	if strings.Contains(d.As, `\`) {
		sep = `\`
	}
	return strings.TrimRight(d.As, sep) + sep + strings.ReplaceAll(filepath.ToSlash(rel), "/", sep)
}

// ours returns the path on this machine of what the server calls so.
func (d Folder) ours(path string) (string, bool) {
	root := d.theirs(d.Path)
	rest, ok := strings.CutPrefix(path, root)
	if !ok || rest != "" && !strings.ContainsAny(rest[:1], `/\`) && !strings.HasSuffix(root, "/") {
		return "", false
	}
	return filepath.Join(d.Path, filepath.FromSlash(strings.ReplaceAll(rest, `\`, "/"))), true
}

// section is a library.
type section struct {
	id         int
	kind       string
	title      string
	uuid       string
	folders    []Folder
	made       *synthetic // nil without
	items      []*item    // films or episodes, in the order of their addition
	refreshing bool
	created    int64
	scanned    int64
	changes    int
	bif        bool // Plex makes previews itself
}

// item is a film, a show, a season or an episode.
type item struct {
	id       int
	kind     int
	section  *section
	title    string
	year     int
	index    int // of a season or an episode
	parent   *item
	children []*item
	added    int64 // Unix seconds, as all times here
	updated  int64
	media    []*media
	byHand   bool // scans leave it alone
}

// media is a version.
type media struct {
	id        int
	item      *item
	label     string // what tells it from other versions of the item
	optimized bool
	deleted   int64
	parts     []*part
}

// part is a file, as it was when the server last looked.
type part struct {
	id       int
	media    *media
	file     string // as the server calls it; empty for none
	local    string // on this machine; empty for none
	size     int64
	mtime    int64
	duration time.Duration
	hash     string // empty when it is not known yet
	indexed  bool
}

// AddLibrary adds a section, looks through its folders, and returns its key.
func (f *Fake) AddLibrary(l Library) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &section{
		id: len(f.sections) + 1, kind: l.Type, title: l.Title, uuid: newUUID(), created: f.now(), bif: true,
	}
	for _, d := range l.Folders {
		path, err := filepath.Abs(d.Path)
		if err != nil {
			return "", fmt.Errorf("add library: %w", err)
		}
		s.folders = append(s.folders, Folder{path, d.As})
	}
	if l.Synthetic > 0 {
		s.made = f.newSyntheticLocked(s, l.Synthetic, l.Shown)
	}
	f.sections = append(f.sections, s)
	f.scanLocked(s, "")
	return s.key(), nil
}

// Item is a film or an episode that is put together by hand. Scans leave it alone.
type Item struct {
	Title           string
	Year            int
	Show            string // of an episode
	Season, Episode int
	Added           time.Time // now when zero
	Versions        []Version // none is an item without media
}

// Version is one of an item's. Several parts are a stack.
type Version struct {
	Optimized bool // Plex made it itself
	Parts     []Part
}

// Part is a file of a version.
type Part struct {
	Path string // on this machine; may not exist, and may be empty
	As   string // what the server calls it; Path when empty. Both empty is a part without a file
	Size int64  // in bytes, of a file that does not exist
	// Unhashed says that the server does not know the hash yet: it will when it analyzes the item.
	Unhashed bool
	Shown    bool // it has a preview, whether there is one on disk or not
}

// Add adds an item to the library with the given key and returns its rating key.
func (f *Fake) Add(library string, it Item) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sectionLocked(library)
	if s == nil {
		return "", fmt.Errorf("add item: no library %q", library)
	}
	added := f.now()
	if !it.Added.IsZero() {
		added = it.Added.Unix()
	}
	var i *item
	if s.kind == "show" {
		i = f.newItemLocked(s, kindEpisode, it.Title, added)
		f.seasonLocked(s, it.Show, it.Season, added).adopt(i)
		i.index = it.Episode
	} else {
		i = f.newItemLocked(s, kindFilm, it.Title, added)
		i.year = it.Year
	}
	i.byHand = true
	for _, v := range it.Versions {
		m := f.newMediaLocked(i, "")
		m.optimized = v.Optimized
		for _, p := range v.Parts {
			n := f.newPartLocked(m, p.Path, p.As)
			n.size, n.indexed = p.Size, p.Shown
			f.lookLocked(n)
			if p.Unhashed {
				n.hash = ""
			}
		}
	}
	return i.key(), nil
}

func (s *section) key() string { return strconv.Itoa(s.id) }
func (i *item) key() string    { return strconv.Itoa(i.id) }

func (i *item) adopt(child *item) {
	child.parent = i
	i.children = append(i.children, child)
}

func (f *Fake) sectionLocked(key string) *section {
	for _, s := range f.sections {
		if s.key() == key {
			return s
		}
	}
	return nil
}

func (f *Fake) newItemLocked(s *section, kind int, title string, added int64) *item {
	i := &item{id: f.newIDLocked(), kind: kind, section: s, title: title, added: added, updated: f.now()}
	f.items[i.id] = i
	if kind == kindFilm || kind == kindEpisode {
		s.items = append(s.items, i)
	}
	s.changes++
	return i
}

func (f *Fake) newMediaLocked(i *item, label string) *media {
	m := &media{id: f.newIDLocked(), item: i, label: label}
	i.media = append(i.media, m)
	return m
}

func (f *Fake) newPartLocked(m *media, local, theirs string) *part {
	p := &part{id: f.newIDLocked(), media: m, local: local, file: theirs}
	if theirs == "" {
		p.file = local
	}
	m.parts = append(m.parts, p)
	f.parts[p.id] = p
	return p
}

// seasonLocked returns a season of a show, and makes what is missing of both.
func (f *Fake) seasonLocked(s *section, show string, number int, added int64) *item {
	var parent *item
	for _, i := range f.items {
		if i.section == s && i.kind == kindShow && strings.EqualFold(i.title, show) {
			parent = i
		}
	}
	if parent == nil {
		parent = f.newItemLocked(s, kindShow, show, added)
	}
	for _, i := range parent.children {
		if i.index == number {
			return i
		}
	}
	season := f.newItemLocked(s, kindSeason, "Season "+strconv.Itoa(number), added)
	season.index = number
	parent.adopt(season)
	return season
}

// removeLocked takes an item out of its library, and those above it that are empty then.
func (f *Fake) removeLocked(i *item) {
	delete(f.items, i.id)
	for _, m := range i.media {
		for _, p := range m.parts {
			delete(f.parts, p.id)
		}
	}
	i.section.items = without(i.section.items, i)
	i.section.changes++
	if i.parent != nil {
		if i.parent.children = without(i.parent.children, i); len(i.parent.children) == 0 {
			f.removeLocked(i.parent)
		}
	}
}

func without[T comparable](all []T, one T) []T {
	for n, other := range all {
		if other == one {
			return append(all[:n:n], all[n+1:]...)
		}
	}
	return all
}
