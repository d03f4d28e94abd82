package plexbundle

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

const heat = "/data/films/Heat (1995)/Heat.mkv"

// heatOn returns a server that knows one film, and the film.
func heatOn(s *server) (*server, preview.Video) {
	s.sections = []plex.Section{
		{Key: "1", Type: plex.Movies, Locations: []string{"/data/films"}},
		{Key: "2", Type: plex.Shows, Locations: []string{"/data/shows"}},
		{Key: "3", Type: "artist", Locations: []string{"/data/films/Heat (1995)"}},
	}
	s.parts = []plex.Part{
		{ID: "71", Item: "7", Section: "1", File: "/data/films/Heat (1995)/Heat.2160p.mkv"}, // another version
		{ID: "72", Item: "7", Section: "1", File: heat},
	}
	return s, preview.Video{Remote: heat, Path: "/mnt/Heat.mkv", Items: []string{"7"}}
}

func show(t *testing.T, s *server, v preview.Video) (bool, error) {
	t.Helper()
	return New(Options{Server: s}).Show(t.Context(), v)
}

// wantCalls compares what the server was asked.
func wantCalls(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the server was asked (-want +got)\n%s", diff)
	}
}

func TestWhatIsShownCostsOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, v := heatOn(&server{})
		s.parts[1].Indexed = true // the other version is not, and does not count
		if shown, err := show(t, s, v); !shown || err != nil {
			t.Errorf("Show = %v, %v", shown, err)
		}
		wantCalls(t, s.asked(), "item 7")
	})
}

func TestPlexIsAskedToAnalyze(t *testing.T) {
	for name, tt := range map[string]struct {
		server   *server
		analyzed int
		want     preview.Reason // empty when it is shown
		most     time.Duration
	}{
		"at once":               {&server{}, 1, "", time.Second},
		"after three seconds":   {&server{lag: 3 * time.Second}, 1, "", 4 * time.Second},
		"the first is lost":     {&server{deaf: 1}, 2, "", 7 * time.Second},
		"after seven seconds":   {&server{lag: 7 * time.Second}, 2, "", 10 * time.Second},
		"never":                 {&server{deaf: 99}, 2, preview.PlexNotShown, 12 * time.Second},
		"no answer to analyze":  {&server{hang: "analyze"}, 1, preview.PlexNotShown, longest},
		"no answer to anything": {&server{hang: "item"}, 0, preview.PlexNotShown, longest},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, v := heatOn(tt.server)
				start := time.Now()
				shown, err := show(t, s, v)
				if tt.want == "" && (err != nil || !shown) || tt.want != "" && (shown || preview.ReasonOf(err) != tt.want) {
					t.Errorf("Show = %v, %v, want %q", shown, err, tt.want)
				}
				if got := len(s.asked("analyze")); got != tt.analyzed {
					t.Errorf("it was analyzed %d times, want %d", got, tt.analyzed)
				}
				if got := len(s.asked()); got > 14 {
					t.Errorf("Plex was asked %d times: %q", got, s.asked())
				}
				if took := time.Since(start); took > tt.most {
					t.Errorf("it took %v, want %v at most", took, tt.most)
				}
				time.Sleep(time.Minute) // lets the server come to rest
			})
		})
	}
}

// episodes is a show with one file for two episodes, 11 and 12, and an episode of its own.
func episodes() *server {
	const both = "/data/shows/Dark/S01E01-E02.mkv"
	s, _ := heatOn(&server{})
	s.parts = []plex.Part{
		{ID: "111", Item: "11", Season: "10", Section: "2", File: both},
		{ID: "112", Item: "12", Season: "10", Section: "2", File: both},
		{ID: "113", Item: "13", Season: "10", Section: "2", File: "/data/shows/Dark/S01E03.mkv"},
	}
	return s
}

func TestEveryEpisodeOfAFileIsAnalyzed(t *testing.T) {
	for name, tt := range map[string]struct {
		items []string
		shown string // item
		want  []string
	}{
		"both are listed":   {[]string{"11", "12"}, "", []string{"item 11,12", "children 10", "analyze 11", "analyze 12", "item 11,12"}},
		"one is listed":     {[]string{"12"}, "", []string{"item 12", "children 10", "analyze 12", "analyze 11", "item 12,11"}},
		"one shows already": {[]string{"11", "12"}, "12", []string{"item 11,12", "children 10", "analyze 11", "item 11"}},
		"none is listed": {nil, "", []string{
			"sections", "find 2 /data/shows/Dark/S01E01-E02.mkv", "children 10", "analyze 11", "analyze 12", "item 11,12",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := episodes()
				for i := range s.parts {
					s.parts[i].Indexed = s.parts[i].Item == tt.shown
				}
				if shown, err := show(t, s, preview.Video{Remote: s.parts[0].File, Items: tt.items}); !shown || err != nil {
					t.Errorf("Show = %v, %v", shown, err)
				}
				wantCalls(t, s.asked(), tt.want...)
				if len(s.analyzed) == 2 && s.analyzed[1]-s.analyzed[0] < 500*time.Millisecond {
					t.Errorf("it was analyzed at %v, which is too close", s.analyzed)
				}
			})
		})
	}
}

func TestAFileThatPlexKnowsByAnotherName(t *testing.T) {
	for name, change := range map[string]func(s *server, v *preview.Video){
		"never listed": func(_ *server, v *preview.Video) { v.Items = nil },
		"listed anew":  func(_ *server, v *preview.Video) { v.Items = []string{"6"} },
		"another file by it": func(s *server, v *preview.Video) {
			v.Items = []string{"5"}
			s.parts = append(s.parts, plex.Part{Item: "5", File: "/data/films/Ronin.mkv"})
		},
		"by umlauts that are taken apart": func(s *server, v *preview.Video) {
			v.Remote, s.parts[1].File = "/data/films/Bru\u0308cke.mkv", "/data/films/Br\u00fccke.mkv"
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, v := heatOn(&server{})
				change(s, &v)
				if shown, err := show(t, s, v); !shown || err != nil {
					t.Errorf("Show = %v, %v", shown, err)
				}
				wantCalls(t, s.asked("analyze", "scan"), "analyze 7")
			})
		})
	}
}

// TestAFileThatPlexDoesNotKnow has it look into the file's folder, once a minute whatever number of files is in it.
func TestAFileThatPlexDoesNotKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := heatOn(&server{})
		p := New(Options{Server: s})
		one := preview.Video{Remote: "/data/shows/Dark/Season 01/S01E01.mkv"}
		two := preview.Video{Remote: "/data/shows/Dark/Season 01/S01E02.mkv"}
		asks := func(v preview.Video, want preview.Reason) {
			t.Helper()
			shown, err := p.Show(t.Context(), v)
			if shown || preview.ReasonOf(err) != want {
				t.Errorf("Show = %v, %v, want %q", shown, err, want)
			}
		}
		asks(one, preview.PlexNotYet)
		asks(two, preview.PlexNotYet)
		asks(preview.Video{Remote: "/data/shows/Dark/Season 02/S02E01.mkv"}, preview.PlexNotYet)
		wantCalls(t, s.asked("scan", "analyze"), "scan 2 /data/shows/Dark/Season 01", "scan 2 /data/shows/Dark/Season 02")
		time.Sleep(time.Minute)
		asks(one, preview.PlexNotYet)
		if got := len(s.asked("scan")); got != 3 {
			t.Errorf("a minute later Plex was asked to look %d times, want 3", got)
		}
		if len(p.scanned) != 1 {
			t.Errorf("%d folders are remembered for no reason", len(p.scanned)-1)
		}

		// What could not be asked is asked again.
		time.Sleep(time.Minute)
		s.fail = func(call string) error {
			if strings.HasPrefix(call, "scan") {
				return preview.Because(preview.PlexBusy, "busy")
			}
			return nil
		}
		asks(one, preview.PlexBusy)
		s.fail = nil
		asks(one, preview.PlexNotYet)
		if got := len(s.asked("scan")); got != 5 {
			t.Errorf("Plex was asked to look %d times, want 5", got)
		}
		asks(preview.Video{Remote: "/elsewhere/Heat.mkv"}, preview.PlexNoLibrary)
		asks(preview.Video{}, preview.PlexNoLibrary)
	})
}

// TestAFileThatPlexBelievesGone came back, or was never away: its share was not mounted when Plex looked.
func TestAFileThatPlexBelievesGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, v := heatOn(&server{})
		s.parts[1].Missing = true
		if shown, err := show(t, s, v); shown || preview.ReasonOf(err) != preview.PlexNotYet {
			t.Errorf("Show = %v, %v", shown, err)
		}
		wantCalls(t, s.asked("scan", "analyze"), "scan 1 /data/films/Heat (1995)")
	})
}

func TestTheServersFaultsPassThrough(t *testing.T) {
	for _, reason := range []preview.Reason{preview.PlexAway, preview.PlexBusy, preview.PlexToken, preview.PlexNotOwner} {
		for _, call := range []string{"item", "children", "analyze", "find", "sections", "scan"} {
			synctest.Test(t, func(t *testing.T) {
				s := episodes()
				s.fail = func(c string) error {
					if strings.HasPrefix(c, call) {
						return preview.Because(reason, "told so")
					}
					return nil
				}
				v := preview.Video{Remote: s.parts[0].File, Items: []string{"11"}}
				if call == "find" || call == "sections" || call == "scan" {
					v = preview.Video{Remote: "/data/shows/new.mkv"}
				}
				if shown, err := show(t, s, v); shown || preview.ReasonOf(err) != reason {
					t.Errorf("%s: Show = %v, %v, want %q", call, shown, err, reason)
				}
			})
		}
	}
}

func TestAnItemThatGoesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, v := heatOn(&server{})
		s.fail = func(call string) error {
			if strings.HasPrefix(call, "analyze") {
				s.parts = nil
			}
			return nil
		}
		if shown, err := show(t, s, v); shown || preview.ReasonOf(err) != preview.PlexNotShown {
			t.Errorf("Show = %v, %v", shown, err)
		}
	})
}

func TestVerifyFetchesAPicture(t *testing.T) {
	for name, tt := range map[string]struct {
		frame []byte
		fail  error
		want  preview.Reason
	}{
		"a picture":   {[]byte{0xff, 0xd8, 0xff, 0xe0}, nil, ""},
		"a page":      {[]byte("<html>"), nil, preview.PlexNotShown},
		"nothing":     {nil, nil, preview.PlexNotShown},
		"no preview":  {nil, preview.Because(preview.PlexNotShown, "404"), preview.PlexNotShown},
		"an error":    {nil, preview.Because(preview.PlexFailed, "500"), preview.PlexNotShown},
		"out of town": {nil, preview.Because(preview.PlexAway, "refused"), preview.PlexAway},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, v := heatOn(&server{frame: tt.frame, fail: func(call string) error {
					if strings.HasPrefix(call, "frame") {
						return tt.fail
					}
					return nil
				}})
				shown, err := New(Options{Server: s, Verify: true}).Show(t.Context(), v)
				if shown != (tt.want == "") || tt.want != "" && preview.ReasonOf(err) != tt.want {
					t.Errorf("Show = %v, %v, want %q", shown, err, tt.want)
				}
				wantCalls(t, s.asked("frame"), "frame 72 0s")
			})
		})
	}
}

// TestManyAtOnce are spaced out, and nobody waits longer than a call may take.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, v := heatOn(&server{deaf: 9999})
		p := New(Options{Server: s})
		start := time.Now()
		var wg sync.WaitGroup
		for range 60 {
			wg.Go(func() {
				if shown, err := p.Show(t.Context(), v); shown || preview.ReasonOf(err) != preview.PlexNotShown {
					t.Errorf("Show = %v, %v", shown, err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > longest {
			t.Errorf("it took %v", took)
		}
		for i := 1; i < len(s.analyzed); i++ {
			if gap := s.analyzed[i] - s.analyzed[i-1]; gap < 500*time.Millisecond {
				t.Errorf("two requests to analyze came within %v", gap)
			}
		}
	})
}

func TestShowEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, v := heatOn(&server{deaf: 9})
		enough := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(700*time.Millisecond, func() { cancel(enough) })
		start := time.Now()
		if shown, err := New(Options{Server: s}).Show(ctx, v); shown || !errors.Is(err, enough) {
			t.Errorf("Show = %v, %v", shown, err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestFolderIsWrittenAsTheServerDoes, and the innermost library is asked.
func TestFolderIsWrittenAsTheServerDoes(t *testing.T) {
	sections := []plex.Section{
		{Key: "1", Type: plex.Movies, Locations: []string{"/data", `D:\Media`, `\\NAS\Films\`}},
		{Key: "2", Type: plex.Shows, Locations: []string{"/data/shows/", `D:\`}},
		{Key: "3", Type: plex.Shows, Locations: []string{"/srv", "/data/shows"}},
		{Key: "4", Type: plex.Movies, Locations: []string{"", "relative"}},
	}
	for _, tt := range []struct {
		file   string
		keys   string
		folder string
	}{
		{"/data/Heat.mkv", "1", "/data"},
		{"/data/shows-archive/x.mkv", "1", "/data/shows-archive"},
		{"/data/shows/Dark/x.mkv", "23", "/data/shows/Dark"},
		{`d:\media\Heat\Heat.mkv`, "1", `d:\media\Heat`},
		{`D:/Media/Heat/Heat.mkv`, "1", `D:/Media/Heat`},
		{`D:\Heat.mkv`, "2", `D:\`},
		{`\\nas\films\Heat.mkv`, "1", `\\nas\films`},
		{"/Heat.mkv", "", "/"},
		{`/data/a\b.mkv`, "1", "/data"},
		{"Heat.mkv", "", ""},
		{"", "", ""},
	} {
		keys := ""
		for _, s := range holding(sections, tt.file) {
			keys += s.Key
		}
		if keys != tt.keys || folder(tt.file) != tt.folder {
			t.Errorf("%s is in the sections %q and the folder %q, want %q and %q", tt.file, keys, folder(tt.file), tt.keys, tt.folder)
		}
	}
}
