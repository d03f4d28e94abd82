package plex

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

var films = Section{Key: "1", Type: Movies, Title: "Films"}

// shelf is a section with n films, and the ways in which its list can be wrong.
type shelf struct {
	n         int
	most      int  // per page; 0 for what was asked
	total     int  // that it says; -1 for none, 0 for the truth
	blind     bool // for where to start
	header    bool // says the total in a header only
	moves     bool // a film is added in front after each page
	stops     int  // answers with empty pages from here on; 0 for never
	broken    int  // answers 500 so many times first
	cutPages  int  // cuts so many answers first
	requests  int
	lastQuery string
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests++
	s.lastQuery = r.URL.RawQuery
	if s.broken > 0 {
		s.broken--
		page(500)(w, r)
		return
	}
	q := r.URL.Query()
	start, _ := strconv.Atoi(r.Header.Get("X-Plex-Container-Start"))
	size, _ := strconv.Atoi(r.Header.Get("X-Plex-Container-Size"))
	if q.Get("type") == "" || q.Get("X-Plex-Container-Start") != strconv.Itoa(start) || q.Get("X-Plex-Container-Size") != strconv.Itoa(size) {
		page(500)(w, r)
		return
	}
	if s.most > 0 {
		size = min(size, s.most)
	}
	if s.blind {
		start = 0
	}
	end := min(start+size, s.n)
	if s.stops != 0 {
		end = min(end, max(0, s.stops))
	}
	total := s.n
	if s.total > 0 {
		total = s.total
	}
	var b strings.Builder
	b.WriteString(`{"MediaContainer":{"size":` + strconv.Itoa(max(0, end-start)) + `,`)
	switch {
	case s.header:
		w.Header().Set("X-Plex-Container-Total-Size", strconv.Itoa(total))
	case s.total >= 0:
		fmt.Fprintf(&b, `"totalSize":%d,`, total)
	}
	b.WriteString(`"librarySectionID":1,"Metadata":[`)
	for i := start; i < end; i++ {
		if i > start {
			b.WriteByte(',')
		}
		key := s.n - i
		fmt.Fprintf(&b, `{"ratingKey":"%d","type":"movie","title":"Film %[1]d","Media":[{"id":%[1]d,"Part":[{"id":%[1]d,"key":"/library/parts/%[1]d/1700000000/file.mkv","file":"/films/%[1]d.mkv","size":%[1]d}]}]}`, key)
	}
	b.WriteString(`]}}`)
	if s.cutPages > 0 {
		s.cutPages--
		w.Write([]byte(b.String()[:b.Len()/2]))
		return
	}
	w.Write([]byte(b.String()))
	if s.moves && s.requests < 20 {
		s.n++
	}
}

// listShelf lists a shelf, and returns the pages, how many films came, and the last error.
func listShelf(t *testing.T, s *shelf, q PartQuery) (pages []Page, files map[string]int, err error) {
	t.Helper()
	server, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/library/sections/1/all": s.ServeHTTP}))
	files = map[string]int{}
	for p, e := range server.Parts(t.Context(), films, q) {
		if e != nil {
			return pages, files, e
		}
		pages = append(pages, p)
		for _, part := range p.Parts {
			files[part.File]++
		}
	}
	return pages, files, nil
}

func TestPartsListsEveryFilmOnce(t *testing.T) {
	for name, c := range map[string]struct {
		shelf    shelf
		want     int
		requests int
		reason   preview.Reason
	}{
		"an empty library":                      {shelf{n: 0}, 0, 1, ""},
		"one page":                              {shelf{n: 7}, 7, 1, ""},
		"a full page, and a look behind it":     {shelf{n: 1000}, 1000, 2, ""},
		"several pages":                         {shelf{n: 2500}, 2500, 3, ""},
		"short pages":                           {shelf{n: 250, most: 100}, 250, 3, ""},
		"the total in a header":                 {shelf{n: 2500, header: true}, 2500, 3, ""},
		"no total, and short pages":             {shelf{n: 250, most: 100, total: -1}, 250, 4, ""},
		"a total that is too low":               {shelf{n: 2500, total: 900}, 2500, 3, ""},
		"a total that is too high":              {shelf{n: 2500, total: 2600}, 2500, 4, preview.PlexIncomplete},
		"everything at once":                    {shelf{n: 300, most: 0, blind: true}, 300, 1, ""},
		"the first page again and again":        {shelf{n: 2500, blind: true}, 1000, 2, preview.PlexIncomplete},
		"an end before the end":                 {shelf{n: 2500, stops: 1200}, 1200, 3, preview.PlexIncomplete},
		"films that come while it is listed":    {shelf{n: 2500, moves: true}, 2500, 4, ""},
		"errors in between":                     {shelf{n: 1500, broken: 3}, 1500, 5, ""},
		"an error that stays":                   {shelf{n: 1500, broken: 9}, 0, 4, preview.PlexFailed},
		"answers that are cut off":              {shelf{n: 1500, cutPages: 2}, 1500, 4, ""},
		"an answer that is cut off every time":  {shelf{n: 10, cutPages: 9}, 0, 4, preview.PlexAway},
		"a page that is larger than asked for":  {shelf{n: 20, most: 20}, 20, 1, ""},
		"an empty page although there are some": {shelf{n: 10, stops: -1}, 0, 1, preview.PlexIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pages, files, err := listShelf(t, &c.shelf, PartQuery{})
				if (err != nil) != (c.reason != "") || err != nil && preview.ReasonOf(err) != c.reason {
					t.Errorf("got the error %v, want %q", err, c.reason)
				}
				if len(files) != c.want || c.shelf.requests != c.requests {
					t.Errorf("got %d films by %d requests, want %d by %d", len(files), c.shelf.requests, c.want, c.requests)
				}
				read := 0
				for _, p := range pages {
					read += p.Items
					if p.Read != read || p.Total < p.Read {
						t.Errorf("a page says that %d of %d were read, it were %d", p.Read, p.Total, read)
					}
				}
				for f, n := range files {
					if n != 1 {
						t.Fatalf("%s came %d times", f, n)
					}
				}
			})
		})
	}
}

func TestPartsOfARecentTimeAreThoseAddedOrChanged(t *testing.T) {
	var filters []string
	answer := map[string]string{
		"addedAt>>":   `{"MediaContainer":{"totalSize":2,"Metadata":[` + film(1) + `,` + film(2) + `]}}`,
		"updatedAt>>": `{"MediaContainer":{"totalSize":2,"Metadata":[` + film(2) + `,` + film(3) + `]}}`,
	}
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/library/sections/1/all": func(w http.ResponseWriter, r *http.Request) {
		for name, text := range answer {
			if r.URL.Query().Has(name) {
				filters = append(filters, name+"="+r.URL.Query().Get(name)+" "+r.URL.Query().Get("sort"))
				says(text)(w, r)
			}
		}
	}}))
	var got []string
	var last Page
	for p, err := range s.Parts(t.Context(), films, PartQuery{Since: time.Unix(1700000000, 0), Sort: "addedAt:desc"}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range p.Parts {
			got = append(got, part.ID)
		}
		last = p
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"addedAt>>=1699999999 addedAt:desc", "updatedAt>>=1699999999 addedAt:desc"}, filters); diff != "" {
		t.Error(diff)
	}
	if last.Read != 3 {
		t.Error(last)
	}
}

func film(n int) string {
	return fmt.Sprintf(`{"ratingKey":"%d","title":"Film","Media":[{"Part":[{"id":%[1]d,"file":"/films/%[1]d.mkv"}]}]}`, n)
}

func TestPartsOfWhatIsNoVideoLibrary(t *testing.T) {
	s, n := connect(t, pms(machine, nil))
	for _, section := range []Section{{Key: "3", Type: "artist"}, {Key: "../../", Type: Movies}, {}} {
		for _, err := range s.Parts(t.Context(), section, PartQuery{}) {
			if preview.ReasonOf(err) != preview.PlexNoLibrary {
				t.Error(err)
			}
		}
	}
	if len(n.told()) > 0 {
		t.Error("the server was asked")
	}
}

// What an item can look like, by endpoint and version.
func TestPartsAreReadInEveryShape(t *testing.T) {
	for name, c := range map[string]struct {
		json string
		want []Part
	}{
		"a film": {
			`{"ratingKey":"49","type":"movie","title":"Heat","year":1995,"addedAt":1408525217,"duration":5129000,
			  "Media":[{"id":827,"duration":5129000,"Part":[{"id":827,"key":"/library/parts/827/1777598686/file.mkv","duration":5129009,
			  "file":"O:\\Films\\Heat (1995).mkv","size":4208219125,"indexes":"sd"}]}],"Genre":[{"tag":"Crime"}]}`,
			[]Part{{
				ID: "827", Item: "49", Section: "9", Title: "Heat (1995)", File: `O:\Films\Heat (1995).mkv`, Size: 4208219125,
				Duration: 5129009 * time.Millisecond, Changed: time.Unix(1777598686, 0), Added: time.Unix(1408525217, 0), Indexed: true,
			}},
		},
		"an episode, all as strings": {
			`{"ratingKey":2234,"parentRatingKey":"2200","librarySectionID":"2","type":"episode","title":"Past and Present","grandparentTitle":"Dark",
			  "parentIndex":"1","index":"3","duration":"2700000","Media":{"Part":{"id":"5","key":"/library/parts/5/file.mkv","file":"/tv/Dark/3.mkv","size":"7","indexes":""}}}`,
			[]Part{{
				ID: "5", Item: "2234", Season: "2200", Section: "2", Title: "Dark – S01E03 – Past and Present", File: "/tv/Dark/3.mkv", Size: 7,
				Duration: 45 * time.Minute,
			}},
		},
		"two versions, one in two parts": {
			`{"ratingKey":"1","title":"A","Media":[{"Part":[{"id":1,"file":"a"},{"id":2,"file":"b"}]},{"Part":[{"id":3,"file":"c"}]}]}`,
			[]Part{
				{ID: "1", Item: "1", Section: "9", Title: "A", File: "a"},
				{ID: "2", Item: "1", Section: "9", Title: "A", File: "b"},
				{ID: "3", Item: "1", Section: "9", Title: "A", File: "c"},
			},
		},
		"what Plex made or lost itself": {
			`{"ratingKey":"1","title":"A","Media":[{"proxyType":42,"Part":[{"id":1}]},{"target":"Optimized for TV","Part":[{"id":2}]},
			  {"deletedAt":1700000000,"Part":[{"id":3}]},{"Part":[{"id":4,"exists":false},{"id":5,"exists":"0"},{"id":6,"exists":1},{"id":7,"deletedAt":"1700000000"}]}]}`,
			[]Part{
				{ID: "1", Item: "1", Section: "9", Title: "A", Optimized: true},
				{ID: "2", Item: "1", Section: "9", Title: "A", Optimized: true},
				{ID: "3", Item: "1", Section: "9", Title: "A", Missing: true},
				{ID: "4", Item: "1", Section: "9", Title: "A", Missing: true},
				{ID: "5", Item: "1", Section: "9", Title: "A", Missing: true},
				{ID: "6", Item: "1", Section: "9", Title: "A"},
				{ID: "7", Item: "1", Section: "9", Title: "A", Missing: true},
			},
		},
		"no media":                       {`{"ratingKey":"1","title":"A"}`, nil},
		"no parts":                       {`{"ratingKey":"1","Media":[{"id":1}]}`, nil},
		"nonsense":                       {`{"ratingKey":"1","Media":"none"}`, nil},
		"a part that cannot be asked of": {`{"ratingKey":"1","Media":[{"Part":[{"id":"../1","file":"a"},{"file":"b"}]}]}`, nil},
		"null":                           {`null`, nil},
		"numbers that are none": {
			`{"ratingKey":"1","title":7,"year":"MCMXCV","addedAt":-1,"duration":1e300,"Media":[{"Part":[{"id":1,"size":-3,"duration":12.9,"indexes":"sd,hd","key":"/library/parts/1/x/file.mkv"}]}]}`,
			[]Part{{ID: "1", Item: "1", Section: "9", Title: "7", Duration: 12 * time.Millisecond, Indexed: true}},
		},
		"a daily episode": {
			`{"ratingKey":"1","type":"episode","title":"Monday","grandparentTitle":"News","parentTitle":"2026","Media":[{"Part":[{"id":1}]}]}`,
			[]Part{{ID: "1", Item: "1", Section: "9", Title: "News – 2026 – Monday"}},
		},
		"an episode without a name": {
			`{"ratingKey":"1","type":"episode","Media":[{"Part":[{"id":1}]}]}`,
			[]Part{{ID: "1", Item: "1", Section: "9", Title: "Item 1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := readPage(http.Header{}, strings.NewReader(`{"MediaContainer":{"size":"1","Metadata":[`+c.json+`],"totalSize":"1"}}`), "9")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, p.parts); diff != "" {
				t.Error(diff)
			}
			if len(p.items) != 1 || p.total != 1 {
				t.Error(len(p.items), p.total)
			}
		})
	}
}

func FuzzReadPage(f *testing.F) {
	for _, s := range []string{
		`{"MediaContainer":{"size":1,"totalSize":"2","Metadata":[` + film(1) + `]}}`,
		`{"MediaContainer":{"Metadata":{"ratingKey":1}}}`, `{"MediaContainer":[]}`, `{}`, `[]`, `<html>`, ``, `{"MediaContainer":{"Metadata":[null,1,"a",[[]],{}]}}`,
		`{"a":{"b":[1,{"c":null}]},"MediaContainer":{"librarySectionID":7,"Metadata":[{"ratingKey":"1","type":"episode","index":1,"parentIndex":2,"Media":{"Part":[{"id":"1","exists":true}]}}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := readPage(http.Header{}, bytes.NewReader(body), "1")
		if err == nil && !json.Valid(body) && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
			t.Errorf("took %q for JSON", body)
		}
		for _, part := range p.parts {
			if !digits(part.ID) || !digits(part.Item) || part.Size < 0 || part.Duration < 0 {
				t.Errorf("%q gave %+v", body, part)
			}
		}
		_, _ = readSections(bytes.NewReader(body))
		_, _ = readTree(bytes.NewReader(body))
		_, _ = readIdentity(bytes.NewReader(body))
		_, _ = readResources(bytes.NewReader(body))
	})
}

func BenchmarkReadPage(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"MediaContainer":{"size":1000,"totalSize":1000,"Metadata":[`)
	for i := range 1000 {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"ratingKey":"%d","key":"/library/metadata/%[1]d","guid":"plex://movie/68e62cc50d1f89b18a4e533d","type":"movie","title":"Film %[1]d","year":2025,"duration":7200000,"addedAt":1777346604,"updatedAt":1777346607,`+
			`"Media":[{"id":%[1]d,"duration":7200000,"bitrate":3250,"width":1280,"height":720,"aspectRatio":1.78,"audioChannels":2,"audioCodec":"aac","videoCodec":"h264","videoResolution":"720","container":"mkv","videoFrameRate":"24p","videoProfile":"high",`+
			`"Part":[{"id":%[1]d,"key":"/library/parts/%[1]d/1777598686/file.mkv","duration":7200000,"file":"/media/films/Film %[1]d (2025)/Film %[1]d (2025).mkv","size":12213299,"container":"mkv","indexes":"sd","videoProfile":"high"}]}]}`, i+1)
	}
	text.WriteString(`]}}`)
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if p, err := readPage(http.Header{}, strings.NewReader(text.String()), "1"); err != nil || len(p.parts) != 1000 {
			b.Fatal(err)
		}
	}
}
