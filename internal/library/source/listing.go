package source

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// pageVideos is how many videos are listed at a time, as many as Plex lists.
const pageVideos = 1000

// listing is one walk through what is chosen of a server.
type listing struct {
	ctx   context.Context
	p     *Plex
	order preview.Order
	heads []*head
	seed  maphash.Seed
	seen  map[uint64]struct{} // hashes of path and item: lists overlap, and move while they are read
	page  []listed            // of parts; used again for the next
	out   int                 // videos that were handed out
	err   error               // that ends the list, once what was read before it is handed out
	left  leftOut
}

// leftOut counts parts that are no business of ours.
type leftOut struct{ fileless, missing, optimized, ruled, twice int }

func newListing(ctx context.Context, p *Plex, order preview.Order) *listing {
	return &listing{ctx: ctx, p: p, order: order, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
}

func (l *listing) close() {
	for _, h := range l.heads {
		h.stop()
	}
}

func (l *listing) log() {
	l.p.o.Log.Debug().Int("videos", l.out).Int("without_file", l.left.fileless).Int("missing_in_plex", l.left.missing).
		Int("optimized", l.left.optimized).Int("ruled_out", l.left.ruled).Int("listed_twice", l.left.twice).Msg("listed")
}

// run lists named files, then libraries. An error comes after everything that could be listed.
func (l *listing) run(c chosen, yield func(preview.Page, error) bool) error {
	if more, err := l.files(c.files, yield); err != nil || !more {
		return err
	}
	for _, choice := range c.libraries {
		h := newHead(l.ctx, l.p.server, choice, l.order)
		l.heads = append(l.heads, h)
		if err := h.fill(); err != nil { // the first page says how many there are
			return err
		}
	}
	slices.SortStableFunc(l.heads, func(a, b *head) int {
		return strings.Compare(strings.ToLower(a.library.Title), strings.ToLower(b.library.Title))
	})
	for {
		parts, err := l.parts()
		if err != nil {
			return err
		}
		if len(parts) == 0 {
			break
		}
		videos := l.videos(parts)
		if l.order == preview.Random {
			shuffle(l.p.o, videos)
		}
		if len(videos) > 0 && !l.hand(videos, yield) {
			return nil
		}
	}
	if more, err := l.strangers(yield); err != nil || !more {
		return err
	}
	for _, h := range l.heads {
		if h.incomplete != nil {
			return h.incomplete
		}
	}
	return nil
}

// hand hands out a page, and reports whether more are wanted.
func (l *listing) hand(videos []preview.Video, yield func(preview.Page, error) bool) bool {
	l.out += len(videos)
	total := l.out
	for _, h := range l.heads {
		total += h.left()
	}
	return yield(preview.Page{Videos: videos, Listed: l.out, Total: total}, nil)
}

// listed is a part with the library that lists it.
type listed struct {
	*head
	plex.Part
}

// parts returns the next parts of all libraries in the order that is asked for; none at the end. They are good until the
// next call.
func (l *listing) parts() ([]listed, error) {
	page := l.page[:0]
	defer func() { l.page = page }()
	for len(page) < pageVideos && l.err == nil {
		h := l.next()
		if h == nil {
			break
		}
		if l.order == preview.Random { // a server's page is a page of ours
			for _, part := range h.page[h.at:] {
				page = append(page, listed{h, part})
			}
			h.at = len(h.page)
			l.err = h.fill()
			break
		}
		page = append(page, listed{h, h.page[h.at]})
		h.at++
		l.err = h.fill()
	}
	if len(page) == 0 {
		return nil, l.err
	}
	return page, nil
}

// next returns the library whose turn it is; nil when all are at their end.
func (l *listing) next() *head {
	var best *head
	all := 0
	for _, h := range l.heads {
		if h.done() {
			continue
		}
		all += h.left()
		switch {
		case best == nil:
			best = h
		case l.order == preview.ByName:
		case l.order == preview.Random: // each video has the same chance to be among the next
			if l.p.o.random(max(all, 1)) < h.left() {
				best = h
			}
		case l.order == preview.Oldest:
			if h.page[h.at].Added.Before(best.page[best.at].Added) {
				best = h
			}
		case h.page[h.at].Added.After(best.page[best.at].Added):
			best = h
		}
	}
	return best
}

// videos makes videos of parts, without those that are left out. A file that is several items becomes one video.
func (l *listing) videos(parts []listed) []preview.Video {
	out := make([]preview.Video, 0, len(parts))
	at := make(map[string]int, len(parts)) // by path
	for _, part := range parts {
		switch {
		case part.File == "":
			l.left.fileless++
			continue
		case part.Missing:
			l.left.missing++
			continue
		case part.Optimized:
			l.left.optimized++
			continue
		case !part.library.takes(part.File):
			continue
		}
		v := l.video(part.library.Key, part.Part)
		part.head.met(part.File)
		if !l.p.o.Rules.path(v.Path) {
			l.left.ruled++
			continue
		}
		if !l.first(v) {
			l.left.twice++
			continue
		}
		if i, ok := at[v.Path]; ok {
			join(&out[i], v)
			continue
		}
		at[v.Path] = len(out)
		out = append(out, v)
	}
	return out
}

// video makes a video of a part.
func (l *listing) video(library string, part plex.Part) preview.Video {
	return preview.Video{
		Source: l.p.ID(), Key: part.ID, Library: library, Title: part.Title,
		Path: l.p.local(part.File), Remote: part.File,
		Size: part.Size, Changed: part.Changed, Added: part.Added, Duration: part.Duration,
		Items: []string{part.Item}, Shown: part.Indexed,
	}
}

// join adds another item of the same file to a video. The key is the lowest, so that it is the same in every order.
func join(v *preview.Video, w preview.Video) {
	if !slices.Contains(v.Items, w.Items[0]) {
		v.Items = append(v.Items, w.Items[0])
	}
	v.Shown = v.Shown && w.Shown
	if len(w.Key) < len(v.Key) || len(w.Key) == len(v.Key) && w.Key < v.Key {
		v.Key, v.Title = w.Key, w.Title
	}
}

// first reports whether this file was not listed for this item before.
func (l *listing) first(v preview.Video) bool {
	var h maphash.Hash
	h.SetSeed(l.seed)
	h.WriteString(v.Path)
	h.WriteByte(0)
	h.WriteString(v.Items[0])
	sum := h.Sum64()
	_, twice := l.seen[sum]
	if !twice {
		l.seen[sum] = struct{}{}
	}
	return !twice
}

// files lists single files. A file that no library knows yet comes without items.
func (l *listing) files(files []file, yield func(preview.Page, error) bool) (more bool, err error) {
	for some := range slices.Chunk(files, pageVideos) {
		var page []preview.Video
		for _, f := range some {
			videos, err := l.file(f)
			if err != nil {
				return false, err
			}
			page = append(page, videos...)
		}
		if len(page) > 0 && !l.hand(page, yield) {
			return false, nil
		}
	}
	return true, nil
}

func (l *listing) file(f file) ([]preview.Video, error) {
	var parts []listed
	known := false
	for _, s := range f.libraries {
		found, err := l.p.server.Find(l.ctx, s, f.remote)
		if err != nil {
			return nil, err
		}
		for _, part := range found {
			// A file that Plex misses and that is named now has come back: Plex has to look again, as for a new one.
			if pathmap.Same(f.remote, part.File) && !part.Missing {
				known = true
				parts = append(parts, listed{&head{library: choice{Section: s}}, part})
			}
		}
	}
	if known {
		return l.videos(parts), nil
	}
	if v, ok := l.stranger(f.libraries[0].Key, f.local, f.remote); ok {
		return []preview.Video{v}, nil
	}
	return nil, nil
}
