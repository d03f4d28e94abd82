package store

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// little is the space below which an error of a disk is taken for a full one: SQLite calls a full disk by its name when
// it writes the database, and an I/O error when it grows the index of the log.
const little = 1 << 20 // bytes

// fault makes an error of SQLite or of the system into one with a reason. doing is what was tried: "save task 17".
func (s *Store) fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*preview.Fault](err); ok {
		return err
	}
	return preview.Because(s.reason(err), "%s: %w", doing, err)
}

func (s *Store) reason(err error) preview.Reason {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return preview.Cancelled
	case errors.Is(err, syscall.ENOSPC):
		return preview.DiskFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return preview.StoreReadOnly
	}
	dir := filepath.Dir(s.path)
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return preview.StoreDamaged
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return preview.StoreLocked
	case sqlite3.SQLITE_FULL:
		return preview.DiskFull
	case sqlite3.SQLITE_NOMEM:
		return preview.MemoryFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return preview.StoreReadOnly
	case sqlite3.SQLITE_CANTOPEN:
		// It says the same of a folder that takes no log and of too many open files.
		if paths.Writable(dir) != nil {
			return preview.StoreReadOnly
		}
	case sqlite3.SQLITE_IOERR:
		if free, err := paths.Free(dir); err == nil && free < little {
			return preview.DiskFull
		}
	}
	return preview.StoreFailed
}

// code is the primary result code of SQLite in an error; 0 when it has none.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff // the rest of the bits has the details
	}
	return 0
}

// damaged reports whether an error says that the file cannot be trusted.
func damaged(err error) bool {
	if f, ok := errors.AsType[*preview.Fault](err); ok && f.Reason == preview.StoreDamaged {
		return true
	}
	c := code(err)
	return c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
}
