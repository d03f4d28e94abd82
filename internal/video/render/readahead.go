package render

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"

	"golang.org/x/sync/semaphore"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// How far reading runs ahead of FFmpeg: enough to hide the latency of a network share, little enough to keep
// Scrubjay small. A packet larger than the budget is read alone; one larger than maxPacket is not read: an uncompressed
// picture of 8K has 100 MB, and what claims more is a damaged length. Storage is used again up to keepBytes a packet:
// more of it, times the number of packets on their way, would be more than the budget.
const (
	aheadPackets = 6
	aheadBytes   = 12 << 20
	maxPacket    = 128 << 20
	keepBytes    = aheadBytes / aheadPackets
)

// packet is one packet on its way to FFmpeg.
type packet struct {
	step
	sample container.Sample
	data   []byte
	err    error
}

// readAhead reads the packets of the steps, a few at once, and yields them in order. A packet's data is valid until the
// next turn. Errors of the steps and of reading come with the packet; the caller stops when it has seen one.
func readAhead(ctx context.Context, track container.Track, steps iter.Seq2[step, error]) iter.Seq[*packet] {
	return func(yield func(*packet) bool) {
		ctx, cancel := context.WithCancel(ctx)
		budget := semaphore.NewWeighted(aheadBytes)
		// A channel of channels keeps the order: readers run side by side, each hands over its own packet.
		order := make(chan chan *packet, aheadPackets)
		done := make(chan struct{})
		defer func() { // in this order: stop, then wait until nobody reads the file any more
			cancel()
			for ready := range order {
				<-ready
			}
			<-done
		}()
		free := make(chan []byte, aheadPackets+2)
		go func() {
			defer close(done)
			defer close(order)
			turn := make(chan struct{}) // closed when it is the next reader's turn to take from the budget
			close(turn)
			for s, err := range unbroken(steps) {
				mine, following := turn, make(chan struct{})
				turn = following
				ready := make(chan *packet, 1)
				select {
				case order <- ready:
				case <-ctx.Done():
					return
				}
				go func() {
					p := &packet{step: s, err: err}
					p.load(ctx, track, budget, mine, following, free)
					ready <- p
				}()
				if err != nil {
					return
				}
			}
		}()
		for ready := range order {
			p := <-ready
			more := yield(p)
			if p.data != nil {
				if cap(p.data) <= keepBytes {
					select {
					case free <- p.data:
					default:
					}
				}
				p.data = nil
				budget.Release(cost(p.sample))
			}
			if !more {
				return
			}
		}
	}
}

// load finds and reads the packet. Readers take from the budget in the packets' order: otherwise a later packet could hold
// what an earlier one waits for.
func (p *packet) load(ctx context.Context, track container.Track, budget *semaphore.Weighted, turn <-chan struct{}, following chan<- struct{}, free chan []byte) {
	if p.err == nil {
		p.err = guarded(func() (err error) {
			p.sample, err = p.find(track)
			return err
		})
	}
	if p.err == nil && p.sample.Size > maxPacket {
		p.err = &container.Error{Offset: p.sample.Offset, What: fmt.Sprintf("a packet of %d bytes", p.sample.Size)}
	}
	select {
	case <-turn:
	case <-ctx.Done():
	}
	if p.err == nil {
		p.err = budget.Acquire(ctx, cost(p.sample))
	}
	close(following)
	if p.err != nil {
		return
	}
	var buf []byte
	select {
	case buf = <-free:
	default:
	}
	p.err = guarded(func() (err error) {
		p.data, err = track.Read(p.sample, buf)
		return err
	})
	if p.err != nil {
		budget.Release(cost(p.sample))
		p.data = nil
	}
}

// guarded makes a panic an error: these are goroutines of our own, and a hostile video must not take the whole program
// down.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// unbroken is the steps, with a panic among them as their last error.
func unbroken(steps iter.Seq2[step, error]) iter.Seq2[step, error] {
	return func(yield func(step, error) bool) {
		more := true
		err := guarded(func() error {
			steps(func(s step, err error) bool {
				more = yield(s, err)
				return more
			})
			return nil
		})
		if err != nil && more {
			yield(step{key: -1}, err)
		}
	}
}

func cost(s container.Sample) int64 { return int64(min(max(s.Size, 1), aheadBytes)) }
