package daemon

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// History is what is remembered of jobs and videos. It can be read beside a daemon that runs.
type History struct {
	settings *Settings
	store    *store.Store
}

// OpenHistory opens what is remembered.
func OpenHistory(ctx context.Context, o Options) (*History, error) {
	s, err := OpenSettings(o)
	if err != nil {
		return nil, err
	}
	log := s.Log("store")
	st, err := store.Open(ctx, filepath.Join(o.Dirs.Data, storeName), store.Options{Log: &log})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &History{settings: s, store: st}, nil
}

// Close closes it.
func (h *History) Close() error { return errors.Join(h.store.Close(), h.settings.Close()) }

// Jobs returns up to limit jobs whose number is below before, the newest first; 0 begins with the newest.
func (h *History) Jobs(ctx context.Context, limit int, before int64) ([]preview.Job, error) {
	return h.store.Jobs(ctx, limit, before)
}

// Attention returns up to limit videos that rest after failing three times.
func (h *History) Attention(ctx context.Context, limit int) ([]preview.Strike, error) {
	return h.store.Attention(ctx, limit)
}
