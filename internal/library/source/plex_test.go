package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/source"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestAVideoHasAllThatPlexSays(t *testing.T) {
	p := newPlex(t, small(), source.Options{}, pathmap.Row{Remote: "/data", Local: "/mnt/nas"})
	videos, _, err := list(t, p, preview.Selection{Libraries: []string{"tv shows"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []preview.Video{
		{
			Source: "plex:m1", Key: "22", Library: "2", Title: "Title 21", Path: "/mnt/nas/tv/Dark/E2-E3.mkv", Remote: "/data/tv/Dark/E2-E3.mkv",
			Size: 1000, Changed: day(8), Added: day(8), Duration: time.Hour, Items: []string{"22", "21"},
		},
		{
			Source: "plex:m1", Key: "21", Library: "2", Title: "Title 20", Path: "/mnt/nas/tv/Dark/E1.mkv", Remote: "/data/tv/Dark/E1.mkv",
			Size: 1000, Changed: day(6), Added: day(6), Duration: time.Hour, Items: []string{"20"}, Shown: true,
		},
	}
	if diff := cmp.Diff(want, videos); diff != "" {
		t.Error(diff)
	}
}

func TestSelections(t *testing.T) {
	const (
		heat, heat4k = "/data/films/Heat/Heat.mkv", "/data/films4k/Heat/Heat 4K.mkv"
		ran1, ran2   = "/data/films/Ran/Ran-cd1.avi", "/data/films/Ran/Ran-cd2.avi"
		e1, e23      = "/data/tv/Dark/E1.mkv", "/data/tv/Dark/E2-E3.mkv"
		docs         = `D:\Docs\Koyaanisqatsi\Koyaanisqatsi.mkv`
	)
	type selection = preview.Selection
	for name, test := range map[string]struct {
		s                selection
		include, exclude source.Match
		want             []string
	}{
		"everything, newest first over all libraries": {s: selection{All: true}, want: []string{e23, e1, ran1, ran2, docs, heat, heat4k}},
		"oldest":                         {s: selection{All: true, Order: preview.Oldest}, want: []string{heat, heat4k, docs, ran1, ran2, e1, e23}},
		"by name, library by library":    {s: selection{All: true, Order: preview.ByName}, want: []string{docs, heat, heat4k, ran1, ran2, e1, e23}},
		"a library by key":               {s: selection{Libraries: []string{"2"}}, want: []string{e23, e1}},
		"a library by title in any case": {s: selection{Libraries: []string{" DOCS"}}, want: []string{docs}},
		"two libraries":                  {s: selection{Libraries: []string{"docs", "2", "TV Shows"}}, want: []string{e23, e1, docs}},
		"a library that is ruled out":    {s: selection{All: true}, exclude: source.Match{Libraries: []string{"films", "4"}}, want: []string{e23, e1}},
		"only one library":               {s: selection{All: true}, include: source.Match{Libraries: []string{"Docs"}}, want: []string{docs}},
		"a folder that is ruled out":     {s: selection{All: true}, exclude: source.Match{Paths: []string{"/data/films", "/data/tv/Dark/E1.mkv"}}, want: []string{e23, docs, heat4k}},
		"only one folder":                {s: selection{All: true}, include: source.Match{Paths: []string{"/data/films4k/"}}, want: []string{heat4k}},
		"a pattern that is ruled out":    {s: selection{All: true}, exclude: source.Match{Patterns: []string{`(?i)-CD\d`, `^D:`}}, want: []string{e23, e1, heat, heat4k}},
		"all that is included must be so": {
			s: selection{All: true}, include: source.Match{Paths: []string{"/data/films", "/data/tv"}, Patterns: []string{"(?i)heat|E1"}},
			exclude: source.Match{Paths: []string{"/data/tv"}}, want: []string{heat},
		},
		"a file":                         {s: selection{Paths: []string{heat}}, want: []string{heat}},
		"a file with two episodes":       {s: selection{Paths: []string{e23}}, want: []string{e23}},
		"files as they are named":        {s: selection{Paths: []string{e1, heat, e1}}, want: []string{e1, heat}},
		"a folder":                       {s: selection{Paths: []string{"/data/films/Ran"}}, want: []string{ran1, ran2}},
		"a folder of two libraries":      {s: selection{Paths: []string{"/data"}}, want: []string{e23, e1, ran1, ran2, heat, heat4k}},
		"a folder and its library":       {s: selection{Paths: []string{"/data/films/Ran"}, Libraries: []string{"1"}}, want: []string{ran1, ran2, heat, heat4k}},
		"folders in one library":         {s: selection{Paths: []string{"/data/films/Ran", "/data/films4k"}}, want: []string{ran1, ran2, heat4k}},
		"a folder of Windows":            {s: selection{Paths: []string{`d:/docs`}}, want: []string{docs}},
		"a file of a library ruled out":  {s: selection{Paths: []string{heat, docs}}, exclude: source.Match{Libraries: []string{"1"}}, want: []string{docs}},
		"some paths of no library":       {s: selection{Paths: []string{"/elsewhere/a.mkv", heat}}, want: []string{heat}},
		"a path that only begins alike":  {s: selection{Paths: []string{"/data/films/Ra", heat}}, want: []string{heat}},
		"a file that Plex does not know": {s: selection{Paths: []string{"/data/films/New/New.mkv"}}, want: []string{"/data/films/New/New.mkv"}},
		"a file that is no video":        {s: selection{Paths: []string{"/data/films/New/New.mkv.srt", heat}}, want: []string{heat}},
		"a file that Plex misses":        {s: selection{Paths: []string{"/data/films/Gone/Gone.mkv"}}, want: []string{"/data/films/Gone/Gone.mkv"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, page := range []int{1, 2, 1000} {
				s := small()
				s.page = page
				if page == 1 { // two episodes of a file come twice then, see below
					s.parts["2"] = s.parts["2"][:2]
				}
				p := newPlex(t, s, source.Options{Rules: rules(t, test.include, test.exclude)})
				videos, last, err := list(t, p, test.s)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, paths(videos)); diff != "" {
					t.Errorf("with pages of %d: %s", page, diff)
				}
				if last.Total != len(videos) {
					t.Errorf("At the end, %d videos are expected, and %d came.", last.Total, len(videos))
				}
			}
		})
	}
}

func TestWhatCannotBeListed(t *testing.T) {
	for name, test := range map[string]struct {
		s       preview.Selection
		exclude source.Match
		want    preview.Reason
		detail  string
	}{
		"nothing":                         {s: preview.Selection{}, want: preview.NothingChosen},
		"plain folders only":              {s: preview.Selection{Folders: []string{"/x"}}, want: preview.NothingChosen},
		"an unknown library":              {s: preview.Selection{Libraries: []string{"Films", "Anime"}}, want: preview.PlexNoLibrary, detail: `"Anime" is no library of the server; it has "TV Shows" (2), "Films" (1), "Docs" (4)`},
		"no name at all":                  {s: preview.Selection{Libraries: []string{""}}, want: preview.PlexNoLibrary},
		"a library of music":              {s: preview.Selection{Libraries: []string{"Music"}}, want: preview.PlexNoLibrary},
		"libraries that are all left out": {s: preview.Selection{Libraries: []string{"films"}}, exclude: source.Match{Libraries: []string{"1"}}, want: preview.NothingChosen, detail: "the settings leave out Films"},
		"a path of no library":            {s: preview.Selection{Paths: []string{"/elsewhere"}}, want: preview.PathOutside, detail: "no library holds /elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlex(t, small(), source.Options{Rules: rules(t, source.Match{}, test.exclude)})
			videos, _, err := list(t, p, test.s)
			if preview.ReasonOf(err) != test.want || len(videos) > 0 {
				t.Errorf("%d videos came, and the error %v.", len(videos), err)
			}
			if test.detail != "" && err.Error() != test.detail {
				t.Errorf("The error is %q, want %q.", err, test.detail)
			}
			if err := p.Check(t.Context(), test.s); preview.ReasonOf(err) != test.want {
				t.Errorf("Check says %v.", err)
			}
		})
	}
}

// Plex lists the second episode of a file on the next page, where the first one cannot be joined any more.
func TestAFileOfTwoEpisodesOnTwoPagesComesTwice(t *testing.T) {
	s := small()
	var fill []plex.Part
	for range 999 {
		fill = append(fill, part("", "", "", 9))
	}
	s.parts["2"] = append(fill, s.parts["2"][1:]...)
	videos, _, err := list(t, newPlex(t, s, source.Options{}), preview.Selection{Libraries: []string{"2"}})
	if err != nil {
		t.Fatal(err)
	}
	var items []string
	for _, v := range videos {
		items = append(items, v.Items...)
	}
	if diff := cmp.Diff([]string{"22", "21"}, items); diff != "" || len(videos) != 2 {
		t.Errorf("%d videos: %s", len(videos), diff)
	}
}

// Libraries move while they are read, and show the same film on two pages.
func TestWhatIsListedTwiceComesOnce(t *testing.T) {
	s := many(2000)
	s.parts["1"] = append(s.parts["1"], s.parts["1"][999])
	videos, _, err := list(t, newPlex(t, s, source.Options{}), preview.Selection{All: true})
	if err != nil || len(videos) != 2000 {
		t.Errorf("%d videos came of 2000, error %v.", len(videos), err)
	}
}

func TestAllItemsOfAFileMustBeShown(t *testing.T) {
	s := small()
	s.parts["2"][1].Indexed = true
	videos, _, err := list(t, newPlex(t, s, source.Options{}), preview.Selection{Libraries: []string{"2"}})
	if err != nil || len(videos) != 2 || videos[0].Shown {
		t.Errorf("One of two episodes has a preview, and the file counts as shown: %+v, %v.", videos, err)
	}
}

func TestRandomIsTheSameForTheSameChance(t *testing.T) {
	order := func(seed int) []string {
		p := newPlex(t, many(2500), source.Options{Random: func(n int) int { seed = seed*1103515245 + 12345; return (seed >> 16 & 0x7fff) % n }})
		videos, _, err := list(t, p, preview.Selection{All: true, Order: preview.Random})
		if err != nil {
			t.Fatal(err)
		}
		return paths(videos)
	}
	one, same, other := order(1), order(1), order(2)
	if !slices.Equal(one, same) {
		t.Error("The same chance gave another order.")
	}
	if slices.Equal(one, other) || slices.IsSorted(one) {
		t.Error("The order is not random.")
	}
	slices.Sort(one)
	slices.Sort(other)
	if len(one) != 2500 || !slices.Equal(one, other) {
		t.Errorf("%d videos came of 2500.", len(one))
	}
}

// Whatever the libraries, the pages and the order are, each file comes once.
func TestEveryOrderListsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &server{parts: map[string][]plex.Part{}, page: rapid.IntRange(1, 7).Draw(t, "page")}
		n := 0
		for i := range rapid.IntRange(0, 4).Draw(t, "libraries") {
			key := string(rune('1' + i))
			s.sections = append(s.sections, plex.Section{Key: key, Type: "movie", Title: "L" + key, Locations: []string{"/l" + key}})
			for range rapid.IntRange(0, 20).Draw(t, "films") {
				n++
				id := string(rune('a' + n))
				s.parts[key] = append(s.parts[key], part(id, id, "/l"+key+"/"+id+".mkv", rapid.IntRange(1, 5).Draw(t, "day")))
			}
		}
		p := source.NewPlex(s, source.Options{})
		for _, order := range []preview.Order{preview.Newest, preview.Oldest, preview.Random, preview.ByName, ""} {
			var videos []preview.Video
			total := 0
			for page, err := range p.Videos(t.Context(), preview.Selection{All: true, Order: order}) {
				if err != nil {
					if len(s.sections) == 0 && preview.ReasonOf(err) == preview.PlexNoLibrary {
						return
					}
					t.Fatal(err)
				}
				videos = append(videos, page.Videos...)
				if page.Listed != len(videos) || page.Total != n {
					t.Fatalf("%d of %d are listed, the page says %d of %d.", len(videos), n, page.Listed, page.Total)
				}
				total = page.Total
			}
			added := func(a, b preview.Video) int { return a.Added.Compare(b.Added) }
			if order == preview.Oldest && !slices.IsSortedFunc(videos, added) {
				t.Fatal("Oldest is not sorted.")
			}
			slices.Reverse(videos)
			if (order == preview.Newest || order == "") && !slices.IsSortedFunc(videos, added) {
				t.Fatal("Newest is not sorted.")
			}
			names := paths(videos)
			slices.Sort(names)
			if len(slices.Compact(names)) != n || total != n {
				t.Fatalf("%s lists %d of %d.", order, len(names), n)
			}
		}
	})
}

func TestAnIncompleteLibraryDoesNotKeepTheOthersBack(t *testing.T) {
	s := small()
	s.ends = map[string]error{"2": preview.Because(preview.PlexIncomplete, "2 of 9 items")}
	videos, _, err := list(t, newPlex(t, s, source.Options{}), preview.Selection{All: true})
	if len(videos) != 7 || preview.ReasonOf(err) != preview.PlexIncomplete {
		t.Errorf("%d videos came of 7, and the error %v.", len(videos), err)
	}
}

func TestAnErrorEndsTheList(t *testing.T) {
	s := small()
	s.ends = map[string]error{"2": preview.Because(preview.PlexAway, "gone")}
	_, _, err := list(t, newPlex(t, s, source.Options{}), preview.Selection{All: true})
	if preview.ReasonOf(err) != preview.PlexAway {
		t.Errorf("The server went away, and the error is %v.", err)
	}
	s.away = errors.New("no route")
	if _, _, err := list(t, newPlex(t, s, source.Options{}), preview.Selection{All: true}); !errors.Is(err, s.away) {
		t.Errorf("The server was away, and the error is %v.", err)
	}
}

func TestAListMayBeLeft(t *testing.T) {
	for range newPlex(t, many(5000), source.Options{}).Videos(t.Context(), preview.Selection{All: true}) {
		break
	}
}

func TestOnePageCallForAThousandParts(t *testing.T) {
	s := many(10_000)
	if _, _, err := list(t, newPlex(t, s, source.Options{}), preview.Selection{All: true}); err != nil {
		t.Fatal(err)
	}
	if len(s.asked) != 11 { // and the sections
		t.Errorf("%d requests for 10 pages.", len(s.asked))
	}
}

func write(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("film"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALibraryOverSeveralDisks(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	write(t, one, "films/Heat/Heat.mkv")
	write(t, two, "films/Ran/Ran-cd1.avi", "films/Ran/Ran-cd2.avi")
	p := newPlex(t, small(), source.Options{}, pathmap.Row{Remote: "/data", Local: one}, pathmap.Row{Remote: "/data", Local: two})
	videos, _, err := list(t, p, preview.Selection{Paths: []string{"/data/films"}, Order: preview.ByName})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(one, "films", "Heat", "Heat.mkv"), filepath.Join(two, "films", "Ran", "Ran-cd1.avi"), filepath.Join(two, "films", "Ran", "Ran-cd2.avi")}
	if diff := cmp.Diff(want, paths(videos)); diff != "" {
		t.Error(diff)
	}
}

func TestPathsAsThisMachineNamesThem(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "films/Heat/Heat.mkv", "films/Ran/Ran-cd1.avi")
	p := newPlex(t, small(), source.Options{}, pathmap.Row{Remote: "/data/films", Local: filepath.Join(dir, "films")})
	for path, want := range map[string]int{
		filepath.Join(dir, "films", "Heat", "Heat.mkv"): 1,
		filepath.Join(dir, "films", "Ran"):              2,
		filepath.Join(dir, "films"):                     3,
		dir:                                             3, // above all rows
	} {
		videos, _, err := list(t, p, preview.Selection{Paths: []string{path}})
		if err != nil || len(videos) != want {
			t.Errorf("%s: %d videos came of %d, error %v.", path, len(videos), want, err)
		}
	}
}

// A film that was just downloaded into a folder of its own: Plex knows neither.
func TestANewFolderIsSearchedForVideos(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "films/New (2026)/New.mkv", "films/New (2026)/New.srt", "films/New (2026)/New-trailer.mkv", "films/New (2026)/Featurettes/How.mkv", "films/Heat/Heat.mkv")
	s := small()
	p := newPlex(t, s, source.Options{}, pathmap.Row{Remote: "/data", Local: dir})
	videos, _, err := list(t, p, preview.Selection{Paths: []string{filepath.Join(dir, "films", "New (2026)"), "/data/films/Heat"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Join(dir, "films", "Heat", "Heat.mkv"), filepath.Join(dir, "films", "New (2026)", "New.mkv")}, paths(videos)); diff != "" {
		t.Fatal(diff)
	}
	v := videos[1]
	if v.Key != "/data/films/New (2026)/New.mkv" || v.Remote != v.Key || v.Library != "1" || len(v.Items) > 0 || v.Title != "New" {
		t.Errorf("The video that Plex does not know is %+v.", v)
	}
}

// A hundred thousand parts are listed without keeping them. The figures are far above what it takes, and far below
// what one more copy of each video would cost.
func TestAListIsNotKept(t *testing.T) {
	s := many(100_000)
	p := newPlex(t, s, source.Options{}, pathmap.Row{Remote: "/data", Local: "/mnt/nas"})
	var before, during, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for page, err := range p.Videos(t.Context(), preview.Selection{All: true, Order: preview.ByName}) {
		if err != nil {
			t.Fatal(err)
		}
		if n += len(page.Videos); n == 99_000 {
			runtime.GC()
			runtime.ReadMemStats(&during)
		}
	}
	runtime.ReadMemStats(&after)
	if n != 100_000 {
		t.Fatalf("%d videos came of 100,000.", n)
	}
	if kept := during.HeapAlloc - min(before.HeapAlloc, during.HeapAlloc); kept > 8<<20 {
		t.Errorf("%d bytes are kept for 99,000 listed videos.", kept)
	}
	if per := (after.TotalAlloc - before.TotalAlloc) / 100_000; per > 2000 {
		t.Errorf("Each video costs %d bytes.", per)
	}
	if per := (after.Mallocs - before.Mallocs) / 100_000; per > 8 {
		t.Errorf("Each video costs %d allocations.", per)
	}
	t.Logf("kept %d, bytes per video %d, allocations per video %.1f", int64(during.HeapAlloc)-int64(before.HeapAlloc),
		(after.TotalAlloc-before.TotalAlloc)/100_000, float64(after.Mallocs-before.Mallocs)/100_000)
}
