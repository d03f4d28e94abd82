package daemon

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// coverage is what "scrubjayd libraries" lists, by the libraries' titles.
func (w *world) coverage() map[string]Coverage {
	w.Helper()
	s, err := OpenSettings(w.options())
	if err != nil {
		w.Fatal(err)
	}
	defer s.Close()
	done := 0
	all, err := s.Coverage(w.Context(), func(n int) {
		if n < done {
			w.Errorf("progress ran backwards, from %d to %d", done, n)
		}
		done = n
	})
	if err != nil {
		w.Fatal(err)
	}
	named := map[string]Coverage{}
	for _, c := range all {
		named[c.Section.Title] = c
	}
	return named
}

func TestCoverage(t *testing.T) {
	bubble(t, func(w *world) {
		library := w.films(4)
		w.video("two episodes", "Shows", "Dark", "Dark - S01E01-E02.mkv")
		w.library("Shows", "show", w.path("Shows"))
		w.library("Music", "artist", w.path("Music"))
		w.item(library, fakeplex.Item{Title: "Nothing"})
		w.item(library, fakeplex.Item{Title: "Gone", Versions: []fakeplex.Version{{Parts: []fakeplex.Part{{Path: w.path("Films", "gone.mkv")}}}}})
		w.configure(func(c *config.Config) { c.Servers[0].ExcludeLibraries = []string{"shows"} })

		r := w.open()
		r.scan(preview.Selection{Paths: []string{w.path("Films", film(0))}})
		mend := w.fake.Break(fakeplex.Fault{On: "PUT /library/metadata/*/analyze", Body: "{}"})
		r.scan(preview.Selection{Paths: []string{w.path("Films", film(1))}})
		mend()

		ours := Coverage{Server: "Attic", ServerID: w.fake.Identity()}
		films, shows := ours, ours
		films.Videos, films.Shown, films.OnDisk, films.Missing, films.Unknown = 5, 1, 1, 2, 1
		shows.Videos, shows.Missing, shows.Excluded = 1, 1, true
		want := map[string]Coverage{"Films": films, "Shows": shows}
		if diff := cmp.Diff(want, w.coverage(), cmpopts.IgnoreFields(Coverage{}, "Section")); diff != "" {
			w.Error(diff)
		}

		w.fake.Break(fakeplex.Fault{On: "/library/sections/" + library + "/all", Status: 400})
		if c := w.coverage(); preview.ReasonOf(c["Films"].Err) != preview.PlexFailed || c["Shows"].Videos != 1 {
			w.Errorf("with a library that Plex cannot list: %+v", c)
		}
	})
}

// TestServersAreListed with what can be said of each, also while they are away.
func TestServersAreListed(t *testing.T) {
	inBubble(t, fakeplex.Options{AutoApprove: 1}, func(w *world) {
		w.films(1)
		w.signedIn()
		list := func() []ListedServer {
			s, err := OpenSettings(w.options())
			if err != nil {
				w.Fatal(err)
			}
			defer s.Close()
			all, err := s.ListServers(w.Context())
			if err != nil {
				w.Fatal(err)
			}
			return all
		}
		all := list()
		if len(all) != 2 || !all[0].Configured || !all[0].Owned || all[0].URL != pmsAddress || all[0].Reason != "" || all[1].Configured || all[1].Owned {
			w.Errorf("servers are %+v", all)
		}
		w.net.set(pmsAddress, nil)
		if all := list(); len(all) != 2 || all[0].Name != "Attic" || all[0].Reason != preview.PlexRefused {
			w.Errorf("servers are %+v", all)
		}
		w.net.set(pmsAddress, w.fake.PMS())
		w.fake.Revoke()
		if all := list(); len(all) != 1 || all[0].Reason != preview.PlexToken {
			w.Errorf("servers are %+v", all)
		}
		w.noLeaks()
	})
}

// TestTheAddressBook can be lost or spoilt at any time.
func TestTheAddressBook(t *testing.T) {
	inBubble(t, fakeplex.Options{AutoApprove: 1}, func(w *world) {
		w.films(1)
		w.signedIn()
		s, err := OpenSettings(w.options())
		if err != nil {
			w.Fatal(err)
		}
		defer s.Close()
		book := s.book()
		found, ok := book.find(w.fake.Identity())
		if !ok || found.Name != "Attic" || len(found.Connections) == 0 {
			w.Errorf("the book has %+v", found)
		}
		if _, ok := book.find(""); ok {
			w.Error("a server without an identifier was found")
		}
		w.video("not JSON", "scrubjay", "cache", "servers.json")
		if _, ok := book.find(w.fake.Identity()); ok {
			w.Error("a spoilt book still knows it")
		}
		time.Sleep(again)
		w.ended(w.scanOnce(), preview.JobDone, "", done(1))
		if _, ok := book.find(w.fake.Identity()); !ok {
			w.Error("plex.tv was asked, and its answer was not kept")
		}
		book.keep([]plex.Resource{}, s.log)
		if _, ok := book.find(w.fake.Identity()); ok {
			w.Error("a server that plex.tv does not list any more is still there")
		}
	})
}
