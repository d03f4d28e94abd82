package plex

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
)

// longestMessage is in bytes. Plex's are a few hundred; longer ones are left out.
const longestMessage = 1 << 20

// sse reads server-sent events: lines "event: name" and "data: text", and an empty line after each message.
type sse struct{ r *bufio.Reader }

func newSSE(r io.Reader) *sse { return &sse{bufio.NewReaderSize(r, 32<<10)} }

// next returns the next message that has a name or data.
func (s *sse) next() (event string, data []byte, err error) {
	tooLong := false
	for {
		line, long, err := s.line()
		if err != nil {
			return "", nil, err // what is not followed by an empty line was cut off
		}
		if len(line) == 0 && !long {
			if (event != "" || data != nil) && !tooLong {
				return event, data, nil
			}
			event, data, tooLong = "", nil, false
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			event = string(value)
		case "data":
			switch {
			case long || len(data)+len(value) > longestMessage:
				tooLong, data = true, nil
			case data == nil:
				data = append([]byte{}, value...)
			default:
				data = append(append(data, '\n'), value...)
			}
		}
	}
}

// line returns a line without its end, and whether it was too long and its rest left out.
func (s *sse) line() (line []byte, long bool, err error) {
	for {
		part, err := s.r.ReadSlice('\n')
		switch {
		case len(line)+len(part) <= longestMessage+len("data: \r\n"):
			line = append(line, part...)
		default:
			long = true
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		return bytes.TrimRight(line, "\r\n"), long, nil
	}
}

// wireNote is what a message says. Plex wraps it in a NotificationContainer with arrays for web sockets, and sends it
// bare, with one object, as a server-sent event; versions differ, so both are taken.
type wireNote struct {
	Timeline list[wireTimeline] `json:"TimelineEntry"`
	Activity list[struct {
		Event    text               `json:"event"`
		UUID     text               `json:"uuid"`
		Activity list[wireActivity] `json:"Activity"`
	}] `json:"ActivityNotification"`
	Playing list[struct {
		Session text   `json:"sessionKey"`
		Item    text   `json:"ratingKey"`
		State   text   `json:"state"`
		Offset  number `json:"viewOffset"` // ms
	}] `json:"PlaySessionStateNotification"`
}

type wireTimeline struct {
	Identifier    text   `json:"identifier"`
	Section       text   `json:"sectionID"`
	Item          text   `json:"itemID"`
	Parent        text   `json:"parentItemID"`
	Root          text   `json:"rootItemID"`
	Type          number `json:"type"`
	Title         text   `json:"title"`
	State         number `json:"state"`
	MetadataState text   `json:"metadataState"`
	MediaState    text   `json:"mediaState"`
	Updated       number `json:"updatedAt"`
}

// libraryPlugin is who speaks of films and episodes; others speak of things of their own with the same numbers.
const libraryPlugin = "com.plexapp.plugins.library"

// readMessage returns the events of one message: all of them, a message may hold several. What is not understood is no
// event.
func readMessage(data []byte) []Event {
	var message struct {
		Container list[wireNote] `json:"NotificationContainer"`
		wireNote
	}
	if softly(json.Unmarshal(data, &message)) != nil {
		return nil
	}
	var all []Event
	for _, n := range append(message.Container, message.wireNote) {
		for _, t := range n.Timeline {
			if t.Identifier != "" && t.Identifier != libraryPlugin {
				continue
			}
			all = append(all, Event{Kind: "timeline", Timeline: &TimelineEvent{
				Section: key(t.Section), Item: key(t.Item), Parent: key(t.Parent), Root: key(t.Root),
				Type: int(t.Type), Title: string(t.Title), State: int(t.State),
				MetadataState: string(t.MetadataState), MediaState: string(t.MediaState), Updated: seconds(t.Updated),
			}})
		}
		for _, a := range n.Activity {
			what := a.Activity.first()
			uuid := string(a.UUID)
			if uuid == "" {
				uuid = string(what.UUID)
			}
			all = append(all, Event{Kind: "activity", Activity: &ActivityEvent{
				Event: strings.ToLower(string(a.Event)), UUID: uuid, Type: string(what.Type),
				Section: key(what.Context.first().Section), Progress: what.progress(),
			}})
		}
		for _, p := range n.Playing {
			all = append(all, Event{Kind: "playing", Playing: &PlayingEvent{
				Session: string(p.Session), Item: key(p.Item), State: string(p.State),
				Offset: min(time.Duration(max(p.Offset, 0)), 1<<40) * time.Millisecond,
			}})
		}
	}
	return all
}

// key returns a key, or nothing for what is none: -1 and 0 stand for that.
func key(t text) string {
	if t == "0" || !digits(string(t)) {
		return ""
	}
	return string(t)
}
