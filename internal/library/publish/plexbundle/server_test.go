package plexbundle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
)

// server is a Plex server as far as showing previews goes: it takes note of one, for one item, some time after that was
// analyzed.
type server struct {
	sections []plex.Section
	lag      time.Duration // from analyze to the mark
	deaf     int           // so many requests to analyze come to nothing
	frame    []byte        // what it shows as a picture
	fail     func(call string) error
	hang     string // the call that gets no answer

	mu       sync.Mutex
	parts    []plex.Part     // guarded by mu
	calls    []string        // guarded by mu
	analyzed []time.Duration // since start; guarded by mu
	start    time.Time       // guarded by mu
}

var _ Server = (*server)(nil)

func (s *server) ID() string { return ours }

// called notes a call, and fails or hangs as it was told.
func (s *server) called(ctx context.Context, format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	s.mu.Lock()
	s.calls = append(s.calls, call)
	if s.start.IsZero() {
		s.start = time.Now()
	}
	s.mu.Unlock()
	if s.hang != "" && strings.HasPrefix(call, s.hang) {
		<-ctx.Done()
		return ctx.Err()
	}
	if s.fail != nil {
		if err := s.fail(call); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *server) some(of func(plex.Part) bool) []plex.Part {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.parts), func(p plex.Part) bool { return !of(p) })
}

func (s *server) Item(ctx context.Context, keys ...string) ([]plex.Part, error) {
	if err := s.called(ctx, "item %s", strings.Join(keys, ",")); err != nil {
		return nil, err
	}
	return s.some(func(p plex.Part) bool { return slices.Contains(keys, p.Item) }), nil
}

func (s *server) Children(ctx context.Context, season string) ([]plex.Part, error) {
	if err := s.called(ctx, "children %s", season); err != nil {
		return nil, err
	}
	return s.some(func(p plex.Part) bool { return p.Season == season }), nil
}

func (s *server) Sections(ctx context.Context) ([]plex.Section, error) {
	return s.sections, s.called(ctx, "sections")
}

func (s *server) Find(ctx context.Context, in plex.Section, file string) ([]plex.Part, error) {
	if err := s.called(ctx, "find %s %s", in.Key, file); err != nil {
		return nil, err
	}
	return s.some(func(p plex.Part) bool { return p.Section == in.Key && pathmap.Base(p.File) == pathmap.Base(file) }), nil
}

func (s *server) Analyze(ctx context.Context, key string) error {
	if err := s.called(ctx, "analyze %s", key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.analyzed = append(s.analyzed, time.Since(s.start))
	if !slices.ContainsFunc(s.parts, func(p plex.Part) bool { return p.Item == key }) {
		return plex.ErrNotFound
	}
	if len(s.analyzed) <= s.deaf {
		return nil
	}
	time.AfterFunc(s.lag, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, p := range s.parts {
			if p.Item == key {
				s.parts[i].Indexed = true
			}
		}
	})
	return nil
}

func (s *server) ScanFolder(ctx context.Context, section, folder string) error {
	return s.called(ctx, "scan %s %s", section, folder)
}

func (s *server) Frame(ctx context.Context, part string, at time.Duration) ([]byte, error) {
	return s.frame, s.called(ctx, "frame %s %v", part, at)
}

// asked returns the calls that begin with one of the words, or all without any.
func (s *server) asked(words ...string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(call string) bool {
		word, _, _ := strings.Cut(call, " ")
		return len(words) > 0 && !slices.Contains(words, word)
	})
}
