package fakeplex

import (
	"bytes"
	"cmp"
	"image"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// File is what the server knows of one part.
type File struct {
	ID      string
	Item    string // rating key
	Library string // key
	Title   string // of the item
	Path    string // on this machine
	As      string // what the server calls it
	Hash    string // as it was when the server last looked
	Shown   bool
}

// Files returns what the server knows of its parts, the made up ones left out, by ID.
func (f *Fake) Files() []File {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []File
	for _, p := range f.parts {
		i := p.media.item
		all = append(all, File{
			ID: strconv.Itoa(p.id), Item: i.key(), Library: i.section.key(), Title: i.title,
			Path: p.local, As: p.file, Hash: p.hash, Shown: p.indexed,
		})
	}
	slices.SortFunc(all, func(a, b File) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
	return all
}

// lookLocked takes size, time and hash from the file, as it is now. One that is not there stays what it was.
func (f *Fake) lookLocked(p *part) {
	if p.local == "" {
		return
	}
	file, err := os.Open(p.local)
	if err != nil {
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return
	}
	hash, err := bundle.Hash(file, info.Size())
	if err != nil {
		return
	}
	p.size, p.mtime, p.hash = info.Size(), info.ModTime().Unix(), hash
	if f.o.Duration != nil {
		p.duration = f.o.Duration(p.local)
	}
}

// analyzeLocked has the server read the media of an item again. This alone makes a preview shown, or no longer shown.
func (f *Fake) analyzeLocked(i *item) {
	for _, child := range i.children {
		f.analyzeLocked(child)
	}
	changed := false
	for _, m := range i.media {
		for _, p := range m.parts {
			f.lookLocked(p)
			before := p.indexed
			p.indexed = f.soundLocked(p.hash)
			changed = changed || before != p.indexed
			if made := i.section.made; made != nil && made.has(i.id) {
				made.indexed[p.id] = p.indexed
			}
		}
	}
	if changed {
		i.updated = f.now()
	}
	if len(i.media) > 0 {
		f.timeline(i, 5, "")
	}
}

// soundLocked reports whether a preview that players can use lies in the bundle.
func (f *Fake) soundLocked(hash string) bool {
	text, err := os.ReadFile(f.previewPath(hash))
	if err != nil {
		return false
	}
	r, err := bif.Open(bytes.NewReader(text), int64(len(text)))
	return err == nil && bif.Check(r, bif.Want{}).Verdict.Sound
}

// previewPath returns a path where there is nothing when the hash is none, or nothing is kept on disk.
func (f *Fake) previewPath(hash string) string {
	rel, err := bundle.Path(hash)
	if err != nil || f.o.DataDir == "" {
		return ""
	}
	return filepath.Join(f.o.DataDir, filepath.FromSlash(rel))
}

// preview returns the preview of a part. The disk decides, not whether it is shown; but what was served once is served
// again as it was then, until [Fake.Restart]: replacing it on disk does not help.
func (f *Fake) preview(id string) ([]byte, *bif.Reader) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.partLocked(id)
	if p == nil || p.hash == "" {
		return nil, nil
	}
	text, ok := f.served[p.hash]
	if !ok {
		var err error
		if text, err = os.ReadFile(f.previewPath(p.hash)); err != nil {
			return nil, nil
		}
	}
	r, err := bif.Open(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, nil
	}
	const remembered = 64
	if len(f.served) < remembered {
		f.served[p.hash] = text
	}
	return text, r
}

func (f *Fake) partLocked(id string) *part {
	n, err := strconv.Atoi(id)
	if err != nil {
		return nil
	}
	if p := f.parts[n]; p != nil {
		return p
	}
	for _, s := range f.sections {
		if s.made != nil {
			if p := s.made.part(n); p != nil {
				return p
			}
		}
	}
	return nil
}

func (f *Fake) indexes(w http.ResponseWriter, r *http.Request) {
	text, _ := f.preview(r.PathValue("id"))
	if text == nil {
		fail(w, http.StatusNotFound)
		return
	}
	plain(w)
	send(w, http.StatusOK, "application/octet-stream", text)
}

// frame answers with the picture that is shown at a time, in milliseconds.
func (f *Fake) frame(w http.ResponseWriter, r *http.Request) {
	ms, err := strconv.ParseInt(r.PathValue("ms"), 10, 64)
	_, b := f.preview(r.PathValue("id"))
	if err != nil || ms < 0 || b == nil || b.Len() == 0 {
		fail(w, http.StatusNotFound)
		return
	}
	at := 0
	for at+1 < b.Len() && b.At(at+1) <= time.Duration(ms)*time.Millisecond {
		at++
	}
	picture, err := b.Image(at, nil)
	if size, sizeErr := bif.Size(picture); err != nil || sizeErr != nil || size == (image.Point{}) {
		fail(w, http.StatusNotFound)
		return
	}
	plain(w)
	send(w, http.StatusOK, "image/jpeg", picture)
}

func (f *Fake) analyze(w http.ResponseWriter, r *http.Request) {
	items := f.named(r)
	if len(items) == 0 {
		fail(w, http.StatusNotFound)
		return
	}
	f.after(f.o.AnalyzeTakes, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, i := range items {
			f.analyzeLocked(i)
		}
	})
	done(w)
}

// deleteIndexes deletes a library's previews: files and marks.
func (f *Fake) deleteIndexes(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sectionLocked(r.PathValue("id"))
	if s == nil {
		fail(w, http.StatusNotFound)
		return
	}
	for _, i := range s.items {
		for _, m := range i.media {
			for _, p := range m.parts {
				p.indexed = false
				delete(f.served, p.hash)
				os.Remove(f.previewPath(p.hash))
			}
		}
	}
	done(w)
}

// node is the part as lists have it: never with its hash.
func (p *part) node(checked bool) *node {
	n := element("Part", attr{"id", p.id})
	ext := strings.TrimPrefix(path.Ext(strings.ReplaceAll(p.file, `\`, "/")), ".")
	key := "/library/parts/" + strconv.Itoa(p.id) + "/"
	if p.mtime != 0 {
		key += strconv.FormatInt(p.mtime, 10) + "/"
	}
	n.set("key", key+"file."+cmp.Or(ext, "mkv"))
	n.maybe("duration", p.duration.Milliseconds()).maybe("file", p.file).maybe("size", p.size).maybe("container", ext)
	if p.indexed {
		n.set("indexes", "sd")
	}
	n.set("videoProfile", "high")
	if checked {
		_, err := os.Stat(p.local)
		n.set("accessible", err == nil).set("exists", err == nil)
	}
	return n
}
