package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// chunk is how many keys are asked for in one query. It is always as many, so that one prepared statement does.
const chunk = 250

// Known returns ledger entries by [preview.Video.Key], for those of the keys that it knows.
func (s *Store) Known(ctx context.Context, source string, keys []string) (map[string]preview.Entry, error) {
	known := make(map[string]preview.Entry, len(keys))
	query := `SELECT source, key, path, listed_size, listed_time, file_size, file_time, out, interval, width, quality, recipe, shown, at
		FROM ledger WHERE source = ? AND key IN (?` + strings.Repeat(", ?", chunk-1) + `)`
	err := s.reads(ctx, "look into the ledger", func(r *readers) error {
		for first := 0; first < len(keys); first += chunk {
			args := make([]any, 0, chunk+1)
			args = append(args, source)
			for i := range chunk {
				args = append(args, keys[min(first+i, len(keys)-1)]) // the last one again and again, which costs nothing
			}
			if err := r.rows(ctx, query, args, func(row scanner) error {
				e, err := scanEntry(row)
				known[e.Key] = e
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return known, nil
}

// Keep stores ledger entries in one transaction, each in place of the one with its source and key.
func (s *Store) Keep(ctx context.Context, entries []preview.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.writes(ctx, "write the ledger", func(ctx context.Context, w *writer) error {
		for _, e := range entries {
			if _, err := w.exec(ctx, `INSERT OR REPLACE INTO ledger (source, key, path, listed_size, listed_time, file_size, file_time,
					out, interval, width, quality, recipe, shown, at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				e.Source, e.Key, e.Path, e.Listed.Size, micros(e.Listed.ModTime), e.File.Size, micros(e.File.ModTime),
				e.Out, int64(e.Interval), e.Width, e.Quality, e.Recipe, e.Shown, micros(e.When)); err != nil {
				return fmt.Errorf("%s: %w", e.Path, err)
			}
		}
		return nil
	})
}

func scanEntry(row scanner) (preview.Entry, error) {
	var e preview.Entry
	var listed, file, interval, at int64
	err := row.Scan(&e.Source, &e.Key, &e.Path, &e.Listed.Size, &listed, &e.File.Size, &file, &e.Out, &interval, &e.Width,
		&e.Quality, &e.Recipe, &e.Shown, &at)
	e.Listed.ModTime, e.File.ModTime, e.When, e.Interval = moment(listed), moment(file), moment(at), time.Duration(interval)
	return e, err
}
