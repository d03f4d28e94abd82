package plex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	// silence is how long a stream may say nothing: Plex sends a ping every 10 s, so three are missing.
	silence = 30 * time.Second
	// longestPause is between two tries to open the stream again.
	longestPause = time.Minute
)

// errSilent ends a stream that says nothing any more, as when a machine was put to sleep.
var errSilent = errors.New("the event stream went silent")

// Events follows what happens on the server until ctx ends: libraries that change, work in the background, people who
// watch. It opens the stream again whenever it breaks; an event of the kind "open" is the first of each connection, and
// says that events may have been missed before it. An error ends it, with [preview.PlexToken] or [preview.PlexNotOwner],
// which no further try would mend. The stream does not count as one of the requests at once.
func (s *Server) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for failures := 0; ctx.Err() == nil; failures++ {
			began := time.Now()
			err := s.follow(ctx, func(e Event) bool { return yield(e, nil) })
			if ctx.Err() != nil || errors.Is(err, errEnough) {
				return
			}
			err = judge(err)
			switch preview.ReasonOf(err) {
			case preview.PlexToken, preview.PlexNotOwner:
				yield(Event{}, err)
				return
			}
			if time.Since(began) >= silence {
				failures = 0
			}
			pause := min(time.Second<<min(failures, 10), longestPause)
			s.log().Debug().Err(err).Dur("pause", pause).Msg("lost the event stream of Plex")
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// errEnough says that nobody wants more events.
var errEnough = errors.New("nobody wants more events")

// follow opens the stream once and hands out its events until it breaks.
func (s *Server) follow(ctx context.Context, hand func(Event) bool) error {
	base, err := s.way(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	// Plex's own document calls the parameter filter in one place and filters in all others; filters works.
	resp, err := s.wire.open(ctx, base, call{
		path: "/:/eventsource/notifications", query: url.Values{"filters": {"timeline,activity,playing"}},
		header: http.Header{"Accept": {"text/event-stream"}}, token: s.target.Token,
	})
	if err != nil {
		return s.doubt(ctx, base, err)
	}
	defer resp.Body.Close()
	watchdog.Stop()
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil && kind == "text/html" {
		return fmt.Errorf("open the event stream: %w", errNotJSON)
	}
	if !hand(Event{Kind: "open"}) {
		return errEnough
	}
	messages := newSSE(&watched{resp.Body, watchdog})
	for {
		_, data, err := messages.next()
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return s.doubt(ctx, base, &outage{what(base, call{path: "/:/eventsource/notifications"}), err})
		}
		for _, e := range readMessage(data) {
			if !hand(e) {
				return errEnough
			}
		}
	}
}

// watched is a reader whose watchdog runs while it waits, and rests while somebody deals with what came.
type watched struct {
	from     io.Reader
	watchdog *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	w.watchdog.Reset(silence)
	defer w.watchdog.Stop()
	return w.from.Read(p)
}
