package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Options are what an engine is made of. All of Store, Libraries, Renderer and Spec are needed.
type Options struct {
	Store     Store
	Libraries map[string]Library // by their ID, see [preview.Video.Source]
	Renderer  Renderer
	Spec      preview.Spec // of the previews that it makes
	Slots     []Slots      // the best device first
	Log       zerolog.Logger
}

// Engine carries jobs out. Make one with [New] and keep it alive with [Engine.Run].
type Engine struct {
	o   Options
	log zerolog.Logger
	hub event.Hub
	wg  sync.WaitGroup

	pausing   sync.Mutex // one pause or resume at a time; guards suspended
	suspended bool       // the renderer is

	// One who needs several of these takes them in this order, after pausing. The store is called under the first three and never
	// under mu.
	opening   sync.Mutex   // guards opened, and that the same request does not become two jobs
	ends      sync.RWMutex // held for reading while a task or job moves on, for writing while several are opened again
	refilling sync.Mutex   // only one looks for due tasks at a time
	mu        sync.Mutex   // guards what follows

	opened  bool
	live    context.Context // of Run; nil before and after
	stop    context.CancelCauseFunc
	stopped bool          // Run was there
	fault   error         // of the store: nothing is begun any more
	turn    chan struct{} // closed when a job came to an end or a rest

	jobs    map[int64]*job        // that are not over
	ended   map[int64]preview.Job // the last of those that are
	order   []int64               // of ended, the oldest first
	listing map[string]bool       // sources of which a job is being listed

	queue   queue
	runs    map[int64]*run // by task
	devices []*device
	holds   []event.Hold

	shelves map[string]*shelf
	showing map[int64]struct{}  // tasks on shelves, or being shown
	gone    map[int64]struct{}  // left showing while somebody looks for due ones; nil while nobody does
	soon    map[int64]int64     // tasks that are put off for seconds only and count as waiting, with their jobs
	follow  map[int64]*followed // by task
	moved   []*moves            // where tasks that move are written down while somebody adds some
	dues    []time.Time         // when something has to be looked at again, the earliest first

	wakeDispatch chan struct{} // of size 1, as the next two
	wakeAlarm    chan struct{}
	wakeTicker   chan struct{}
}

var (
	// errCancelled ends what works for a job that was cancelled or cannot go on.
	errCancelled = errors.New("its job is over")
	// errShutdown ends what works when the engine ends.
	errShutdown = errors.New("the engine ends")
	// errOver is the answer of an engine whose Run has returned.
	errOver = errors.New("wait for job: the engine has ended")
)

// New makes an engine. It starts nothing: see [Engine.Run].
func New(o Options) *Engine {
	e := &Engine{
		o: o, log: o.Log,
		turn:    make(chan struct{}),
		jobs:    map[int64]*job{},
		ended:   map[int64]preview.Job{},
		listing: map[string]bool{},
		runs:    map[int64]*run{},
		shelves: map[string]*shelf{},
		showing: map[int64]struct{}{},
		soon:    map[int64]int64{},
		follow:  map[int64]*followed{},

		wakeDispatch: make(chan struct{}, 1),
		wakeAlarm:    make(chan struct{}, 1),
		wakeTicker:   make(chan struct{}, 1),
	}
	for id := range o.Libraries {
		e.shelves[id] = &shelf{}
	}
	e.setSlotsLocked(o.Slots)
	return e
}

// Run does the work until ctx ends, and returns when all that it began has ended: FFmpegs are gone, tasks that were
// rendering are queued again, and a later engine on the same store goes on. It returns nil then, and an error when the
// store fails, for without it nothing can be remembered. It is called once.
func (e *Engine) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if err := e.open(ctx); err != nil {
		e.mu.Lock()
		e.stopped = true
		e.turnLocked()
		e.mu.Unlock()
		if ctx.Err() != nil { // it ended before it began
			return nil
		}
		return err
	}

	e.mu.Lock()
	if e.live != nil || e.stopped {
		e.mu.Unlock()
		return errors.New("run engine: it ran already")
	}
	e.live, e.stop = ctx, stop
	e.spawnLocked(e.dispatch)
	e.spawnLocked(e.alarm)
	e.spawnLocked(e.tick)
	for source := range e.o.Libraries {
		e.listNextLocked(source)
	}
	e.missedLocked()
	e.mu.Unlock()
	e.keepPaused()
	e.sweep()

	<-ctx.Done()
	e.mu.Lock()
	e.live, e.stopped = nil, true
	for _, r := range e.runs {
		r.cancel(errShutdown)
	}
	e.turnLocked()
	e.mu.Unlock()
	e.wg.Wait()

	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fault
}

// open reads what the last engine left, once. Verbs may come before Run.
func (e *Engine) open(ctx context.Context) error {
	e.opening.Lock()
	defer e.opening.Unlock()
	return e.openLocked(ctx)
}

// openLocked is open for one who holds opening.
func (e *Engine) openLocked(ctx context.Context) error {
	if e.opened {
		return nil
	}
	paused, err := e.o.Store.Noted(ctx, notePaused)
	if err != nil {
		return err
	}
	again, err := e.o.Store.Reopen(ctx)
	if err != nil {
		return err
	}
	if again > 0 {
		e.log.Info().Int("tasks", again).Msg("took up what was cut off")
	}
	jobs, err := e.o.Store.OpenJobs(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	for _, j := range jobs {
		e.adoptLocked(j)
	}
	if paused != "" {
		e.holds = []event.Hold{pausedSince(paused)}
	}
	e.queue.stale = true
	e.mu.Unlock()
	// Those that are due count as waiting from the beginning, so that nobody takes their job for one that rests.
	if _, err := e.promote(ctx, time.Now(), 0); err != nil {
		return err
	}
	if err := e.refill(ctx, ""); err != nil {
		return err
	}
	e.opened = true
	return nil
}

// sweep ends the jobs that nobody can carry on, and those whose end a killed engine could not write down.
func (e *Engine) sweep() {
	e.mu.Lock()
	jobs := e.jobsLocked()
	e.mu.Unlock()
	for _, j := range jobs {
		if _, ok := e.o.Libraries[j.Source]; !ok {
			e.stopJob(j.ID, preview.JobFailed, preview.NotSignedIn, "")
			continue
		}
		e.endIfOver(j.ID)
	}
}

// spawnLocked starts a goroutine that Run waits for, unless the engine has ended. It is told by its context when to end.
func (e *Engine) spawnLocked(f func(ctx context.Context)) bool {
	if e.live == nil {
		return false
	}
	ctx := e.live
	e.wg.Go(func() { f(ctx) })
	return true
}

// broken stops everything because the store does not work.
func (e *Engine) broken(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fault != nil {
		return
	}
	e.fault = err
	e.log.Error().Err(err).Str("reason", string(preview.ReasonOf(err))).Msg("stopped all work: the store failed")
	if e.stop != nil {
		e.stop(err)
	}
}

// failure is why everything has stopped; nil while it has not.
func (e *Engine) failure() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fault
}

// idleLocked reports whether nothing may begin.
func (e *Engine) idleLocked() bool {
	return e.live == nil || e.fault != nil || len(e.holds) > 0 || e.live.Err() != nil
}

// turnLocked wakes those who wait for a job.
func (e *Engine) turnLocked() {
	close(e.turn)
	e.turn = make(chan struct{})
}

// jobsLocked returns the jobs that are not over, by ID.
func (e *Engine) jobsLocked() []*job {
	jobs := make([]*job, 0, len(e.jobs))
	for _, j := range e.jobs {
		jobs = append(jobs, j)
	}
	slices.SortFunc(jobs, func(a, b *job) int { return int(a.ID - b.ID) })
	return jobs
}

// poke wakes whoever waits at a channel of size 1.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
