package store

import "github.com/scrubjay/scrubjay/internal/engine"

var _ engine.Store = (*Store)(nil)
