package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// A file's number is the version that it leads to. A file that was released never changes: the next one does, with a dump
// of a database of the version before in testdata.
//
//go:embed migrations/*.sql
var scripts embed.FS

// migrations returns the scripts in the order of their versions; the first leads to version 1.
func migrations() ([]string, error) {
	var steps []string
	for {
		text, err := scripts.ReadFile(fmt.Sprintf("migrations/%04d.sql", len(steps)+1))
		if errors.Is(err, fs.ErrNotExist) {
			return steps, nil
		}
		if err != nil {
			return nil, err
		}
		steps = append(steps, string(text))
	}
}

// migrate brings a database up to date, one transaction for each version, after a copy of one that has something in it.
//
// It leaves the write-ahead log for the time, and syncs: a version is in the file itself the moment that it is there, so
// that [look] reads it in whatever state a process leaves the database behind.
func (s *Store) migrate(ctx context.Context, w *writer, steps []string) error {
	version, err := s.version(ctx, w, len(steps))
	if err != nil || version == len(steps) {
		return err
	}
	if version > 0 {
		if err := s.keepCopy(ctx, w, version); err != nil {
			return err
		}
	}
	for _, pragma := range []string{
		"PRAGMA auto_vacuum = INCREMENTAL", // works for a database without tables only, which is when it is needed
		"PRAGMA journal_mode = DELETE",
		"PRAGMA synchronous = FULL",
	} {
		if _, err := w.conn.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	for version < len(steps) {
		version++
		if err := s.step(ctx, w, version, steps); err != nil {
			return fmt.Errorf("bring the database to version %d: %w", version, err)
		}
		s.log.Debug().Int("version", version).Msg("brought the queue's database up to date")
	}
	_, err = w.conn.ExecContext(ctx, "PRAGMA synchronous = NORMAL")
	return err
}

// version asks for the version of a database; 0 is one that is empty.
func (s *Store) version(ctx context.Context, w *writer, latest int) (int, error) {
	var version, tables int
	if err := w.row(ctx, "PRAGMA user_version", nil, &version); err != nil {
		return 0, err
	}
	// This is also the first time that the whole schema is read.
	if err := w.row(ctx, "SELECT count(*) FROM sqlite_schema", nil, &tables); err != nil {
		return 0, err
	}
	if version <= 0 && tables > 0 {
		return 0, preview.Because(preview.StoreDamaged, "open %s: it is somebody else's database", s.path)
	}
	return version, newer(s.path, version, latest)
}

func (s *Store) step(ctx context.Context, w *writer, version int, steps []string) error {
	return w.do(ctx, func(ctx context.Context) error {
		// Another process may have been faster.
		if now, err := s.version(ctx, w, len(steps)); err != nil || now >= version {
			return err
		}
		// Not prepared: it is many statements, and is run once.
		if _, err := w.conn.ExecContext(ctx, steps[version-1]); err != nil {
			return err
		}
		_, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
		return err
	})
}

// keepCopy copies the database beside itself, named by its version, in place of the copy of a version before.
func (s *Store) keepCopy(ctx context.Context, w *writer, version int) error {
	name := fmt.Sprintf("%s.version-%d", s.path, version)
	part := name + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // SQLite would let others read it
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		_ = os.Remove(part)
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := os.Rename(part, name); err != nil {
		_ = os.Remove(part)
		return err
	}
	for older := range version {
		_ = os.Remove(fmt.Sprintf("%s.version-%d", s.path, older))
	}
	return nil
}
