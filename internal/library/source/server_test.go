package source_test

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/source"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// server is a Plex server of a few parts.
type server struct {
	sections []plex.Section
	parts    map[string][]plex.Part // by section key, in the server's own order
	page     int                    // parts on a page
	ends     map[string]error       // behind the last page of a section
	away     error

	mu    sync.Mutex
	asked []string // requests
}

func (s *server) ask(what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, what)
	return s.away
}

func (s *server) ID() string { return "m1" }

func (s *server) Sections(context.Context) ([]plex.Section, error) {
	return s.sections, s.ask("sections")
}

func (s *server) Parts(_ context.Context, section plex.Section, q plex.PartQuery) iter.Seq2[plex.Page, error] {
	return func(yield func(plex.Page, error) bool) {
		parts := s.parts[section.Key]
		switch q.Sort {
		case "addedAt:desc":
			parts = slices.Clone(parts)
			slices.SortStableFunc(parts, func(a, b plex.Part) int { return b.Added.Compare(a.Added) })
		case "addedAt:asc":
			parts = slices.Clone(parts)
			slices.SortStableFunc(parts, func(a, b plex.Part) int { return a.Added.Compare(b.Added) })
		}
		read := 0
		for {
			if err := s.ask("parts " + section.Key + " " + q.Sort); err != nil {
				yield(plex.Page{}, err)
				return
			}
			n := min(s.page, len(parts)-read)
			read += n
			if !yield(plex.Page{Parts: parts[read-n : read], Items: n, Read: read, Total: len(parts)}, nil) {
				return
			}
			if read == len(parts) {
				break
			}
		}
		if err := s.ends[section.Key]; err != nil {
			yield(plex.Page{}, err)
		}
	}
}

func (s *server) Find(_ context.Context, section plex.Section, file string) ([]plex.Part, error) {
	err := s.ask("find " + section.Key + " " + file)
	return slices.DeleteFunc(slices.Clone(s.parts[section.Key]), func(p plex.Part) bool { return p.File != file }), err
}

// day is a day of January 2026.
func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

// part makes a part of a film or episode that was added on a day.
func part(id, item, file string, added int) plex.Part {
	return plex.Part{ID: id, Item: item, Title: "Title " + item, File: file, Size: 1000, Duration: time.Hour, Added: day(added), Changed: day(added)}
}

// small is a server with films, shows, documentaries and music.
func small() *server {
	optimized := part("9", "1", "/data/films/Plex Versions/Heat.mp4", 1)
	optimized.Optimized = true
	missing := part("8", "5", "/data/films/Gone/Gone.mkv", 9)
	missing.Missing = true
	shown := part("21", "20", "/data/tv/Dark/E1.mkv", 6)
	shown.Indexed = true
	return &server{
		sections: []plex.Section{
			{Key: "2", Type: "show", Title: "TV Shows", Locations: []string{"/data/tv"}},
			{Key: "1", Type: "movie", Title: "Films", Locations: []string{"/data/films", "/data/films4k"}},
			{Key: "3", Type: "artist", Title: "Music", Locations: []string{"/data/music"}},
			{Key: "4", Type: "movie", Title: "Docs", Locations: []string{`D:\Docs`}},
		},
		parts: map[string][]plex.Part{
			"1": {
				part("11", "10", "/data/films/Heat/Heat.mkv", 1),
				part("12", "10", "/data/films4k/Heat/Heat 4K.mkv", 1), // another version
				optimized,
				part("13", "12", "/data/films/Ran/Ran-cd1.avi", 5), // stacked
				part("14", "12", "/data/films/Ran/Ran-cd2.avi", 5),
				part("15", "13", "", 7), // an online source
				missing,
			},
			"2": {
				shown,
				part("23", "22", "/data/tv/Dark/E2-E3.mkv", 8),
				part("22", "21", "/data/tv/Dark/E2-E3.mkv", 8), // one file, two episodes
			},
			"3": {part("31", "30", "/data/music/Song.flac", 1)},
			"4": {part("41", "40", `D:\Docs\Koyaanisqatsi\Koyaanisqatsi.mkv`, 3)},
		},
		page: 1000,
	}
}

func newPlex(t testing.TB, s *server, o source.Options, rows ...pathmap.Row) *source.Plex {
	t.Helper()
	m, err := pathmap.New(rows)
	if err != nil {
		t.Fatal(err)
	}
	o.Map = m
	if o.Random == nil {
		o.Random = func(n int) int { return n - 1 }
	}
	return source.NewPlex(s, o)
}

func rules(t testing.TB, include, exclude source.Match) source.Rules {
	t.Helper()
	r, err := source.NewRules(include, exclude)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lister is either source.
type lister interface {
	Videos(ctx context.Context, s preview.Selection) iter.Seq2[preview.Page, error]
}

// list returns all videos of a selection, and the error that ended the list.
func list(t testing.TB, p lister, s preview.Selection) (videos []preview.Video, last preview.Page, err error) {
	t.Helper()
	for page, err := range p.Videos(t.Context(), s) {
		if err != nil {
			return videos, last, err
		}
		videos = append(videos, page.Videos...)
		if page.Listed != len(videos) {
			t.Errorf("A page says that %d videos are listed, there are %d.", page.Listed, len(videos))
		}
		last = page
	}
	return videos, last, nil
}

func paths(videos []preview.Video) []string {
	var out []string
	for _, v := range videos {
		out = append(out, v.Path)
	}
	return out
}

// many is a server with one library of n films.
func many(n int) *server {
	s := &server{
		sections: []plex.Section{{Key: "1", Type: "movie", Title: "Films", Locations: []string{"/data/films"}}},
		page:     1000, parts: map[string][]plex.Part{},
	}
	for i := range n {
		id := strconv.Itoa(i)
		s.parts["1"] = append(s.parts["1"], part(id, id, "/data/films/Film "+id+" (1999)/Film "+id+" (1999) Bluray-1080p.mkv", 1))
	}
	return s
}
