package fakeplex_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
)

func TestWhoMayAskWhat(t *testing.T) {
	p := start(t, fakeplex.Options{})
	for _, c := range []struct {
		method, path, token string
		want                int
	}{
		{"GET", "/identity", "", 200},
		{"GET", "/", "", 401},
		{"GET", "/library/sections", "nonsense", 401},
		{"GET", "/library/sections", p.SharedToken(), 200},
		{"GET", "/library/sections", p.ServerToken(), 200},
		{"GET", "/library/sections", p.AccountToken(), 200},
		{"GET", "/activities", p.SharedToken(), 403},
		{"PUT", "/library/metadata/1/analyze", p.SharedToken(), 403},
		{"PUT", "/library/metadata/1/analyze", p.ServerToken(), 404},
		{"GET", "/nowhere", p.ServerToken(), 404},
	} {
		resp, body, err := p.ask(c.method, p.pms+c.path, "X-Plex-Token", c.token)
		if err != nil || resp.StatusCode != c.want {
			t.Errorf("%s %s: %v %v", c.method, c.path, resp, err)
		} else if c.want >= 400 && !strings.Contains(body, "<h1>"+strconv.Itoa(c.want)) {
			t.Errorf("%s %s answers %s", c.method, c.path, body)
		}
	}
	token := p.ServerToken()
	p.Revoke()
	if resp, _, err := p.ask("GET", p.pms+"/library/sections", "X-Plex-Token", token); err != nil || resp.StatusCode != 401 {
		t.Error("a token that was revoked is taken", err)
	}
	p.owner("GET", "/library/sections") // with the new one
}

func TestAnswersHaveTheServersShape(t *testing.T) {
	films := t.TempDir()
	film := write(t, films, "Das Boot (1981)/Das Boot (1981).mkv")
	when := time.Unix(1700000000, 0)
	if err := os.Chtimes(film, when, when); err != nil {
		t.Fatal(err)
	}
	p := start(t, fakeplex.Options{Duration: func(string) time.Duration { return 90 * time.Second }})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: films, As: "/data/films"}}}); err != nil {
		t.Fatal(err)
	}

	section, _ := p.get("/library/sections", "MediaContainer", "Directory", 0).(map[string]any)
	if section["key"] != "1" || section["type"] != "movie" || section["refreshing"] != false || section["title"] != "Films" {
		t.Errorf("got %v", section)
	}
	if got := dig(t, p.owner("GET", "/library/sections/all"), "MediaContainer", "Directory", 0, "Location", 0, "path"); got != "/data/films" {
		t.Errorf("the folder is %v", got)
	}

	file := p.Files()[0]
	list := p.owner("GET", "/library/sections/1/all?type=1")
	item, _ := dig(t, list, "MediaContainer", "Metadata", 0).(map[string]any)
	if item["ratingKey"] != file.Item || item["title"] != "Das Boot" || item["year"] != 1981.0 || item["addedAt"] != 1700000000.0 || item["type"] != "movie" {
		t.Errorf("got %v", item)
	}
	part := dig(t, list, "MediaContainer", "Metadata", 0, "Media", 0, "Part", 0)
	id, _ := strconv.Atoi(file.ID)
	want := map[string]any{
		"id": float64(id), "key": "/library/parts/" + file.ID + "/1700000000/file.mkv", "duration": 90000.0, "container": "mkv",
		"file": "/data/films/Das Boot (1981)/Das Boot (1981).mkv", "size": float64(len("Das Boot (1981)/Das Boot (1981).mkv ") * 5000), "videoProfile": "high",
	}
	if diff := cmp.Diff(want, part); diff != "" {
		t.Error(diff)
	}
	tree := p.get("/library/metadata/"+file.Item+"/tree", "MediaContainer", "MetadataItem", 0, "MediaItem", 0, "MediaPart", 0, "hash")
	if tree != file.Hash || len(file.Hash) != 40 {
		t.Errorf("the hash is %v", tree)
	}

	// The same as XML, which is what comes when nothing is said.
	var root struct {
		Size  int `xml:"size,attr"`
		Video []struct {
			RatingKey string `xml:"ratingKey,attr"`
			Media     []struct {
				Part []struct {
					File string `xml:"file,attr"`
				}
			}
		}
	}
	text := p.owner("GET", "/library/sections/1/all?type=1", "Accept", "*/*")
	if err := xml.Unmarshal([]byte(text), &root); err != nil || root.Size != 1 || root.Video[0].Media[0].Part[0].File != want["file"] {
		t.Errorf("%v in %s", err, text)
	}
	if text := p.owner("GET", "/library/sections", "Accept", "*/*"); !strings.Contains(text, `refreshing="0"`) || !strings.Contains(text, "<Location ") {
		t.Error(text)
	}
	if got := p.get("/", "MediaContainer", "machineIdentifier"); got != p.Identity() {
		t.Errorf("it is %v", got)
	}
	if got := p.get("/butler", "ButlerTasks", "ButlerTask", 0, "name"); got == nil {
		t.Error("no tasks")
	}
}

func TestTheDataFolderIsTheServers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Plex Media Server")
	p := start(t, fakeplex.Options{DataDir: dir})
	d, err := datadir.Open(dir)
	if err != nil || d.Check(p.Identity()) != nil || d.Identity != p.Identity() {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestListsComeInPages(t *testing.T) {
	p := start(t, fakeplex.Options{PageLimit: 40})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Many", Type: "movie", Synthetic: 100, Shown: 60}); err != nil {
		t.Fatal(err)
	}
	seen, shown := map[any]bool{}, 0
	for start := 0; start < 100; {
		resp, body, err := p.ask("GET", p.pms+"/library/sections/1/all?type=1&sort=addedAt:desc", "X-Plex-Token", p.ServerToken(),
			"X-Plex-Container-Start", strconv.Itoa(start), "X-Plex-Container-Size", "50")
		if err != nil || resp.Header.Get("X-Plex-Container-Total-Size") != "100" || resp.Header.Get("X-Plex-Container-Start") != strconv.Itoa(start) {
			t.Fatal(resp, err)
		}
		if dig(t, body, "MediaContainer", "totalSize") != 100.0 || dig(t, body, "MediaContainer", "offset") != float64(start) {
			t.Fatal(body[:200])
		}
		items, _ := dig(t, body, "MediaContainer", "Metadata").([]any)
		if start == 0 && dig(t, body, "MediaContainer", "Metadata", 0, "title") != "Film 000100" {
			t.Error("the newest is not the first")
		}
		for n := range items {
			seen[dig(t, body, "MediaContainer", "Metadata", n, "ratingKey")] = true
			if dig(t, body, "MediaContainer", "Metadata", n, "Media", 0, "Part", 0, "indexes") == "sd" {
				shown++
			}
		}
		start += len(items)
	}
	if len(seen) != 100 || shown != 60 {
		t.Errorf("%d items, %d shown", len(seen), shown)
	}
	if got := p.get("/library/sections/1/all?type=1&X-Plex-Container-Start=0&X-Plex-Container-Size=0", "MediaContainer", "Metadata"); got != nil {
		t.Error("no items were asked for")
	}
	if got := p.Count("GET /library/sections/*/all"); got != 4 {
		t.Errorf("%d requests", got)
	}
}

func TestListsCanBeNarrowed(t *testing.T) {
	p := start(t, fakeplex.Options{})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie"}); err != nil {
		t.Fatal(err)
	}
	for n, title := range []string{"Älter", "Ölig", "Zuletzt"} {
		if _, err := p.Add("1", fakeplex.Item{
			Title: title, Added: time.Unix(int64(1000*(n+1)), 0),
			Versions: []fakeplex.Version{{Parts: []fakeplex.Part{{As: "/films/" + title + ".mkv", Size: 5}}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]float64{
		"type=1":                        3,
		"":                              3,
		"type=4":                        0,
		"type=1&addedAt%3E%3E=2000":     1,
		"type=1&addedAt%3E=2000":        2,
		"type=1&addedAt%3E%3E=-1h":      0,
		"type=1&updatedAt%3E%3E=-1h":    3,
		"type=1&file=%C3%96lig.mkv":     1,
		"type=1&file=lig.mkv":           0,
		"type=1&limit=2":                2,
		"type=1&sort=titleSort:desc":    3,
		"type=1&addedAt%3E%3E=3000":     0,
		"type=1&excludeFields=summary,": 3,
	} {
		if got := p.get("/library/sections/1/all?"+query, "MediaContainer", "size"); got != want {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	for query, want := range map[string]int{"file=x.mkv": 500, "type=1&addedAt%3E%3E=soon": 400} {
		if resp, _, err := p.ask("GET", p.pms+"/library/sections/1/all?"+query, "X-Plex-Token", p.ServerToken()); err != nil || resp.StatusCode != want {
			t.Errorf("%s: %v %v", query, resp, err)
		}
	}
}

func TestShowsHaveSeasons(t *testing.T) {
	p := start(t, fakeplex.Options{})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Made up", Type: "show", Synthetic: 123}); err != nil {
		t.Fatal(err)
	}
	episode, _ := p.get("/library/sections/1/all?type=4&X-Plex-Container-Start=77&X-Plex-Container-Size=1", "MediaContainer", "Metadata", 0).(map[string]any)
	season, _ := episode["parentRatingKey"].(string)
	show, _ := episode["grandparentRatingKey"].(string)
	if got := p.get("/library/metadata/"+season+"/children", "MediaContainer", "Metadata", 7, "ratingKey"); got != episode["ratingKey"] {
		t.Errorf("got %v, want %v", got, episode["ratingKey"])
	}
	if got := p.get("/library/metadata/"+show+"/allLeaves", "MediaContainer", "size"); got != 50.0 {
		t.Errorf("the show has %v episodes", got)
	}
	tree := p.get("/library/metadata/"+show+"/tree", "MediaContainer", "MetadataItem", 0, "MetadataItem", 2, "MetadataItem", 7, "MediaItem", 0, "MediaPart", 0, "hash")
	if hash, _ := tree.(string); len(hash) != 40 {
		t.Errorf("got %v", tree)
	}
}

func TestSettings(t *testing.T) {
	p := start(t, fakeplex.Options{})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie"}); err != nil {
		t.Fatal(err)
	}
	p.owner("PUT", "/:/prefs?GenerateBIFFrameInterval=5")
	if got := p.get("/:/prefs", "MediaContainer", "Setting", 2, "value"); got != 5.0 {
		t.Errorf("got %v", got)
	}
	p.owner("PUT", "/library/sections/1/prefs?enableBIFGeneration=0")
	if got := p.get("/library/sections/1/prefs", "MediaContainer", "Setting", 0, "value"); got != false {
		t.Errorf("got %v", got)
	}
	for query, want := range map[string]int{"Nonsense=1": 403, "ButlerStartHour=early": 400} {
		if resp, _, err := p.ask("PUT", p.pms+"/:/prefs?"+query, "X-Plex-Token", p.ServerToken()); err != nil || resp.StatusCode != want {
			t.Errorf("%s: %v %v", query, resp, err)
		}
	}
	for n, want := range []int{200, 202} {
		if resp, _, err := p.ask("POST", p.pms+"/butler/GenerateMediaIndexFiles", "X-Plex-Token", p.ServerToken()); err != nil || resp.StatusCode != want {
			t.Errorf("start %d: %v %v", n, resp, err)
		}
	}
}

func TestWatching(t *testing.T) {
	p := start(t, fakeplex.Options{})
	change, stop := p.Watch("7", "Heat", true)
	change("paused")
	if got := p.get("/status/sessions", "MediaContainer", "Metadata", 0, "Player", "state"); got != "paused" {
		t.Errorf("got %v", got)
	}
	done := p.Busy("media.generate.bif", "Generating", "1")
	if got := p.get("/activities", "MediaContainer", "Activity", 0, "Context", "librarySectionID"); got != "1" {
		t.Errorf("got %v", got)
	}
	stop()
	done()
	if a, s := p.get("/activities", "MediaContainer", "size"), p.get("/status/sessions", "MediaContainer", "size"); a != 0.0 || s != 0.0 {
		t.Errorf("%v activities, %v sessions", a, s)
	}
	if resp, _, err := p.ask("GET", p.pms+"/status/sessions"); err != nil || resp.StatusCode != 401 {
		t.Error(resp, err)
	}
}
