package fakeplex_test

import (
	"bytes"
	"context"
	"image/jpeg"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// The client and the stand-in were written apart, each from the facts. Here they meet: from a PIN to a picture.
func TestTheRealClientGetsAlong(t *testing.T) {
	films, shows := t.TempDir(), t.TempDir()
	film := write(t, films, "Heat (1995).mkv")
	write(t, shows, "Dark/Season 1/Dark - S01E01-E02 - Past and Present.mkv")
	dir := filepath.Join(t.TempDir(), "Plex Media Server")
	p := start(t, fakeplex.Options{DataDir: dir, AutoApprove: 1, Connections: []fakeplex.Connection{{URI: "http://127.0.0.1:1", Local: true}}})
	for _, l := range []fakeplex.Library{
		{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: films, As: `\\nas\Films`}}},
		{Title: "Series", Type: "show", Folders: []fakeplex.Folder{{Path: shows}}},
		{Title: "Many", Type: "movie", Synthetic: 2500, Shown: 2000},
	} {
		if _, err := p.AddLibrary(l); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	o := plex.Options{Client: plex.Client{ID: plex.NewClientID()}, TV: p.tv}
	account := plex.NewAccount(o)
	defer account.Close()
	pin, err := account.Begin(ctx)
	must(err)
	token, err := account.Wait(ctx, pin)
	must(err)
	servers, err := account.Servers(ctx, token)
	must(err)
	if len(servers) != 2 || servers[0].ID != p.Identity() || !servers[0].Owned || servers[1].Owned {
		t.Fatalf("got %+v", servers)
	}
	server, err := plex.Connect(ctx, servers[0].Target(), plex.ConnectOptions{Options: o})
	must(err)
	defer server.Close()
	must(server.CheckOwner(ctx))

	sections, err := server.Sections(ctx)
	must(err)
	count := map[string]int{}
	shown := 0
	var parts []plex.Part
	for _, s := range sections {
		for page, err := range server.Parts(ctx, s, plex.PartQuery{Sort: "addedAt:desc"}) {
			must(err)
			count[s.Title] += len(page.Parts)
			parts = append(parts, page.Parts...)
			for _, part := range page.Parts {
				if part.Indexed {
					shown++
				}
			}
		}
	}
	if count["Films"] != 1 || count["Series"] != 2 || count["Many"] != 2500 || shown != 2000 {
		t.Fatalf("got %v, %d shown", count, shown)
	}
	if parts[0].File != `\\nas\Films\Heat (1995).mkv` || parts[0].Title != "Heat (1995)" || parts[0].Changed.IsZero() {
		t.Errorf("got %+v", parts[0])
	}
	hashes, err := server.Hashes(ctx, parts[0].Item)
	must(err)
	if hashes[parts[0].ID] != p.Files()[0].Hash {
		t.Errorf("the hash is %v", hashes)
	}

	events := make(chan plex.Event, 100)
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		for e, err := range server.Events(ctx) {
			if err == nil {
				events <- e
			}
		}
	}()
	if e := <-events; e.Kind != "open" {
		t.Errorf("got %+v", e)
	}
	publish(t, dir, film, pictures(t, 5, 10))
	must(server.Analyze(ctx, parts[0].Item))
	again, err := server.Item(ctx, parts[0].Item)
	must(err)
	if len(again) != 1 || !again[0].Indexed {
		t.Errorf("got %+v", again)
	}
	picture, err := server.Frame(ctx, parts[0].ID, 12*time.Second)
	must(err)
	if _, err := jpeg.Decode(bytes.NewReader(picture)); err != nil {
		t.Error(err)
	}
	if e := <-events; e.Kind != "timeline" || e.Timeline.Item != parts[0].Item || e.Timeline.State != 5 {
		t.Errorf("got %+v", e)
	}

	write(t, films, "New (2026).mkv")
	must(server.ScanFolder(ctx, sections[0].Key, `\\nas\Films`))
	found, err := server.Find(ctx, sections[0], `\\nas\Films\New (2026).mkv`)
	must(err)
	if len(found) != 1 || found[0].Indexed {
		t.Errorf("got %+v", found)
	}
	if episodes, err := server.Children(ctx, parts[1].Season); err != nil || len(episodes) != 2 {
		t.Errorf("got %+v, %v", episodes, err)
	}
	_, stop := p.Watch(parts[0].Item, "Heat", true)
	if sessions, err := server.Sessions(ctx); err != nil || len(sessions) != 1 || sessions[0].State != "playing" || !sessions[0].Local {
		t.Errorf("got %+v, %v", sessions, err)
	}
	stop()

	p.Revoke()
	if _, err := server.Sections(ctx); preview.ReasonOf(err) != preview.PlexToken {
		t.Errorf("got %v", err)
	}
	if got := p.Leaks(); len(got) != 0 {
		t.Error(got)
	}
	for _, r := range p.Requests() {
		if r.Token == fakeplex.AccountToken && !r.TV || r.Path == "/identity" && r.Token != fakeplex.NoToken {
			t.Errorf("%s %s came with the %s token", r.Method, r.Path, r.Token)
		}
	}
	cancel()
	<-followed
}
