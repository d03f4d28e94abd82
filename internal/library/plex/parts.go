package plex

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	// pageSize is what Plex answers within seconds on any machine; a page of 5,000 has been seen to lose most of its items.
	pageSize  = 1000
	pageTime  = 60 * time.Second
	pageBytes = 512 << 20 // when a server ignores the page size and sends everything
	// mostItems ends a list that has no end.
	mostItems = 4 << 20
)

// What a list leaves out, so that it is a third as long.
var (
	leftOut = strings.Join([]string{
		"Genre", "Country", "Director", "Writer", "Producer", "Role", "Similar", "Collection", "Label", "Field", "Image",
		"UltraBlurColors", "Guid", "Rating", "Stream", "Chapter", "Marker", "Review", "Extras",
	}, ",")
	leftOutFields = strings.Join([]string{
		"summary", "tagline", "thumb", "art", "parentThumb", "grandparentThumb", "grandparentArt", "grandparentTheme",
		"contentRating", "audienceRating", "audienceRatingImage", "rating", "ratingImage", "originallyAvailableAt", "studio",
		"slug", "parentSlug", "grandparentSlug", "chapterSource", "primaryExtraKey", "titleSort", "originalTitle",
	}, ",")
)

// kind returns the number of the items in a section that have files.
func (s Section) kind() string {
	if s.Type == Shows {
		return "4" // episodes, without the way through shows and seasons
	}
	return "1"
}

// Parts lists the files of a section, page by page. Every film or episode comes once, even when the list moves while it
// is read. An error ends the list; a fault with [preview.PlexIncomplete] comes after the last page and says that the
// server listed fewer films or episodes than it says it has.
func (s *Server) Parts(ctx context.Context, section Section, q PartQuery) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		if !digits(section.Key) || !section.Videos() {
			yield(Page{}, preview.Because(preview.PlexNoLibrary, "list section %q of type %q", section.Key, section.Type))
			return
		}
		l := listing{server: s, section: section, sort: q.Sort, seen: map[string]struct{}{}}
		filters := []string{""}
		if !q.Since.IsZero() {
			// Plex has no "or" that all versions know. The comparison is "after".
			filters = []string{"addedAt>>", "updatedAt>>"}
			l.since = strconv.FormatInt(q.Since.Unix()-1, 10)
		}
		for _, f := range filters {
			l.filter = f
			if !l.run(ctx, yield) {
				return
			}
		}
	}
}

// listing is one list on its way.
type listing struct {
	server  *Server
	section Section
	sort    string
	filter  string // name and operator, or empty
	since   string
	seen    map[string]struct{} // rating keys that were handed out
	before  int                 // of seen, by earlier filters
	totals  int                 // of earlier filters
}

// run lists with one filter, and reports whether to go on with the next.
func (l *listing) run(ctx context.Context, yield func(Page, error) bool) bool {
	// mine are the items of this filter, those included that another brought before.
	mine := l.seen
	if l.before > 0 {
		mine = map[string]struct{}{}
	}
	// What comes while the list is read stands in front or behind, and need not be on it: the least total counts.
	total, least := 0, mostItems
	for start := 0; ; {
		var p rawPage
		err := l.server.do(ctx, call{
			path:    "/library/sections/" + l.section.Key + "/all",
			query:   l.query(start),
			header:  pageHeader(start),
			timeout: pageTime,
			limit:   pageBytes,
			read: func(h http.Header, body io.Reader) (err error) {
				p, err = readPage(h, body, l.section.Key)
				return err
			},
		})
		if err != nil {
			yield(Page{}, err)
			return false
		}
		page := Page{}
		fresh := 0
		for n, i := range p.items {
			if i.key == "" { // cannot be told from others without one, but it counts
				i.key = "at " + strconv.Itoa(start+n)
			}
			if _, twice := mine[i.key]; !twice {
				mine[i.key] = struct{}{}
				fresh++
			} else if l.before == 0 {
				continue
			}
			if l.before > 0 {
				if _, twice := l.seen[i.key]; twice {
					continue
				}
				l.seen[i.key] = struct{}{}
			}
			page.Items++
			page.Parts = append(page.Parts, p.parts[i.from:i.to]...)
		}
		start += len(p.items)
		if p.total >= 0 {
			total, least = p.total, min(least, p.total)
		}
		page.Read = len(l.seen)
		page.Total = l.totals + max(total, len(mine))
		if (page.Items > 0 || start == 0) && !yield(page, nil) {
			return false
		}
		if len(mine) > mostItems {
			yield(Page{}, preview.Because(preview.PlexFailed, "list section %s: more than %d items", l.section.Key, mostItems))
			return false
		}
		// A full page at the end is looked behind, in case that the total is too low. What brings nothing new is the end,
		// whatever was promised: a server that ignores the start, or has no more.
		more := len(p.items) >= pageSize || len(mine) < total || p.total < 0
		if fresh == 0 || !more {
			break
		}
	}
	l.before = len(l.seen)
	l.totals += total
	if len(mine) < min(total, least) {
		yield(Page{}, preview.Because(preview.PlexIncomplete, "list section %s: %d of %d items", l.section.Key, len(mine), total))
		return false
	}
	return true
}

func (l *listing) query(start int) url.Values {
	q := url.Values{
		"type":            {l.section.kind()},
		"includeGuids":    {"0"},
		"excludeElements": {leftOut},
		"excludeFields":   {leftOutFields},
	}
	// Both as headers and in the query: each has been seen to be lost on the way through proxies and versions.
	q.Set("X-Plex-Container-Start", strconv.Itoa(start))
	q.Set("X-Plex-Container-Size", strconv.Itoa(pageSize))
	if l.sort != "" {
		q.Set("sort", l.sort)
	}
	if l.filter != "" {
		q.Set(l.filter, l.since)
	}
	return q
}

func pageHeader(start int) http.Header {
	return http.Header{
		"X-Plex-Container-Start": {strconv.Itoa(start)},
		"X-Plex-Container-Size":  {strconv.Itoa(pageSize)},
	}
}

// rawPage is a page as it was answered.
type rawPage struct {
	items []rawItem
	parts []Part
	total int    // items that the list has; -1 when it does not say
	kind  string // of the items: "movie", "episode", "season"
}

// rawItem is an item of a page and its files.
type rawItem struct {
	key      string
	from, to int // of rawPage.parts
}

// readPage reads a list of items as a stream.
func readPage(h http.Header, body io.Reader, section string) (rawPage, error) {
	p := rawPage{total: -1}
	if n, err := strconv.Atoi(h.Get("X-Plex-Container-Total-Size")); err == nil {
		p.total = max(n, 0)
	}
	err := members(body, "MediaContainer", func(name string, d decoder) (bool, error) {
		switch name {
		case "totalSize":
			var n number
			err := soft(d, &n)
			p.total = int(max(n, 0))
			return true, err
		case "librarySectionID":
			var t text
			err := soft(d, &t)
			if digits(string(t)) {
				section = string(t)
			}
			return true, err
		case "Metadata":
			return true, each(d, func(i wireItem) error {
				if len(p.items) >= mostItems {
					return fmt.Errorf("more than %d items in one answer", mostItems)
				}
				from := len(p.parts)
				p.parts = append(p.parts, i.parts(section)...)
				p.items = append(p.items, rawItem{string(i.RatingKey), from, len(p.parts)})
				p.kind = string(i.Type)
				return nil
			})
		}
		return false, nil
	})
	return p, err
}
