package fakeplex_test

import (
	"bufio"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
)

func TestNamesBecomeItems(t *testing.T) {
	films, shows := t.TempDir(), t.TempDir()
	for _, name := range []string{
		"Heat (1995)/Heat (1995) - 1080p.mkv", "Heat (1995)/Heat (1995) - 4K.mkv",
		"Ben-Hur (1959)/Ben-Hur (1959) - pt1.avi", "Ben-Hur (1959)/Ben-Hur (1959) - pt2.avi",
		"Plex Versions/Optimized for TV/Heat (1995).mp4",
		"clip.mp4", "notes.txt", "poster.jpg",
	} {
		write(t, films, name)
	}
	for _, name := range []string{
		"Dark/Season 1/Dark - S01E01 - Secrets.mkv", "Dark/Season 1/dark.s01e02-e03.mkv", "Dark/Season 2/Dark - S02E01.mkv", "Übung S1E1.mkv", "loose.mkv",
	} {
		write(t, shows, name)
	}
	p := start(t, fakeplex.Options{})
	for _, l := range []fakeplex.Library{
		{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: films, As: `Z:\Films`}}},
		{Title: "Series", Type: "show", Folders: []fakeplex.Folder{{Path: shows}}},
	} {
		if _, err := p.AddLibrary(l); err != nil {
			t.Fatal(err)
		}
	}
	shape := map[string][]int{} // parts of each version
	list := p.owner("GET", "/library/sections/1/all?type=1")
	for n := range 3 {
		title, _ := dig(t, list, "MediaContainer", "Metadata", n, "title").(string)
		media, _ := dig(t, list, "MediaContainer", "Metadata", n, "Media").([]any)
		for v := range media {
			parts, _ := dig(t, list, "MediaContainer", "Metadata", n, "Media", v, "Part").([]any)
			shape[title] = append(shape[title], len(parts))
		}
	}
	if diff := cmp.Diff(map[string][]int{"Heat": {1, 1, 1}, "Ben-Hur": {2}, "clip": {1}}, shape); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(list, `"proxyType":42`) || !strings.Contains(list, `"file":"Z:\\Films\\Heat (1995)\\Heat (1995) - 4K.mkv"`) {
		t.Error(list)
	}

	var episodes []string
	list = p.owner("GET", "/library/sections/2/all?type=4&sort=addedAt")
	for n := range 6 {
		e, _ := dig(t, list, "MediaContainer", "Metadata", n).(map[string]any)
		show, _ := e["grandparentTitle"].(string)
		title, _ := e["title"].(string)
		episodes = append(episodes, show+"/"+title)
	}
	for _, want := range []string{"Dark/Secrets", "Dark/Episode 2", "Dark/Episode 3", "Dark/Episode 1", "Übung/Episode 1", "Series/loose"} {
		if !strings.Contains(strings.Join(episodes, "\n"), want) {
			t.Errorf("no %s in %q", want, episodes)
		}
	}
}

// events reads an event stream into a channel, from now on.
func (p *fake) events(query string) <-chan string {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.pms+"/:/eventsource/notifications"+query, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("X-Plex-Token", p.ServerToken())
	resp, err := p.http.Do(req)
	if err != nil || resp.Header.Get("Content-Type") != "text/event-stream" {
		p.t.Fatal(resp, err)
	}
	out := make(chan string, 100)
	go func() {
		defer resp.Body.Close()
		defer close(out)
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			if s.Text() != "" {
				out <- s.Text()
			}
		}
	}()
	return out
}

func TestAScanNoticesWhatChanged(t *testing.T) {
	films := t.TempDir()
	old := write(t, films, "Old (1990).mkv")
	same := write(t, films, "Same (1991).mkv")
	p := start(t, fakeplex.Options{})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: films, As: "/films"}}}); err != nil {
		t.Fatal(err)
	}
	before := p.Files()
	all, timeline := p.events(""), p.events("?filters=timeline")

	added := write(t, films, "New/New (2026).mkv")
	write(t, films, "Elsewhere/Elsewhere (2026).mkv")
	p.owner("POST", "/library/sections/1/refresh?path="+url.QueryEscape("/films/New"))
	if got := len(p.Files()); got != 3 || p.Files()[2].Path != added {
		t.Fatalf("%d files after a partial scan", got)
	}
	if err := os.WriteFile(old, []byte("another film"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(added); err != nil {
		t.Fatal(err)
	}
	p.owner("GET", "/library/sections/1/refresh")
	after := p.Files()
	if len(after) != 3 || after[0].Hash == before[0].Hash || after[1] != before[1] || after[1].Path != same {
		t.Errorf("got %+v", after)
	}

	for n, want := range []string{`"state":0,"metadataState":"created"`, `"state":5`, `"title":"Elsewhere","state":0`, `"title":"Elsewhere","state":5`, `"title":"Old","state":5`, `"metadataState":"deleted"`} {
		kind, data := <-timeline, <-timeline
		if kind != "event: timeline" || !strings.Contains(data, want) || !strings.HasPrefix(data, `data: {"TimelineEntry":{`) {
			t.Errorf("event %d is %s, %s, want %s", n, kind, data, want)
		}
	}
	if first, data := <-all, <-all; first != "event: activity" || !strings.Contains(data, `"Activity":{"uuid"`) {
		t.Errorf("got %s, %s", first, data)
	}
	p.DropStreams()
	for range timeline {
	}
	for range all {
	}
}

func TestAFolderThatIsNotThereEmptiesNothing(t *testing.T) {
	films := filepath.Join(t.TempDir(), "mnt")
	write(t, films, "Film (2000).mkv")
	p := start(t, fakeplex.Options{})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: films}}}); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(films, films+".away"); err != nil {
		t.Fatal(err)
	}
	p.Scan("1")
	if got := len(p.Files()); got != 1 {
		t.Errorf("%d files", got)
	}
}

func TestFilesThatAreGoneStayInTheTrash(t *testing.T) {
	films := t.TempDir()
	film := write(t, films, "Film (2000).mkv")
	p := start(t, fakeplex.Options{KeepTrash: true})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: films}}}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(film); err != nil {
		t.Fatal(err)
	}
	p.Scan("1")
	if got := p.get("/library/sections/1/all?type=1", "MediaContainer", "Metadata", 0, "Media", 0, "deletedAt"); got == nil {
		t.Error("it is not marked")
	}
	item := p.Files()[0].Item
	if got := p.get("/library/metadata/"+item+"?checkFiles=1", "MediaContainer", "Metadata", 0, "Media", 0, "Part", 0, "exists"); got != false {
		t.Errorf("exists is %v", got)
	}
}
