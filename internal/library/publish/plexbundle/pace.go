package plexbundle

import (
	"context"
	"errors"
	"sync"
	"time"
)

// pace is a Limiter that lets one through in each gap, in the order in which they came.
type pace struct {
	gap time.Duration

	mu   sync.Mutex
	next time.Time // when the next may go; guarded by mu
}

var errQueue = errors.New("too many are waiting")

// Wait returns when it is the caller's turn. When that would be after ctx ends, it says so at once and takes no turn.
func (p *pace) Wait(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	if end, ok := ctx.Deadline(); ok && at.After(end) {
		p.mu.Unlock()
		return errQueue
	}
	p.next = at.Add(p.gap)
	p.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// sleep returns after d, or with the cause when ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
