package store

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// handles are one open database: a connection that writes and a few that read.
type handles struct {
	write *writer
	read  *readers
}

func (h *handles) close() error {
	err := h.read.db.Close()
	// The last connection that closes moves the log into the file and removes it.
	if werr := h.write.close(); err == nil {
		err = werr
	}
	return err
}

// writer is the one connection that writes.
type writer struct {
	db   *sql.DB
	conn *sql.Conn
	turn chan struct{} // holds a token while somebody writes
	// stmts are the prepared statements by their text; guarded by turn. Their number is that of the texts in this package.
	stmts map[string]*sql.Stmt
}

func openWriter(ctx context.Context, path string, patience time.Duration) (*writer, error) {
	db, err := sql.Open("sqlite", address(path, "rw", patience))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	w := &writer{db: db, conn: conn, turn: make(chan struct{}, 1), stmts: map[string]*sql.Stmt{}}
	// Not in the address, as these read the file and may have to wait for it: there nobody could cancel them.
	for _, pragma := range []string{
		"PRAGMA synchronous = NORMAL",
		"PRAGMA journal_size_limit = 8388608", // what the log may keep of the disk when it is not needed
	} {
		if _, err := w.exec(ctx, pragma); err != nil {
			_ = w.close()
			return nil, err
		}
	}
	return w, nil
}

func (w *writer) close() error {
	// database/sql leaves these to whoever has taken a connection for himself, and a connection with open statements stays
	// open underneath: it would neither bring the log in nor give up its locks.
	for _, st := range w.stmts {
		_ = st.Close()
	}
	_ = w.conn.Close() // it only goes back to the pool
	return w.db.Close()
}

// do runs f when it is its turn, in one transaction: all of it is stored, or nothing is. Only the wait can be cancelled.
func (w *writer) do(ctx context.Context, f func(context.Context) error) error {
	return w.alone(ctx, func(ctx context.Context) (err error) {
		if _, err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		committed := false
		defer func() {
			if !committed {
				// It fails where SQLite has rolled back already, as it does when the disk is full.
				_, _ = w.exec(ctx, "ROLLBACK")
			}
		}()
		if err := f(ctx); err != nil {
			return err
		}
		if _, err := w.exec(ctx, "COMMIT"); err != nil {
			return err
		}
		committed = true
		return nil
	})
}

// alone runs f when it is its turn, outside a transaction: right for a single statement, which is one of its own.
func (w *writer) alone(ctx context.Context, f func(context.Context) error) error {
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-w.turn }()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return f(context.WithoutCancel(ctx))
}

func (w *writer) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := w.stmts[query]; ok {
		return st, nil
	}
	st, err := w.conn.PrepareContext(ctx, query)
	if err == nil {
		w.stmts[query] = st
	}
	return st, err
}

// exec runs a statement in the writer's turn.
func (w *writer) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := w.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

// count runs a statement in the writer's turn and returns how many rows it changed.
func (w *writer) count(ctx context.Context, query string, args ...any) (int, error) {
	r, err := w.exec(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

// row asks for one row in the writer's turn.
func (w *writer) row(ctx context.Context, query string, args []any, dest ...any) error {
	st, err := w.prepared(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dest...)
}

// rows calls each for every row of the answer, in the writer's turn.
func (w *writer) rows(ctx context.Context, query string, args []any, each func(scanner) error) error {
	st, err := w.prepared(ctx, query)
	if err != nil {
		return err
	}
	return every(ctx, st, args, each)
}

// every calls each for every row of a statement's answer.
func every(ctx context.Context, st *sql.Stmt, args []any, each func(scanner) error) error {
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // what went wrong is in Err
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

type scanner interface{ Scan(dest ...any) error }

// readers are the connections that only read. Each sees the last transaction that was over when its query began.
type readers struct {
	db    *sql.DB
	mu    sync.Mutex // guards stmts
	stmts map[string]*sql.Stmt
}

// most is how many queries run at once; each connection keeps up to 2 MB of pages.
const most = 3

func openReaders(path string, patience time.Duration) (*readers, error) {
	db, err := sql.Open("sqlite", address(path, "ro", patience))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return &readers{db: db, stmts: map[string]*sql.Stmt{}}, nil
}

func (r *readers) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if st, ok := r.stmts[query]; ok {
		return st, nil
	}
	st, err := r.db.PrepareContext(ctx, query)
	if err == nil {
		r.stmts[query] = st
	}
	return st, err
}

// rows calls each for every row of the answer.
func (r *readers) rows(ctx context.Context, query string, args []any, each func(scanner) error) error {
	st, err := r.prepared(ctx, query)
	if err != nil {
		return err
	}
	return every(ctx, st, args, each)
}

// row asks for one row; sql.ErrNoRows when there is none.
func (r *readers) row(ctx context.Context, query string, args []any, dest ...any) error {
	st, err := r.prepared(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dest...)
}

// address is a file as SQLite's driver wants it: a URI, so that no character of the path means anything.
func address(path, mode string, patience time.Duration) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/Users
	}
	return (&url.URL{
		Scheme: "file",
		Path:   slashed,
		RawQuery: url.Values{
			"mode":    {mode},
			"_pragma": {"busy_timeout(" + strconv.FormatInt(patience.Milliseconds(), 10) + ")"},
		}.Encode(),
	}).String()
}
