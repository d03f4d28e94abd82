package plex

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// times answers the first so many requests with one handler, and then with another.
func times(n int, first, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if n--; n >= 0 {
			first(w, r)
			return
		}
		then(w, r)
	}
}

const noSections = `{"MediaContainer":{"size":0,"Directory":[]}}`

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	good := says(noSections)
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    preview.Reason
		took    time.Duration
		asked   int
	}{
		"all is well":              {good, "", 0, 1},
		"one error":                {times(1, page(500), good), "", 500 * time.Millisecond, 2},
		"three errors":             {times(3, page(500), good), "", 10500 * time.Millisecond, 4},
		"errors for ever":          {page(500), preview.PlexFailed, 10500 * time.Millisecond, 4},
		"a proxy without Plex":     {times(2, page(502), good), "", 2500 * time.Millisecond, 3},
		"busy for a minute":        {times(20, busy, good), "", time.Minute, 21},
		"busy for ever":            {busy, preview.PlexBusy, 90 * time.Second, 31},
		"too much for it":          {times(1, page(509), good), "", 3 * time.Second, 2},
		"it names the pause":       {times(1, retryIn("10"), good), "", 10 * time.Second, 2},
		"a bad token":              {page(401), preview.PlexToken, 0, 1},
		"not for us":               {page(403), preview.PlexNotOwner, 0, 1},
		"a bad request":            {page(400), preview.PlexFailed, 0, 1},
		"not there":                {page(404), preview.PlexFailed, 0, 1},
		"half an answer":           {times(1, says(`{"MediaContainer":{"size":1,"Direc`), good), "", 500 * time.Millisecond, 2},
		"not even wrong":           {says(`{"MediaContainer":{"Directory":[{]}`), preview.PlexFailed, 10500 * time.Millisecond, 4},
		"a proxy's sign-in page":   {says("<!DOCTYPE html><html></html>"), preview.PlexNotPlex, 0, 1},
		"an answer without an end": {endless, preview.PlexFailed, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, n := connect(t, pms(machine, map[string]http.HandlerFunc{"/library/sections": c.handler}))
				began := time.Now()
				_, err := s.Sections(t.Context())
				if (err != nil) != (c.want != "") || err != nil && preview.ReasonOf(err) != c.want {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if took, asked := time.Since(began), n.asked("/library/sections"); took != c.took || asked != c.asked {
					t.Errorf("took %v and %d requests, want %v and %d", took, asked, c.took, c.asked)
				}
				if name == "not there" && !errors.Is(err, ErrNotFound) {
					t.Error("it does not say that nothing is there")
				}
			})
		})
	}
}

func retryIn(seconds string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", seconds)
		w.WriteHeader(429)
	}
}

func endless(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, `{"MediaContainer":{"title1":"`+strings.Repeat("a", 17<<20)+`"}}`)
}

func TestAServerThatRestartsIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := pms(machine, map[string]http.HandlerFunc{"/library/sections": says(noSections)})
		s, n := connect(t, up)
		n.set(home, cut(up))
		time.AfterFunc(100*time.Millisecond, func() { n.set(home, refuses) })
		time.AfterFunc(2*time.Second, func() { n.set(home, serves(http.HandlerFunc(busy))) })
		time.AfterFunc(20*time.Second, func() { n.set(home, up) })
		if _, err := s.Sections(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestATokenThatIsRefusedByAnotherServerIsStillGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, n := connect(t, pms(machine, nil))
		n.set(home, pms(other, map[string]http.HandlerFunc{"/library/sections": page(401)}))
		if _, err := s.Sections(t.Context()); preview.ReasonOf(err) != preview.PlexIdentity {
			t.Error(err)
		}
	})
}

func TestNoMoreThanTwoRequestsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/library/sections": func(w http.ResponseWriter, r *http.Request) {
			n := now.Add(1)
			if n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			now.Add(-1)
			says(noSections)(w, r)
		}}))
		began := time.Now()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, err := s.Sections(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		// Who gives up does not take a turn.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := s.Sections(ctx); err == nil {
			t.Error("there was a turn free")
		}
		all.Wait()
		if most.Load() != 2 || time.Since(began) != 5*time.Second {
			t.Errorf("%d at once, %v", most.Load(), time.Since(began))
		}
	})
}

func TestRequestsSayWhoWeAre(t *testing.T) {
	n := &network{hosts: map[string]host{home: pms(machine, map[string]http.HandlerFunc{"/library/sections": says(noSections)})}}
	client := Client{ID: NewClientID(), Version: "1.2", Device: "Küche\n", Platform: "Linux"}
	s, err := Connect(t.Context(), Target{URL: home, Token: token}, ConnectOptions{Options: Options{Client: client, Transport: n}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sections(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := n.seen[len(n.seen)-1].Header
	want := map[string]string{
		"X-Plex-Client-Identifier": client.ID, "X-Plex-Product": "Scrubjay", "X-Plex-Version": "1.2", "X-Plex-Platform": "Linux",
		"X-Plex-Device-Name": "", // with a line feed in it, no request could be sent
		"Accept":             "application/json", "X-Plex-Token": token.Reveal(), "X-Plex-Pms-Api-Version": "",
	}
	for name, value := range want {
		if h.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, h.Get(name), value)
		}
	}
	if n.seen[0].Header.Get("X-Plex-Token") != "" {
		t.Error("the token came with the first request")
	}
	if a, b := NewClientID(), NewClientID(); a == b || len(a) != 36 {
		t.Error(a, b)
	}
}

func TestRoot(t *testing.T) {
	root := says(`{"MediaContainer":{"friendlyName":"Wohnzimmer","machineIdentifier":"` + machine + `","version":"1.43.1","platform":"Linux","myPlexUsername":"ann@example.invalid"}}`)
	for name, c := range map[string]struct {
		sessions, sections http.HandlerFunc
		owner              bool
		want               preview.Reason
	}{
		"the owner":                  {says(`{"MediaContainer":{"size":0}}`), says(noSections), true, ""},
		"a guest":                    {page(403), says(noSections), false, ""},
		"a guest, in other words":    {page(401), says(noSections), false, ""},
		"a token just revoked":       {page(401), page(401), false, preview.PlexToken},
		"a server with its own ills": {page(400), says(noSections), false, preview.PlexFailed},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/{$}": root, "/status/sessions": c.sessions, "/library/sections": c.sections}))
			got, err := s.Root(t.Context())
			if (err != nil) != (c.want != "") || err != nil && preview.ReasonOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if diff := cmp.Diff(Root{ID: machine, Name: "Wohnzimmer", Version: "1.43.1", Platform: "Linux", Owner: c.owner}, got); diff != "" {
				t.Error(diff)
			}
			if s.Name() != "Wohnzimmer" {
				t.Error(s.Name())
			}
			if err := s.CheckOwner(t.Context()); name == "a guest" && preview.ReasonOf(err) != preview.PlexNotOwner {
				t.Error(err)
			}
		})
	}
}

func TestSections(t *testing.T) {
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/library/sections": says(`{"MediaContainer":{"size":3,"title1":"Plex Library","Directory":[
		{"key":"1","type":"movie","title":"Films","agent":"tv.plex.agents.movie","uuid":"u-1","refreshing":true,"Location":[{"id":1,"path":"O:\\Films"},{"id":2,"path":"/films"}]},
		{"key":2,"type":"show","title":"Shows","refreshing":"0","Location":{"id":3,"path":"/shows"}},
		{"key":"3","type":"artist","title":"Music","Location":[{}]},
		{"key":"/hubs","type":"movie","title":"Odd"}]}}`)}))
	got, err := s.Sections(t.Context())
	want := []Section{
		{Key: "1", Type: "movie", Title: "Films", UUID: "u-1", Agent: "tv.plex.agents.movie", Locations: []string{`O:\Films`, "/films"}, Refreshing: true},
		{Key: "2", Type: "show", Title: "Shows", Locations: []string{"/shows"}},
		{Key: "3", Type: "artist", Title: "Music"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if !got[0].Videos() || !got[1].Videos() || got[2].Videos() {
		t.Error("films and shows have videos, music has none")
	}
}

func TestSettings(t *testing.T) {
	settings := says(`{"MediaContainer":{"size":2,"Setting":[{"id":"GenerateBIFBehavior","type":"text","default":"never","value":"asap"},{"id":"enableBIFGeneration","value":true}]}}`)
	s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/:/prefs": settings, "/library/sections/2/prefs": settings}))
	if v, err := s.Pref(t.Context(), "GenerateBIFBehavior"); err != nil || v != "asap" {
		t.Error(v, err)
	}
	if v, err := s.SectionPref(t.Context(), "2", "enableBIFGeneration"); err != nil || v != "true" {
		t.Error(v, err)
	}
	if v, err := s.Pref(t.Context(), "Other"); !errors.Is(err, ErrNotFound) {
		t.Error(v, err)
	}
}

// A server may quote what it was sent.
func TestErrorsAndLogsHoldNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		quotes := func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			io.WriteString(w, "bad token "+r.Header.Get("X-Plex-Token")+" of you")
		}
		n := &network{hosts: map[string]host{home: pms(machine, map[string]http.HandlerFunc{"/": quotes})}}
		s, err := Connect(t.Context(), Target{URL: home, Token: token}, ConnectOptions{Options: Options{Transport: n, Log: zerolog.New(&log)}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Sections(t.Context())
		noSecret(t, err)
		if !strings.Contains(err.Error(), "bad token •••") {
			t.Error(err)
		}
		n.set(home, refuses)
		_, err = s.Sections(t.Context())
		noSecret(t, err)
		if log.Len() == 0 || strings.Contains(log.String(), token.Reveal()) {
			t.Errorf("the log says %s", log.String())
		}
	})
}

func TestWhatErrorsSay(t *testing.T) {
	for body, want := range map[string]string{
		`<?xml version="1.0"?><Response code="503" title="Maintenance" status="Plex &amp; all is busy."/>`: "Plex & all is busy.",
		"<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>":      "Unauthorized",
		`{"errors":[{"code":1001,"message":"User could not be authenticated","status":401}]}`:              "User could not be authenticated",
		"plain\r\n words\x00\xff": "plain words\x00",
		"<a><b>":                  "",
		"":                        "",
		strings.Repeat("ä", 300):  strings.Repeat("ä", 200) + "…",
	} {
		if got := words([]byte(body)); got != want {
			t.Errorf("%q says %q, want %q", body, got, want)
		}
	}
}
