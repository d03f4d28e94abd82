package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const strikeColumns = `path, size, time, title, count, reason, detail, last`

// Strike counts one more failure of a version of a file, and returns what is known of it then. Another version of the same
// path begins anew. s.Count is not looked at.
func (s *Store) Strike(ctx context.Context, k preview.Strike) (preview.Strike, error) {
	if k.Last.IsZero() {
		k.Last = s.now()
	}
	err := s.writes(ctx, "count a strike", func(ctx context.Context, w *writer) error {
		return w.row(ctx, `INSERT INTO strikes (path, size, time, title, count, reason, detail, last) VALUES (?, ?, ?, ?, 1, ?, ?, ?)
			ON CONFLICT (path) DO UPDATE SET
				count = CASE WHEN size = excluded.size AND time = excluded.time THEN count + 1 ELSE 1 END,
				size = excluded.size, time = excluded.time, title = excluded.title, reason = excluded.reason,
				detail = excluded.detail, last = excluded.last
			RETURNING count`,
			[]any{k.Path, k.Version.Size, micros(k.Version.ModTime), k.Title, string(k.Reason), k.Detail, micros(k.Last)}, &k.Count)
	})
	if err != nil {
		return preview.Strike{}, err
	}
	k.Version.ModTime, k.Last = moment(micros(k.Version.ModTime)), moment(micros(k.Last)) // as it comes back
	return k, nil
}

// Struck returns what is known of a path; ok is false when nothing is.
func (s *Store) Struck(ctx context.Context, path string) (k preview.Strike, ok bool, err error) {
	strikes, err := s.strikes(ctx, "look for strikes", `SELECT `+strikeColumns+` FROM strikes WHERE path = ?`, path)
	if err != nil || len(strikes) == 0 {
		return preview.Strike{}, false, err
	}
	return strikes[0], true, nil
}

// Forgive forgets the strikes of a path.
func (s *Store) Forgive(ctx context.Context, path string) error {
	_, err := s.write(ctx, "forget strikes", `DELETE FROM strikes WHERE path = ?`, path)
	return err
}

// Attention returns up to limit files that rest until a person, or a new version, frees them, the newest first.
func (s *Store) Attention(ctx context.Context, limit int) ([]preview.Strike, error) {
	return s.strikes(ctx, "list what needs attention",
		`SELECT `+strikeColumns+` FROM strikes WHERE count >= ? ORDER BY last DESC, path LIMIT ?`, preview.Strikes, max(limit, 0))
}

// ForgiveAll forgets all strikes, and returns those of the files that rested.
func (s *Store) ForgiveAll(ctx context.Context) (rested []preview.Strike, err error) {
	err = s.writes(ctx, "forget all strikes", func(ctx context.Context, w *writer) error {
		if err := w.rows(ctx, `SELECT `+strikeColumns+` FROM strikes WHERE count >= ? ORDER BY last DESC, path`,
			[]any{preview.Strikes}, func(row scanner) error {
				k, err := scanStrike(row)
				rested = append(rested, k)
				return err
			}); err != nil {
			return err
		}
		_, err := w.exec(ctx, `DELETE FROM strikes`)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rested, nil
}

func (s *Store) strikes(ctx context.Context, doing, query string, args ...any) (strikes []preview.Strike, err error) {
	err = s.reads(ctx, doing, func(r *readers) error {
		return r.rows(ctx, query, args, func(row scanner) error {
			k, err := scanStrike(row)
			strikes = append(strikes, k)
			return err
		})
	})
	return strikes, err
}

func scanStrike(row scanner) (preview.Strike, error) {
	var k preview.Strike
	var mtime, last int64
	err := row.Scan(&k.Path, &k.Version.Size, &mtime, &k.Title, &k.Count, &k.Reason, &k.Detail, &last)
	k.Version.ModTime, k.Last = moment(mtime), moment(last)
	return k, err
}

// Note keeps a word under a name for the next start. An empty one is forgotten.
func (s *Store) Note(ctx context.Context, name, value string) (err error) {
	const doing = "keep a note"
	if value == "" {
		_, err = s.write(ctx, doing, `DELETE FROM notes WHERE name = ?`, name)
	} else {
		_, err = s.write(ctx, doing, `INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)`, name, value)
	}
	return err
}

// Noted returns what Note kept, or "" when there is nothing.
func (s *Store) Noted(ctx context.Context, name string) (value string, err error) {
	err = s.reads(ctx, "find a note", func(r *readers) error {
		err := r.row(ctx, `SELECT value FROM notes WHERE name = ?`, []any{name}, &value)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return value, err
}
