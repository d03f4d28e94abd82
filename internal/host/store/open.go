package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// openOrBegin opens the database, or moves a damaged one aside and begins anew.
func (s *Store) openOrBegin(ctx context.Context) error {
	h, err := s.open(ctx)
	if damaged(err) {
		if err := s.setAside(err); err != nil {
			return err
		}
		h, err = s.open(ctx)
	}
	if err != nil {
		return s.fault("open "+s.path, err)
	}
	s.h = h
	return nil
}

// open opens the database as it is, brought up to date.
func (s *Store) open(ctx context.Context) (_ *handles, err error) {
	// The driver waits for locks by Go's clock, and ends with the context, once it has met one that can be cancelled.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	steps, err := migrations()
	if err != nil {
		return nil, err
	}
	// Before anything is touched: SQLite itself would begin by moving a log into the file.
	if err := look(s.path, len(steps)); err != nil {
		return nil, err
	}
	if err := s.writable(); err != nil {
		return nil, err
	}
	w, err := openWriter(ctx, s.path, s.patience)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = w.close()
		}
	}()
	if err := s.migrate(ctx, w, steps); err != nil {
		return nil, err
	}
	if err := prepare(ctx, w); err != nil {
		return nil, err
	}
	if err := s.remember(ctx, w); err != nil {
		return nil, err
	}
	r, err := openReaders(s.path, s.patience)
	if err != nil {
		return nil, err
	}
	return &handles{write: w, read: r}, nil
}

// small is the size up to which a database is looked through at every start: a few milliseconds. A larger one shows its
// damage where it is read.
const small = 1 << 20 // bytes

// prepare sets up the connection, and looks whether the database can be trusted.
func prepare(ctx context.Context, w *writer) error {
	var mode string
	// Where the disk cannot do it, as some network shares, the mode stays as it was, which is slower and as safe.
	if err := w.row(ctx, "PRAGMA journal_mode = WAL", nil, &mode); err != nil {
		return err
	}
	// Not before the migrations, which may change a table for a new one.
	if _, err := w.exec(ctx, "PRAGMA foreign_keys = ON"); err != nil {
		return err
	}
	var pages, size int64
	if err := w.row(ctx, "PRAGMA page_count", nil, &pages); err != nil {
		return err
	}
	if err := w.row(ctx, "PRAGMA page_size", nil, &size); err != nil {
		return err
	}
	if pages*size > small {
		return nil
	}
	return check(ctx, w, "PRAGMA quick_check(1)")
}

// check runs one of SQLite's checks; its finding is a fault.
func check(ctx context.Context, w *writer, pragma string) error {
	var finding string
	if err := w.row(ctx, pragma, nil, &finding); err != nil {
		return err
	}
	if finding != "ok" {
		return preview.Because(preview.StoreDamaged, "check the database: %s", finding)
	}
	return nil
}

// writable is asked before SQLite is, whose words for it are strange ("unable to open database file: out of memory").
func (s *Store) writable() error {
	if err := private(s.path); err != nil {
		return err
	}
	if err := paths.Writable(filepath.Dir(s.path)); err != nil {
		reason := s.reason(err)
		if reason == preview.StoreFailed {
			reason = preview.StoreReadOnly
		}
		return preview.Because(reason, "write as user %d, group %d: %w", os.Getuid(), os.Getgid(), err)
	}
	return nil
}

// look reads the first bytes of a database, which say what it is and who wrote it (sqlite.org/fileformat.html, 1.3). The
// version there is true even after a crash, because it is never changed through the log; see [Store.migrate].
func look(path string, latest int) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var head [100]byte
	switch _, err := io.ReadFull(f, head[:]); {
	case errors.Is(err, io.EOF):
		return nil // empty: it was made a moment before a crash
	case errors.Is(err, io.ErrUnexpectedEOF), err == nil && !bytes.HasPrefix(head[:], []byte("SQLite format 3\x00")):
		return preview.Because(preview.StoreDamaged, "open %s: it is not a database", path)
	case err != nil:
		return err
	}
	return newer(path, int(binary.BigEndian.Uint32(head[60:])), latest)
}

func newer(path string, version, latest int) error {
	if version > latest {
		return preview.Because(preview.StoreNewer, "open %s: it has version %d, this Scrubjay knows up to %d", path, version, latest)
	}
	return nil
}

// replace changes a database that was found damaged in use for an empty one, unless somebody has done so already, or a
// thorough check finds nothing.
func (s *Store) replace(ctx context.Context, h *handles, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.h != h {
		return
	}
	if err := check(ctx, h.write, "PRAGMA integrity_check(1)"); err == nil || !damaged(err) {
		s.log.Warn().AnErr("check", err).AnErr("cause", cause).Msg("the queue's database gave an error of damage, but a check finds none")
		return
	}
	_ = h.close()
	s.h = nil
	err := s.setAside(cause)
	if err == nil {
		err = s.openOrBegin(ctx)
	}
	if err == nil {
		err = s.fault("open "+s.path, s.h.write.do(ctx, func(ctx context.Context) error { return s.resume(ctx, s.h.write) }))
	}
	if err != nil {
		s.broken = err
		s.log.Error().Err(err).Msg("could not begin the queue's database anew")
	}
}

// kept is how many damaged databases are kept for a look at what happened.
const kept = 3

// setAside moves a damaged database and its logs out of the way.
func (s *Store) setAside(cause error) error {
	mark := s.path + ".damaged-"
	name := mark + s.now().UTC().Format("2006-01-02T15-04-05") // no colons: Windows
	for n := 2; exists(name); n++ {
		name = fmt.Sprintf("%s%s-%d", mark, s.now().UTC().Format("2006-01-02T15-04-05"), n)
	}
	// The file itself goes last: what a crash leaves in between is a damaged database still.
	for _, part := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Rename(s.path+part, name+part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s.fault("move the damaged database aside", err)
		}
	}
	s.aside.Store(&name)
	s.log.Error().Err(cause).Str("aside", name).Msg("the queue's database was damaged; it was moved aside and begun anew")
	s.dropOld(mark)
	return nil
}

// dropOld removes all but the newest files that begin with mark and a time; each comes with up to three others.
func (s *Store) dropOld(mark string) {
	dir, prefix := filepath.Split(mark)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var stamps []string
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), prefix); ok && len(rest) >= len(time.DateTime) {
			stamps = append(stamps, rest[:len(time.DateTime)])
		}
	}
	slices.Sort(stamps)
	stamps = slices.Compact(stamps)
	for _, stamp := range stamps[:max(0, len(stamps)-kept)] {
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), prefix+stamp) {
				_ = os.Remove(filepath.Join(dir, e.Name()))
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
