package plex

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	createdMessage = `event: timeline
data: {"NotificationContainer":{"type":"timeline","size":2,"TimelineEntry":[
data: {"identifier":"com.plexapp.plugins.library","sectionID":"2","itemID":"2234","parentItemID":"2200","rootItemID":"2100","type":4,"title":"Past and Present","state":0,"metadataState":"created","mediaState":"analyzing","updatedAt":1767225600},
data: {"identifier":"com.plexapp.plugins.library","sectionID":2,"itemID":2235,"parentItemID":-1,"type":"4","state":"5"},
data: {"identifier":"com.plexapp.plugins.music","sectionID":"3","itemID":"1","type":10,"state":5}]}}

`
	// Plex's own form for server-sent events: not wrapped, and one object.
	activityMessage = "event: activity\r\n" +
		`data: {"ActivityNotification":{"event":"updated","uuid":"u-1","Activity":{"uuid":"u-1","type":"library.update.section","progress":42,"Context":{"librarySectionID":"1"}}}}` + "\r\n\r\n"
	playingMessage = "event: playing\ndata: {\"PlaySessionStateNotification\":[{\"sessionKey\":\"1\",\"ratingKey\":\"1234\",\"viewOffset\":60000,\"state\":\"playing\"}]}\n\n"
	ping           = "event: ping\ndata: {}\n\n"
)

func TestMessagesBecomeEvents(t *testing.T) {
	stream := ": hello\nretry: 1000\n\n" + ping + createdMessage + "data\n\n" + activityMessage + "event: log\ndata: {\"x\":1}\n\n" + playingMessage +
		"data: not JSON\n\n" + "event: timeline\ndata: {\"TimelineEntry\":[{\"itemID\":\"9\"" // cut off
	want := []Event{
		{Kind: "timeline", Timeline: &TimelineEvent{
			Section: "2", Item: "2234", Parent: "2200", Root: "2100", Type: 4, Title: "Past and Present", State: 0,
			MetadataState: "created", MediaState: "analyzing", Updated: time.Unix(1767225600, 0),
		}},
		{Kind: "timeline", Timeline: &TimelineEvent{Section: "2", Item: "2235", Type: 4, State: 5}},
		{Kind: "activity", Activity: &ActivityEvent{Event: "updated", UUID: "u-1", Type: "library.update.section", Section: "1", Progress: 42}},
		{Kind: "playing", Playing: &PlayingEvent{Session: "1", Item: "1234", State: "playing", Offset: time.Minute}},
	}
	for name, r := range map[string]io.Reader{
		"at once": strings.NewReader(stream), "byte by byte": iotest.OneByteReader(strings.NewReader(stream)),
	} {
		var got []Event
		messages := newSSE(r)
		for {
			_, data, err := messages.next()
			if err != nil {
				break
			}
			got = append(got, readMessage(data)...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestMessagesThatAreTooLongAreLeftOut(t *testing.T) {
	long := strings.Repeat("x", longestMessage+100)
	stream := "data: " + long + "\n\n" + strings.Repeat("data: "+long[:longestMessage/3]+"\n", 4) + "\n" + "data: short\n\n"
	event, data, err := newSSE(strings.NewReader(stream)).next()
	if err != nil || string(data) != "short" {
		t.Error(event, len(data), err)
	}
}

// streams answers the event stream with what a goroutine writes, until that returns.
func streams(write func(w io.Writer, r *http.Request)) host {
	rest := pms(machine, nil)
	return func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/:/eventsource/notifications" {
			return rest(r)
		}
		from, to := io.Pipe()
		go func() {
			write(to, r)
			to.Close()
		}()
		go func() { // as the network does it
			<-r.Context().Done()
			from.CloseWithError(r.Context().Err())
		}()
		return &http.Response{StatusCode: 200, Body: from, Header: http.Header{"Content-Type": {"text/event-stream"}}, Request: r}, nil
	}
}

func TestEventsGoOnAfterABreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connections := 0
		s, _ := connect(t, streams(func(w io.Writer, r *http.Request) {
			if r.URL.Query().Get("filters") != "timeline,activity,playing" || r.Header.Get("Accept") != "text/event-stream" || r.Header.Get("X-Plex-Token") != token.Reveal() {
				t.Error(r.URL, r.Header)
			}
			switch connections++; connections {
			case 1: // speaks, and breaks off
				for range 10 {
					io.WriteString(w, ping)
					time.Sleep(10 * time.Second)
				}
				io.WriteString(w, activityMessage)
			case 2: // goes silent
				io.WriteString(w, playingMessage)
				<-r.Context().Done()
			default:
				io.WriteString(w, createdMessage)
				<-r.Context().Done()
			}
		}))
		began := time.Now()
		var got []string
		for e, err := range s.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Kind)
			if len(got) == 7 {
				break
			}
		}
		if diff := cmp.Diff([]string{"open", "activity", "open", "playing", "open", "timeline", "timeline"}, got); diff != "" {
			t.Error(diff)
		}
		// 100 s of pings, a second, 30 s of silence, a second.
		if took := time.Since(began); took != 132*time.Second {
			t.Error(took)
		}
	})
}

func TestEventsOfASlowListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, n := connect(t, streams(func(w io.Writer, r *http.Request) {
			io.WriteString(w, createdMessage+playingMessage)
			<-r.Context().Done()
		}))
		got := 0
		for range s.Events(t.Context()) {
			time.Sleep(5 * time.Minute) // is no silence of the server's
			if got++; got == 4 {
				break
			}
		}
		if asked := n.asked("/:/eventsource/notifications"); asked != 1 {
			t.Errorf("connected %d times", asked)
		}
	})
}

func TestEventsWaitLongerForAServerThatStaysAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, n := connect(t, pms(machine, nil))
		n.set(home, refuses)
		time.Sleep(2 * time.Minute)
		before := len(n.seen)
		time.AfterFunc(time.Hour, func() {
			n.set(home, streams(func(w io.Writer, r *http.Request) { <-r.Context().Done() }))
		})
		began := time.Now()
		for e, err := range s.Events(t.Context()) {
			if e.Kind != "open" || err != nil {
				t.Error(e, err)
			}
			break
		}
		if took := time.Since(began); took < time.Hour || took > time.Hour+longestPause {
			t.Error(took)
		}
		if asked := len(n.seen) - before; asked > 2*75 {
			t.Errorf("asked %d times in an hour", asked)
		}
	})
}

func TestEventsEndWhereNoTryHelps(t *testing.T) {
	for code, want := range map[int]preview.Reason{401: preview.PlexToken, 403: preview.PlexNotOwner} {
		s, _ := connect(t, pms(machine, map[string]http.HandlerFunc{"/:/eventsource/notifications": page(code)}))
		var errs []error
		for e, err := range s.Events(t.Context()) {
			errs = append(errs, err)
			if e.Kind != "" {
				t.Error(e)
			}
		}
		if len(errs) != 1 || preview.ReasonOf(errs[0]) != want {
			t.Error(errs)
		}
	}
}

func TestEventsDoNotTakeTurnsWithRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, n := connect(t, streams(func(_ io.Writer, r *http.Request) { <-r.Context().Done() }))
		for range 3 {
			go func() {
				for range s.Events(t.Context()) {
				}
			}()
		}
		synctest.Wait()
		n.set(home, pms(machine, map[string]http.HandlerFunc{"/library/sections": says(noSections)}))
		if _, err := s.Sections(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func FuzzMessages(f *testing.F) {
	for _, s := range []string{createdMessage, activityMessage, playingMessage, ping, "data", ":\n\n", "event:x\ndata:\n\n", "data: {\"NotificationContainer\":[{},null,1]}\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		messages := newSSE(bytes.NewReader(stream))
		for n := 0; ; n++ {
			_, data, err := messages.next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Error(err)
				}
				return
			}
			if n > len(stream) || len(data) > len(stream) {
				t.Fatal("there is more in it than was sent")
			}
			for _, e := range readMessage(data) {
				kinds := 0
				for kind, there := range map[string]bool{"timeline": e.Timeline != nil, "activity": e.Activity != nil, "playing": e.Playing != nil} {
					if there {
						kinds++
						if e.Kind != kind {
							t.Errorf("%q holds a %s", e.Kind, kind)
						}
					}
				}
				if kinds != 1 {
					t.Errorf("%+v", e)
				}
			}
		}
	})
}
