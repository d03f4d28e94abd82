package fakeplex

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// hub sends what happens to those who listen. Nobody who listens slowly holds anything up: what does not fit is lost.
type hub struct {
	mu        sync.Mutex // guards listeners
	listeners []*listener
}

type listener struct {
	messages chan message
	ended    chan struct{} // closed when the server ends the stream
}

type message struct {
	kind string // "timeline"
	data []byte // JSON
}

func (h *hub) listen() *listener {
	l := &listener{messages: make(chan message, 1024), ended: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners = append(h.listeners, l)
	return l
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners = without(h.listeners, l)
}

func (h *hub) tell(m message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.listeners {
		select {
		case l.messages <- m:
		default:
		}
	}
}

// drop ends all streams.
func (h *hub) drop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.listeners {
		close(l.ended)
	}
	h.listeners = nil
}

// Listeners says how many event streams are open.
func (f *Fake) Listeners() int {
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	return len(f.hub.listeners)
}

// DropStreams ends all event streams, as a network does.
func (f *Fake) DropStreams() { f.hub.drop() }

// Announce sends a message of a kind of its own, such as one that no client knows.
func (f *Fake) Announce(kind, json string) { f.hub.tell(message{kind, []byte(json)}) }

// notify sends one notification. The event stream has the bare object, where the WebSocket would have an array in a
// NotificationContainer.
func (f *Fake) notify(kind string, n *node) {
	b := []byte("{")
	b = append(jsonString(b, n.name), ':')
	f.hub.tell(message{kind, append(n.object(b), '}')})
}

// timeline says that an item came, was done, or went.
func (f *Fake) timeline(i *item, state int, metadata string) {
	n := element("TimelineEntry", attr{"identifier", "com.plexapp.plugins.library"}, attr{"sectionID", i.section.key()}, attr{"itemID", i.key()})
	if i.parent != nil {
		n.set("parentItemID", i.parent.key())
	}
	if i.kind == kindEpisode {
		n.set("rootItemID", i.parent.parent.key())
	}
	n.set("type", i.kind).set("title", i.title).set("state", state).maybe("metadataState", metadata).set("updatedAt", f.now())
	f.notify("timeline", n)
}

// events is the stream of what happens, from now on.
func (f *Fake) events(w http.ResponseWriter, r *http.Request) {
	wanted := filter(r)
	l := f.hub.listen()
	defer f.hub.leave(l)
	plain(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w).Flush
	if flush() != nil {
		return
	}
	ping := time.NewTicker(10 * time.Second)
	defer ping.Stop()
	for {
		m := message{"ping", []byte("{}")}
		select {
		case m = <-l.messages:
			if !wanted(m.kind) {
				continue
			}
		case <-ping.C:
		case <-l.ended:
			return
		case <-f.closing.Done():
			return
		case <-r.Context().Done():
			return
		}
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", m.kind, m.data); err != nil || flush() != nil {
			return
		}
	}
}

// filter reads which kinds are wanted: "a,b" these, "-a,b" all but these, "" all. Without it, all but the log.
func filter(r *http.Request) func(kind string) bool {
	q := r.URL.Query()
	text := "-log"
	if q.Has("filters") {
		text = q.Get("filters")
	}
	rest, not := strings.CutPrefix(text, "-")
	kinds := strings.Split(rest, ",")
	return func(kind string) bool {
		return rest == "" || slices.Contains(kinds, kind) != not
	}
}
