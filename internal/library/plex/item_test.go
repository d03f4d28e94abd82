package plex

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func ids(parts []Part) (all []string) {
	for _, p := range parts {
		all = append(all, p.ID)
	}
	return all
}

func TestItemsByTheirKeys(t *testing.T) {
	var asked []string
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/library/metadata/{keys}": func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("skipRefresh"))
		if r.PathValue("keys") == "404" {
			page(404)(w, r)
			return
		}
		var items []string
		for k := range strings.SplitSeq(r.PathValue("keys"), ",") {
			items = append(items, fmt.Sprintf(`{"ratingKey":"%s","Media":[{"Part":[{"id":"%[1]s0"}]}]}`, k))
		}
		says(`{"MediaContainer":{"librarySectionID":"7","Metadata":[`+strings.Join(items, ",")+`]}}`)(w, r)
	}}))
	got, err := s.Item(t.Context(), "1", "23")
	if diff := cmp.Diff([]string{"10", "230"}, ids(got)); err != nil || diff != "" || got[0].Section != "7" {
		t.Error(err, diff, got)
	}
	if got, err := s.Item(t.Context(), "404"); err != nil || len(got) != 0 {
		t.Error("an item that is gone:", got, err)
	}
	many := make([]string, 250)
	for i := range many {
		many[i] = fmt.Sprint(i + 1)
	}
	if got, err := s.Item(t.Context(), many...); err != nil || len(got) != 250 {
		t.Error(len(got), err)
	}
	if diff := cmp.Diff([]string{"1", "1", "1", "1", "1"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestChildrenOfShowsAndSeasons(t *testing.T) {
	episodes := `{"MediaContainer":{"Metadata":[{"ratingKey":"11","parentRatingKey":"5","type":"episode","Media":[{"Part":[{"id":1}]}]},{"ratingKey":"12","type":"episode","Media":[{"Part":[{"id":1}]}]}]}}`
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{
		"/library/metadata/5/children":  says(episodes),
		"/library/metadata/4/children":  says(`{"MediaContainer":{"Metadata":[{"ratingKey":"5","type":"season"}]}}`),
		"/library/metadata/4/allLeaves": says(episodes),
		"/library/metadata/9/children":  page(404),
	}))
	for key, want := range map[string]int{"5": 2, "4": 2, "9": 0} {
		if got, err := s.Children(t.Context(), key); err != nil || len(got) != want || want > 0 && got[0].Season != "5" {
			t.Errorf("below %s: %v, %v", key, got, err)
		}
	}
}

func TestFindComparesTheWholePath(t *testing.T) {
	var asked []string
	// Plex compares base names only, byte by byte.
	known := []string{"/films/Heat/film.mkv", "/films/Ran/film.mkv", "/films/Ame\u0301lie.mkv", `D:\Films\Alien\film.mkv`}
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/library/sections/1/all": func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("type") != "1" {
			page(500)(w, r)
			return
		}
		asked = append(asked, q.Get("file"))
		var items []string
		for i, file := range known {
			if file[strings.LastIndexAny(file, `/\`)+1:] == q.Get("file") {
				items = append(items, fmt.Sprintf(`{"ratingKey":"%d","Media":[{"Part":[{"id":%[1]d,"file":%q}]}]}`, i+1, file))
			}
		}
		says(`{"MediaContainer":{"Metadata":[`+strings.Join(items, ",")+`]}}`)(w, r)
	}}))
	for file, want := range map[string]string{
		"/films/Ran/film.mkv":          "2",
		"/films/Am\u00e9lie.mkv":       "3",
		`d:/films/alien/film.mkv`:      "4",
		"/films/Gone/film.mkv":         "",
		"/films/Ran/":                  "",
		`/films/a back\slash/film.mkv`: "",
	} {
		got, err := s.Find(t.Context(), films, file)
		if err != nil || strings.Join(ids(got), ",") != want {
			t.Errorf("%s gave %v, %v", file, got, err)
		}
	}
	if _, err := s.Find(t.Context(), Section{Key: "1", Type: "photo"}, "/a"); preview.ReasonOf(err) != preview.PlexNoLibrary {
		t.Error(err)
	}
}

func TestHashesOfAWholeShow(t *testing.T) {
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{
		"/library/metadata/148/tree": says(`{"MediaContainer":{"size":1,"MetadataItem":[{"id":148,"title":"Babylon 5","MetadataItem":[{"id":155,"MetadataItem":[
			{"id":156,"MediaItem":[{"id":380,"MediaPart":[{"id":868,"hash":"47da8a62adf441b14a925e779766adb6680e96da","MediaStream":[{"id":2000}]},{"id":"869","hash":""}]}]},
			{"id":157,"MediaItem":[{"id":381,"MediaPart":[{"id":"870","hash":"abc"}]},{"id":382,"MediaPart":[{"id":871,"hash":"def"}]}]}]}]}]}}`),
		"/library/metadata/9/tree": page(404),
	}))
	got, err := s.Hashes(t.Context(), "148")
	want := map[string]string{"868": "47da8a62adf441b14a925e779766adb6680e96da", "870": "abc", "871": "def"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if got, err := s.Hashes(t.Context(), "9"); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

func TestPlexIsAskedToLookAgain(t *testing.T) {
	var asked []string
	note := func(w http.ResponseWriter, r *http.Request) { asked = append(asked, r.Method+" "+r.URL.RequestURI()) }
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{
		"/library/metadata/7/analyze": note, "/library/sections/1/refresh": note, "/library/metadata/8/analyze": page(404),
	}))
	if err := s.Analyze(t.Context(), "7"); err != nil {
		t.Error(err)
	}
	if err := s.ScanFolder(t.Context(), "1", `/films/Ä & B`); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"PUT /library/metadata/7/analyze", "GET /library/sections/1/refresh?path=%2Ffilms%2F%C3%84+%26+B"}, asked); diff != "" {
		t.Error(diff)
	}
	if err := s.Analyze(t.Context(), "8"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.ScanFolder(t.Context(), "1", ""); preview.ReasonOf(err) != preview.NothingChosen {
		t.Error("an empty name would scan the whole library:", err)
	}
}

func TestFrame(t *testing.T) {
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{
		"/library/parts/1/indexes/sd/{ms}": func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("\xff\xd8\xff" + r.PathValue("ms")))
		},
		"/library/parts/2/indexes/sd/0": page(404),
		"/library/parts/3/indexes/sd/0": says("<html>"),
	}))
	if got, err := s.Frame(t.Context(), "1", 90*time.Second); err != nil || string(got) != "\xff\xd8\xff90000" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := s.Frame(t.Context(), "2", 0); preview.ReasonOf(err) != preview.PlexNotShown || !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestNothingButNumbersBecomesPartOfAnAddress(t *testing.T) {
	s, n := connect(t, pms(machine, nil))
	before := len(n.seen)
	for _, key := range []string{"", "1/../2", "1?x", "a", "1,2", "%31", "-1", "١", strings.Repeat("1", 21)} {
		_, err1 := s.Item(t.Context(), "1", key)
		_, err2 := s.Children(t.Context(), key)
		_, err3 := s.Hashes(t.Context(), key)
		err4 := s.Analyze(t.Context(), key)
		err5 := s.ScanFolder(t.Context(), key, "/films")
		_, err6 := s.Frame(t.Context(), key, 0)
		_, err7 := s.SectionPref(t.Context(), key, "x")
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
			if err == nil {
				t.Errorf("call %d took the key %q", i+1, key)
			}
		}
	}
	if len(n.seen) != before {
		t.Error("the server was asked")
	}
}

func TestWhoWatchesAndWhatIsGoingOn(t *testing.T) {
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{
		"/status/sessions": says(`{"MediaContainer":{"size":2,"Metadata":[{"title":"Heat","User":{"id":"1","title":"ann"},"Player":{"state":"playing","local":true}},{"title":"Ran","Player":[{"state":"paused","local":"0"}]}]}}`),
		"/activities": says(`{"MediaContainer":{"size":2,"Activity":[{"uuid":"u","type":"media.generate.bif","title":"Generating","progress":-1},
			{"uuid":"v","type":"library.update.section","subtitle":"Films","progress":"42","Context":{"librarySectionID":"1"}}]}}`),
	}))
	sessions, err := s.Sessions(t.Context())
	if diff := cmp.Diff([]Session{{User: "ann", Title: "Heat", State: "playing", Local: true}, {Title: "Ran", State: "paused"}}, sessions); err != nil || diff != "" {
		t.Error(err, diff)
	}
	activities, err := s.Activities(t.Context())
	if diff := cmp.Diff([]Activity{
		{UUID: "u", Type: "media.generate.bif", Title: "Generating", Progress: -1},
		{UUID: "v", Type: "library.update.section", Subtitle: "Films", Section: "1", Progress: 42},
	}, activities); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
