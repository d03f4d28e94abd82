package fakeplex

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// synthetic is a library of films or episodes that are made when they are looked at, so that 100,000 cost nothing. Each
// has one version of one part, and no file. Item and part n count from their bases; the season of an episode, and its
// show, have numbers of their own.
type synthetic struct {
	section            *section
	n, shown           int
	items, parts       int // number of the first
	seasons, shows     int
	newest             int64 // when the last one was added; each one a minute after the one before
	indexed            map[int]bool
	perSeason, perShow int
}

func (f *Fake) newSyntheticLocked(s *section, n, shown int) *synthetic {
	y := &synthetic{
		section: s, n: n, shown: shown, newest: f.now() - 3600, indexed: make(map[int]bool),
		perSeason: 10, perShow: 50,
	}
	for _, first := range []*int{&y.items, &y.parts, &y.seasons, &y.shows} {
		*first = f.lastID + 1
		f.lastID += n
	}
	return y
}

// has reports whether the item is one of these.
func (y *synthetic) has(id int) bool { return id >= y.items && id < y.items+y.n }

func (y *synthetic) added(at int) int64 { return y.newest - int64(y.n-1-at)*60 }

func (y *synthetic) at(at int) *item {
	i := &item{
		id: y.items + at, kind: kindFilm, section: y.section, title: fmt.Sprintf("Film %06d", at+1), year: 1950 + at%75,
		added: y.added(at), updated: y.added(at),
	}
	file := fmt.Sprintf("/synthetic/%d/%s (%d)/%s (%d).mkv", y.section.id, i.title, i.year, i.title, i.year)
	if y.section.kind == "show" {
		season := y.season(at)
		i.kind, i.title, i.year = kindEpisode, fmt.Sprintf("Episode %06d", at+1), 0
		i.parent, i.index = season, at%y.perSeason+1
		file = fmt.Sprintf("/synthetic/%d/%s/%s/S%02dE%02d.mkv", y.section.id, season.parent.title, season.title, season.index, i.index)
	}
	m := &media{id: y.parts + at, item: i}
	p := &part{
		id: y.parts + at, media: m, file: file, size: 4<<30 + int64(at)*4096, mtime: i.added, duration: 90*time.Minute + time.Duration(at%3600)*time.Second,
	}
	hash := sha1.Sum([]byte("synthetic " + strconv.Itoa(p.id)))
	p.hash = hex.EncodeToString(hash[:])
	var known bool
	if p.indexed, known = y.indexed[p.id]; !known {
		p.indexed = at < y.shown
	}
	m.parts, i.media = []*part{p}, []*media{m}
	return i
}

// season is that of the episode.
func (y *synthetic) season(at int) *item {
	number, show := at%y.perShow/y.perSeason+1, at/y.perShow
	return &item{
		id: y.seasons + at/y.perSeason, kind: kindSeason, section: y.section, title: "Season " + strconv.Itoa(number), index: number,
		added: y.added(at), updated: y.added(at),
		parent: &item{
			id: y.shows + show, kind: kindShow, section: y.section, title: fmt.Sprintf("Show %04d", show+1),
			added: y.added(show * y.perShow), updated: y.added(show * y.perShow),
		},
	}
}

// item returns the one with the number, with its children where it is a season or a show; nil when there is none.
func (y *synthetic) item(id int) *item {
	if y.has(id) {
		return y.at(id - y.items)
	}
	if y.section.kind != "show" {
		return nil
	}
	if from := (id - y.seasons) * y.perSeason; id >= y.seasons && from < y.n {
		season := y.season(from)
		for at := from; at < min(from+y.perSeason, y.n); at++ {
			season.adopt(y.at(at))
		}
		return season
	}
	if from := (id - y.shows) * y.perShow; id >= y.shows && from < y.n {
		show := y.season(from).parent
		for at := from; at < min(from+y.perShow, y.n); at += y.perSeason {
			show.adopt(y.item(y.seasons + at/y.perSeason))
		}
		return show
	}
	return nil
}

func (y *synthetic) part(id int) *part {
	if id < y.parts || id >= y.parts+y.n {
		return nil
	}
	return y.at(id - y.parts).media[0].parts[0]
}
