package fakeplex

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (f *Fake) listSections(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := container(attr{"size", len(f.sections)}, attr{"allowSync", false}, attr{"title1", "Plex Library"})
	for _, s := range f.sections {
		n.add(s.node())
	}
	reply(w, r, n)
}

func (f *Fake) oneSection(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sectionLocked(r.PathValue("id"))
	if s == nil {
		fail(w, http.StatusNotFound)
		return
	}
	n := container(attr{"size", 2}, attr{"allowSync", false}, attr{"content", "secondary"}, attr{"identifier", "com.plexapp.plugins.library"},
		attr{"librarySectionID", s.id}, attr{"title1", s.title}, attr{"viewGroup", "secondary"})
	reply(w, r, n.add(
		element("Directory", attr{"key", "all"}, attr{"title", "All"}),
		element("Directory", attr{"key", "recentlyAdded"}, attr{"title", "Recently Added"})))
}

func (s *section) node() *node {
	agent, scanner := "tv.plex.agents.movie", "Plex Movie"
	switch s.kind {
	case "show":
		agent, scanner = "tv.plex.agents.series", "Plex TV Series"
	case "artist":
		agent, scanner = "tv.plex.agents.music", "Plex Music"
	case "photo":
		agent, scanner = "com.plexapp.agents.none", "Plex Photo Scanner"
	}
	n := element("Directory",
		attr{"allowSync", true}, attr{"art", "/:/resources/" + s.kind + "-fanart.jpg"}, attr{"filters", true}, attr{"refreshing", s.refreshing},
		attr{"thumb", "/:/resources/" + s.kind + ".png"}, attr{"key", s.key()}, attr{"type", s.kind}, attr{"title", s.title},
		attr{"agent", agent}, attr{"scanner", scanner}, attr{"language", "en-US"}, attr{"uuid", s.uuid}, attr{"updatedAt", s.created},
		attr{"createdAt", s.created}, attr{"scannedAt", s.scanned}, attr{"content", true}, attr{"directory", true},
		attr{"contentChangedAt", s.changes}, attr{"hidden", 0})
	for i, d := range s.folders {
		n.add(element("Location", attr{"id", s.id*100 + i}, attr{"path", d.theirs(d.Path)}))
	}
	if s.made != nil {
		n.add(element("Location", attr{"id", s.id*100 + 99}, attr{"path", "/synthetic/" + s.key()}))
	}
	return n
}

// listItems answers what all of a library is: films, shows, or episodes without walking the shows.
func (f *Fake) listItems(w http.ResponseWriter, r *http.Request) {
	n, status := f.page(w.Header(), r)
	if status != http.StatusOK {
		fail(w, status)
		return
	}
	reply(w, r, n) // without the lock: a client that reads slowly holds up nobody
}

// page makes one page of a list.
func (f *Fake) page(header http.Header, r *http.Request) (*node, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q, bad := r.URL.Query(), faultOf(r)
	s := f.sectionLocked(r.PathValue("id"))
	if s == nil {
		return nil, http.StatusNotFound
	}
	if q.Has("file") && !q.Has("type") { // Plex falls over this
		return nil, http.StatusInternalServerError
	}
	kind := map[string]int{"movie": kindFilm, "show": kindShow}[s.kind]
	if q.Has("type") {
		kind, _ = strconv.Atoi(q.Get("type")) // another kind is one that there is none of
	}
	all, ok := f.choose(s, kind, q)
	if !ok {
		return nil, http.StatusBadRequest
	}
	total := len(all)
	start, size := paging(r, total)
	if f.o.PageLimit > 0 {
		size = min(size, f.o.PageLimit)
	}
	if bad.Short > 0 {
		size = min(size, bad.Short)
	}
	start = min(start, total)
	page := all[start:min(start+size, total)]

	n := container(attr{"size", len(page)}, attr{"totalSize", total + bad.Total}, attr{"offset", start}, attr{"allowSync", true},
		attr{"art", "/:/resources/" + s.kind + "-fanart.jpg"}, attr{"identifier", "com.plexapp.plugins.library"},
		attr{"librarySectionID", s.id}, attr{"librarySectionTitle", s.title}, attr{"librarySectionUUID", s.uuid},
		attr{"mediaTagPrefix", "/system/bundle/media/flags/"}, attr{"mediaTagVersion", 1775731696},
		attr{"thumb", "/:/resources/" + s.kind + ".png"}, attr{"title1", s.title}, attr{"title2", "All " + s.title},
		attr{"viewGroup", map[int]string{kindFilm: "movie", kindShow: "show", kindSeason: "season", kindEpisode: "episode"}[kind]},
		attr{"viewMode", "65592"})
	for _, e := range page {
		n.add(e.item().node(false))
	}
	header.Set("X-Plex-Container-Start", strconv.Itoa(start))
	header.Set("X-Plex-Container-Total-Size", strconv.Itoa(total+bad.Total))
	return n, http.StatusOK
}

// paging returns what part of a list is asked for, by header or query; all of it when nothing is said.
func paging(r *http.Request, total int) (start, size int) {
	ask := func(name string, otherwise int) int {
		text := cmp.Or(r.Header.Get(name), r.URL.Query().Get(name))
		if n, err := strconv.Atoi(text); err == nil && n >= 0 {
			return n
		}
		return otherwise
	}
	return ask("X-Plex-Container-Start", 0), ask("X-Plex-Container-Size", total)
}

// entry is one item of a list: one that there is, or the number of one that is made when it is needed.
type entry struct {
	real *item
	made *synthetic
	at   int
}

func (e entry) item() *item {
	if e.real != nil {
		return e.real
	}
	return e.made.at(e.at)
}

func (e entry) added() int64 {
	if e.real != nil {
		return e.real.added
	}
	return e.made.added(e.at)
}

func (e entry) updated() int64 {
	if e.real != nil {
		return e.real.updated
	}
	return e.made.added(e.at)
}

// choose returns what a query asks for, in its order; ok is false for a filter that is none.
func (f *Fake) choose(s *section, kind int, q url.Values) (all []entry, ok bool) {
	if m := s.made; m != nil && (kind == kindFilm && s.kind == "movie" || kind == kindEpisode && s.kind == "show") {
		all = make([]entry, m.n)
		for at := range all {
			all[at] = entry{made: m, at: at}
		}
	}
	if kind == kindShow || kind == kindSeason {
		for _, id := range sortedIDs(f.items) {
			if i := f.items[id]; i.section == s && i.kind == kind {
				all = append(all, entry{real: i})
			}
		}
	}
	for _, i := range s.items {
		if i.kind == kind {
			all = append(all, entry{real: i})
		}
	}
	for key, values := range q {
		field, later := strings.CutSuffix(key, ">>") // "addedAt>>=": after
		if !later {
			field, later = strings.CutSuffix(key, ">") // "addedAt>=": from then on
		}
		if !later || len(values) == 0 {
			continue
		}
		since, valid := f.moment(values[0])
		if !valid {
			return nil, false
		}
		if strings.HasSuffix(key, ">>") {
			since++
		}
		all = slices.DeleteFunc(all, func(e entry) bool {
			return field == "addedAt" && e.added() < since || field == "updatedAt" && e.updated() < since
		})
	}
	if name := q.Get("file"); name != "" {
		all = slices.DeleteFunc(all, func(e entry) bool { return !e.item().hasFile(name) })
	}
	arrange(all, q.Get("sort"))
	if limit, err := strconv.Atoi(q.Get("limit")); err == nil && limit >= 0 {
		all = all[:min(limit, len(all))]
	}
	return all, true
}

func sortedIDs(m map[int]*item) []int {
	ids := make([]int, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// moment reads a time as filters have it: Unix seconds, or so long ago ("-24h"; units s, m, h, d, w).
func (f *Fake) moment(text string) (int64, bool) {
	if at, err := strconv.ParseInt(text, 10, 64); err == nil && at >= 0 {
		return at, true
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(text) < 3 || text[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseInt(text[1:len(text)-1], 10, 32)
	unit, ok := units[text[len(text)-1]]
	return f.o.Now().Add(-time.Duration(n) * unit).Unix(), err == nil && ok
}

// hasFile reports whether the item has a file of that name: the whole base name.
func (i *item) hasFile(name string) bool {
	for _, m := range i.media {
		for _, p := range m.parts {
			if path.Base(strings.ReplaceAll(p.file, `\`, "/")) == name {
				return true
			}
		}
	}
	return false
}

// arrange sorts as asked: "addedAt:desc". Without a word it is by title, as Plex has it.
func arrange(all []entry, by string) {
	field, direction, _ := strings.Cut(by, ":")
	var compare func(a, b entry) int
	switch field {
	case "addedAt":
		compare = func(a, b entry) int { return cmp.Compare(a.added(), b.added()) }
	case "updatedAt":
		compare = func(a, b entry) int { return cmp.Compare(a.updated(), b.updated()) }
	default:
		compare = func(a, b entry) int {
			if a.made != nil && b.made != nil { // their titles are in the order of their numbers
				return cmp.Compare(a.at, b.at)
			}
			return cmp.Compare(strings.ToLower(a.item().title), strings.ToLower(b.item().title))
		}
	}
	ordered := compare
	if direction == "desc" {
		ordered = func(a, b entry) int { return compare(b, a) }
		slices.Reverse(all) // most often that is it
	}
	if !slices.IsSortedFunc(all, ordered) {
		slices.SortStableFunc(all, ordered)
	}
}
