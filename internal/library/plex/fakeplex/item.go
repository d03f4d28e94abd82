package fakeplex

import (
	"net/http"
	"strconv"
	"strings"
)

// named returns the items that a path names, those left out that there are none of.
func (f *Fake) named(r *http.Request) []*item {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*item
	for id := range strings.SplitSeq(r.PathValue("ids"), ",") {
		n, err := strconv.Atoi(id)
		if err != nil {
			continue
		}
		if i := f.items[n]; i != nil {
			all = append(all, i)
			continue
		}
		for _, s := range f.sections {
			if s.made != nil {
				if i := s.made.item(n); i != nil {
					all = append(all, i)
				}
			}
		}
	}
	return all
}

// list answers with items; there are none when there is nothing that they could be of.
func (f *Fake) list(w http.ResponseWriter, r *http.Request, of, items []*item) {
	if len(of) == 0 {
		fail(w, http.StatusNotFound)
		return
	}
	reply(w, r, f.listed(r, of[0].section, items))
}

func (f *Fake) listed(r *http.Request, s *section, items []*item) *node {
	checked := r.URL.Query().Get("checkFiles") == "1"
	f.mu.Lock()
	defer f.mu.Unlock()
	total := len(items)
	start, size := paging(r, total)
	start = min(start, total)
	items = items[start:min(start+size, total)]
	n := container(attr{"size", len(items)}, attr{"totalSize", total}, attr{"offset", start}, attr{"allowSync", true}, attr{"identifier", "com.plexapp.plugins.library"},
		attr{"librarySectionID", s.id}, attr{"librarySectionTitle", s.title}, attr{"librarySectionUUID", s.uuid},
		attr{"mediaTagPrefix", "/system/bundle/media/flags/"}, attr{"mediaTagVersion", 1775731696})
	for _, i := range items {
		n.add(i.node(checked))
	}
	return n
}

func (f *Fake) metadata(w http.ResponseWriter, r *http.Request) {
	items := f.named(r)
	f.list(w, r, items, items)
}

func (f *Fake) children(w http.ResponseWriter, r *http.Request) {
	of := f.named(r)
	var all []*item
	f.mu.Lock()
	for _, i := range of {
		all = append(all, i.children...)
	}
	f.mu.Unlock()
	f.list(w, r, of, all)
}

func (f *Fake) leaves(w http.ResponseWriter, r *http.Request) {
	of := f.named(r)
	var all []*item
	var walk func(items []*item)
	walk = func(items []*item) {
		for _, i := range items {
			if i.kind == kindEpisode {
				all = append(all, i)
			}
			walk(i.children)
		}
	}
	f.mu.Lock()
	walk(of)
	f.mu.Unlock()
	f.list(w, r, of, all)
}

func (i *item) typ() string {
	return map[int]string{kindFilm: "movie", kindShow: "show", kindSeason: "season", kindEpisode: "episode"}[i.kind]
}

// node is the item as lists have it.
func (i *item) node(checked bool) *node {
	key := i.key()
	n := element("Metadata", attr{"ratingKey", key}, attr{"key", "/library/metadata/" + key})
	n.tag = "Video"
	if i.kind == kindShow || i.kind == kindSeason {
		n.tag = "Directory"
		n.attrs[1].value = "/library/metadata/" + key + "/children"
	}
	if i.parent != nil {
		n.set("parentRatingKey", i.parent.key())
	}
	if i.kind == kindEpisode {
		n.set("grandparentRatingKey", i.parent.parent.key())
	}
	n.set("guid", "plex://"+i.typ()+"/"+key).set("type", i.typ()).set("title", i.title)
	switch i.kind {
	case kindEpisode:
		n.set("grandparentKey", "/library/metadata/"+i.parent.parent.key()).set("parentKey", "/library/metadata/"+i.parent.key())
		n.set("grandparentTitle", i.parent.parent.title).set("parentTitle", i.parent.title)
		n.set("summary", "").set("index", i.index).set("parentIndex", i.parent.index)
	case kindSeason:
		n.set("parentTitle", i.parent.title).set("summary", "").set("index", i.index).set("leafCount", len(i.children))
	case kindShow:
		n.set("summary", "").set("index", 1).set("childCount", len(i.children))
	default:
		n.set("summary", "").maybe("year", i.year)
	}
	n.set("thumb", "/library/metadata/"+key+"/thumb/"+strconv.FormatInt(i.updated, 10))
	if len(i.media) > 0 && len(i.media[0].parts) > 0 {
		n.maybe("duration", i.media[0].parts[0].duration.Milliseconds())
	}
	n.set("addedAt", i.added).set("updatedAt", i.updated)
	for _, m := range i.media {
		n.add(m.node(checked))
	}
	return n
}

func (m *media) node(checked bool) *node {
	n := element("Media", attr{"id", m.id})
	var duration int64
	for _, p := range m.parts {
		duration += p.duration.Milliseconds()
	}
	n.maybe("duration", duration).set("bitrate", 8000).set("width", 1920).set("height", 1080).set("aspectRatio", 1.78)
	n.set("audioChannels", 2).set("audioCodec", "aac").set("videoCodec", "h264").set("videoResolution", "1080").set("container", "mkv")
	n.set("videoFrameRate", "24p").set("videoProfile", "high")
	if m.optimized {
		n.set("proxyType", 42).set("target", "Optimized for TV").set("title", "Optimized for TV")
	}
	n.maybe("deletedAt", m.deleted)
	for _, p := range m.parts {
		n.add(p.node(checked))
	}
	return n
}

// tree answers with the inside of items: files and their hashes, a show with all that is below.
func (f *Fake) tree(w http.ResponseWriter, r *http.Request) {
	items := f.named(r)
	if len(items) == 0 {
		fail(w, http.StatusNotFound)
		return
	}
	n := container(attr{"size", len(items)}, attr{"identifier", "com.plexapp.plugins.library"},
		attr{"mediaTagPrefix", "/system/bundle/media/flags/"}, attr{"mediaTagVersion", 1775731696})
	f.mu.Lock()
	for _, i := range items {
		n.add(i.branch())
	}
	f.mu.Unlock()
	reply(w, r, n)
}

func (i *item) branch() *node {
	n := element("MetadataItem", attr{"id", i.id}, attr{"title", i.title}, attr{"guid", "plex://" + i.typ() + "/" + i.key()},
		attr{"parentTitle", ""}, attr{"instanceRatingKey", ""}, attr{"index", max(1, i.index)}, attr{"originallyAvailableAt", ""},
		attr{"addedAt", i.added}, attr{"refreshedAt", i.updated})
	for _, child := range i.children {
		n.add(child.branch())
	}
	for _, m := range i.media {
		media := element("MediaItem", attr{"id", m.id})
		for _, p := range m.parts {
			part := element("MediaPart", attr{"metadataType", i.kind}, attr{"id", p.id}, attr{"file", p.file}, attr{"size", p.size},
				attr{"openSubtitleHash", ""}, attr{"hash", p.hash})
			part.maybe("duration", p.duration.Milliseconds())
			part.add(
				element("MediaStream", attr{"id", 2 * p.id}, attr{"index", 0}, attr{"type", 1}, attr{"codec", "h264"}, attr{"bitDepth", "8"},
					attr{"height", "1080"}, attr{"width", "1920"}),
				element("MediaStream", attr{"id", 2*p.id + 1}, attr{"index", 1}, attr{"type", 2}, attr{"channels", 2}, attr{"codec", "aac"}))
			media.add(part)
		}
		n.add(media)
	}
	return n
}
