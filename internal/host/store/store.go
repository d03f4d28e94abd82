package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Options are what [Open] may be told. The zero value is good.
type Options struct {
	Log *zerolog.Logger  // nil is silent
	Now func() time.Time // nil is time.Now
	// patience is how long another process's lock is waited for; 0 is 5 s.
	patience time.Duration
}

// Store is an open store. It has to be closed.
type Store struct {
	path     string
	log      zerolog.Logger
	now      func() time.Time
	patience time.Duration

	// mu guards h and broken. Every call holds it for reading, so that a damaged database is changed for a new one between
	// two calls only.
	mu     sync.RWMutex
	h      *handles // nil when the store is closed or broken
	broken error    // why there is no database; a fault

	// The highest IDs that were given out: those of a new database go on from there, so that what the engine still holds
	// in its hands cannot be taken for something else.
	lastJob, lastTask atomic.Int64

	aside atomic.Pointer[string]
}

// Open opens the store in a file, or makes it, with the folders above it, for this user alone. It takes milliseconds
// unless the file is from an older version.
//
// Errors are [preview.Fault]: [preview.StoreNewer] (nothing is touched), [preview.StoreLocked], [preview.StoreReadOnly],
// [preview.DiskFull], [preview.StoreFailed]. Damage is not one; see [Store.Aside].
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, preview.Because(preview.StoreFailed, "find the working folder: %w", err)
	}
	s := &Store{path: path, log: zerolog.Nop(), now: time.Now, patience: 5 * time.Second}
	if opts.Log != nil {
		s.log = *opts.Log
	}
	if opts.Now != nil {
		s.now = opts.Now
	}
	if opts.patience > 0 {
		s.patience = opts.patience
	}
	if err := s.openOrBegin(ctx); err != nil {
		return nil, err
	}
	// What is left over goes at the next start, or when the engine asks for it.
	brief, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if err := s.Tidy(brief); err != nil && brief.Err() == nil {
		s.log.Warn().Err(err).Msg("could not tidy the history")
	}
	return s, nil
}

// Close closes the store; later calls fail. It may be called twice.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.h == nil {
		return nil
	}
	err := s.h.close()
	s.h, s.broken = nil, preview.Because(preview.StoreFailed, "use %s: the store is closed", s.path)
	return s.fault("close "+s.path, err)
}

// Aside returns where a damaged database was moved, when an empty one had to take its place at Open or since; otherwise
// it returns "". People should be told.
func (s *Store) Aside() string {
	if p := s.aside.Load(); p != nil {
		return *p
	}
	return ""
}

// writes runs f in one transaction. Its errors become faults that begin with doing.
func (s *Store) writes(ctx context.Context, doing string, f func(context.Context, *writer) error) error {
	return s.call(ctx, doing, func(h *handles) error {
		return h.write.do(ctx, func(ctx context.Context) error { return f(ctx, h.write) })
	})
}

// write runs one statement and returns how many rows it changed.
func (s *Store) write(ctx context.Context, doing, query string, args ...any) (n int, err error) {
	err = s.call(ctx, doing, func(h *handles) error {
		return h.write.alone(ctx, func(ctx context.Context) (err error) {
			n, err = h.write.count(ctx, query, args...)
			return err
		})
	})
	return n, err
}

// reads runs f, which only reads.
func (s *Store) reads(ctx context.Context, doing string, f func(*readers) error) error {
	return s.call(ctx, doing, func(h *handles) error { return f(h.read) })
}

func (s *Store) call(ctx context.Context, doing string, f func(*handles) error) error {
	s.mu.RLock()
	h, err := s.h, s.broken
	if h != nil {
		err = f(h)
	}
	s.mu.RUnlock()
	if h != nil && damaged(err) {
		s.replace(context.WithoutCancel(ctx), h, err)
	}
	return s.fault(doing, err)
}

// remember notes the highest IDs of a database.
func (s *Store) remember(ctx context.Context, w *writer) error {
	for table, last := range map[string]*atomic.Int64{"jobs": &s.lastJob, "tasks": &s.lastTask} {
		var id sql.NullInt64
		if err := w.row(ctx, "SELECT max(seq) FROM sqlite_sequence WHERE name = ?", []any{table}, &id); err != nil {
			return err
		}
		raise(last, id.Int64)
	}
	return nil
}

// resume makes an empty database go on with the IDs.
func (s *Store) resume(ctx context.Context, w *writer) error {
	for table, last := range map[string]*atomic.Int64{"jobs": &s.lastJob, "tasks": &s.lastTask} {
		id := last.Load()
		if id == 0 {
			continue
		}
		if _, err := w.exec(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, id); err != nil {
			return err
		}
	}
	return nil
}

func raise(last *atomic.Int64, id int64) {
	for {
		was := last.Load()
		if id <= was || last.CompareAndSwap(was, id) {
			return
		}
	}
}

// private makes the folder and the file, for this user alone, and reports whether they can be written.
func private(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		// It may come from a backup. Where the disk knows no modes, so be it.
		_ = os.Chmod(path, 0o600)
	}
	return nil
}
