package fakeplex_test

import (
	"bytes"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
)

// library is a server with one film.
func library(t *testing.T, o fakeplex.Options) (p *fake, film, dataDir string) {
	t.Helper()
	films := t.TempDir()
	film = write(t, films, "Film (2000).mkv")
	o.DataDir = filepath.Join(t.TempDir(), "Plex Media Server")
	p = start(t, o)
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: films}}}); err != nil {
		t.Fatal(err)
	}
	return p, film, o.DataDir
}

// shown asks as a player does.
func (p *fake) shown() bool {
	p.t.Helper()
	got := p.get("/library/sections/1/all?type=1", "MediaContainer", "Metadata", 0, "Media", 0, "Part", 0, "indexes") == "sd"
	if got != p.Files()[0].Shown {
		p.t.Error("the list and Files differ")
	}
	return got
}

func TestAPreviewIsShownWhenItIsSoundInItsPlaceAndAnalyzed(t *testing.T) {
	p, film, dir := library(t, fakeplex.Options{})
	analyze := "/library/metadata/" + p.Files()[0].Item + "/analyze"

	p.owner("PUT", analyze)
	if p.shown() {
		t.Error("without a file")
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "no BIF": []byte("no BIF at all"), "half a BIF": pictures(t, 5, 10)[:900],
	} {
		publish(t, dir, film, text)
		p.owner("PUT", analyze)
		if p.shown() {
			t.Errorf("with %s", name)
		}
	}
	publish(t, dir, film, pictures(t, 5, 10))
	p.owner("POST", "/library/sections/1/refresh")
	if p.shown() {
		t.Error("after a scan alone")
	}
	p.owner("PUT", analyze)
	if !p.shown() {
		t.Error("it is not shown")
	}

	// The file changes: another hash, another bundle, and nothing in that.
	if err := os.WriteFile(film, bytes.Repeat([]byte("remux"), 40000), 0o600); err != nil {
		t.Fatal(err)
	}
	old := p.Files()[0].Hash
	if !p.shown() || p.Files()[0].Hash != old {
		t.Error("the server noticed before it looked")
	}
	p.owner("PUT", analyze)
	if p.shown() || p.Files()[0].Hash == old {
		t.Error("the preview of another file is shown")
	}
}

func TestPicturesComeByTheirTime(t *testing.T) {
	p, film, dir := library(t, fakeplex.Options{})
	indexes := "/library/parts/" + p.Files()[0].ID + "/indexes/sd"
	for _, path := range []string{indexes, indexes + "/0", "/library/parts/999/indexes/sd/0", "/library/parts/x/indexes/sd/0"} {
		if resp, _, err := p.ask("GET", p.pms+path, "X-Plex-Token", p.ServerToken()); err != nil || resp.StatusCode != 404 {
			t.Error(path, resp, err)
		}
	}
	first, second := pictures(t, 5, 10), pictures(t, 5, 120)
	publish(t, dir, film, first)
	if p.owner("GET", indexes) != string(first) {
		t.Error("not the file")
	}
	shade := func(ms string) uint8 {
		img, err := jpeg.Decode(bytes.NewReader([]byte(p.owner("GET", indexes+"/"+ms))))
		if err != nil {
			t.Fatal(err)
		}
		r, _, _, _ := img.At(16, 9).RGBA()
		return uint8(r >> 8)
	}
	if a, b, c, d := shade("0"), shade("9999"), shade("10000"), shade("900000"); a != b || c < b+10 || d < c+30 {
		t.Errorf("shades %d %d %d %d", a, b, c, d)
	}

	// A preview that was replaced is not seen until Plex starts again.
	publish(t, dir, film, second)
	if shade("0") > 60 {
		t.Error("the new one is seen at once")
	}
	p.Restart()
	if shade("0") < 100 {
		t.Error("the new one is not seen after a restart")
	}
	p.owner("DELETE", "/library/sections/1/indexes")
	if resp, _, err := p.ask("GET", p.pms+indexes, "X-Plex-Token", p.ServerToken()); err != nil || resp.StatusCode != 404 {
		t.Error("it was deleted", resp, err)
	}
}

func TestOddItems(t *testing.T) {
	p := start(t, fakeplex.Options{DataDir: filepath.Join(t.TempDir(), "Plex Media Server")})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie"}); err != nil {
		t.Fatal(err)
	}
	film := write(t, t.TempDir(), "file.mkv")
	keys := map[string]string{}
	for _, it := range []fakeplex.Item{
		{Title: "no media"},
		{Title: "no file", Versions: []fakeplex.Version{{Parts: []fakeplex.Part{{}}}}},
		{Title: "gone", Versions: []fakeplex.Version{{Parts: []fakeplex.Part{{Path: film + ".gone", Size: 9}}}}},
		{Title: "unknown yet", Versions: []fakeplex.Version{{Parts: []fakeplex.Part{{Path: film, As: "/films/file.mkv", Unhashed: true}}}}},
	} {
		key, err := p.Add("1", it)
		if err != nil {
			t.Fatal(err)
		}
		keys[it.Title] = key
	}
	if got := p.get("/library/metadata/"+keys["no media"], "MediaContainer", "Metadata", 0, "Media"); got != nil {
		t.Errorf("got %v", got)
	}
	if got := p.get("/library/metadata/"+keys["no file"], "MediaContainer", "Metadata", 0, "Media", 0, "Part", 0, "file"); got != nil {
		t.Errorf("got %v", got)
	}
	tree := "/library/metadata/" + keys["unknown yet"] + "/tree"
	at := []any{"MediaContainer", "MetadataItem", 0, "MediaItem", 0, "MediaPart", 0, "hash"}
	if got := p.get(tree, at...); got != "" {
		t.Errorf("the hash is %v", got)
	}
	p.owner("PUT", "/library/metadata/"+keys["no media"]+","+keys["no file"]+","+keys["gone"]+","+keys["unknown yet"]+"/analyze")
	if got := p.get(tree, at...); got == "" || got != p.Files()[2].Hash {
		t.Errorf("the hash is %v", got)
	}
	p.Scan("1")
	if got := len(p.Files()); got != 3 {
		t.Errorf("a scan left %d files", got)
	}
	if _, err := p.Add("9", fakeplex.Item{}); err == nil {
		t.Error("there is no library 9")
	}
}
