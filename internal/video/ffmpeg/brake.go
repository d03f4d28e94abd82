package ffmpeg

import (
	"context"
	"errors"
	"sync"
)

// Brake holds running programs where they are, all together: a person's "pause" that takes effect at once and loses
// no work. Programs join it by [Command.Brake] and leave it when they end. The zero value is ready and released; it
// must not be copied. All methods may be called from any goroutine.
//
// A held program keeps its memory, its files and, on a GPU, its decoder; it takes no CPU time. It is not taken for
// stalled, and cancelling it ends it as ever. Whoever feeds it or reads from it waits at the pipe.
type Brake struct {
	mu      sync.Mutex // guards what follows; taken before a Process's own
	pulled  chan struct{}
	running map[*Process]struct{}
}

// Pull holds every program that runs, and lets none start until Release. On a pulled brake it tries again those that
// it could not hold. The errors are those of [Process.Suspend]: such a program runs on, the others are held.
func (b *Brake) Pull() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pulled == nil {
		b.pulled = make(chan struct{})
	}
	return b.eachLocked((*Process).Suspend)
}

// Release lets the programs go on, also those that were suspended one by one, and start again. The errors are those of [Process.Resume].
func (b *Brake) Release() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pulled == nil {
		return nil
	}
	close(b.pulled)
	b.pulled = nil
	return b.eachLocked((*Process).Resume)
}

// Pulled reports whether the brake is pulled.
func (b *Brake) Pulled() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pulled != nil
}

func (b *Brake) eachLocked(do func(*Process) error) error {
	var errs []error
	for p := range b.running {
		errs = append(errs, do(p))
	}
	return errors.Join(errs...)
}

// wait returns when the brake is released, which it may be already, or ctx has ended. Nil is no brake.
func (b *Brake) wait(ctx context.Context) {
	if b == nil {
		return
	}
	for {
		b.mu.Lock()
		pulled := b.pulled
		b.mu.Unlock()
		if pulled == nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-pulled: // closed by Release; it may be pulled again by now
		}
	}
}

// join takes in a program that has just been started. Where the brake was pulled since wait, it is held at once.
func (b *Brake) join(p *Process) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == nil {
		b.running = make(map[*Process]struct{})
	}
	b.running[p] = struct{}{}
	if b.pulled == nil {
		return nil
	}
	return p.Suspend()
}

// leave forgets a program that has ended.
func (b *Brake) leave(p *Process) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.running, p)
}
