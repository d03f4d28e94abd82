package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// grace is how long we wait for what should happen at once: for a program that closed its stdout to end, and for
// pipes to close that a strayed grandchild may still hold.
const grace = 5 * time.Second

// Why a run's own context ended, where it was not the caller's.
var (
	errEnded   = errors.New("program ended")
	errStalled = errors.New("no progress")
	errFeed    = errors.New("nothing more to feed")
	errRead    = errors.New("nobody reads any more")
)

// Process is a running command. Every started process must be waited for.
type Process struct {
	c       Command
	cmd     *exec.Cmd
	sys     system
	started time.Time
	caller  context.Context         // the context that Start was given
	life    context.Context         // caller's, and ends with the program or when it has to end
	end     context.CancelCauseFunc // ends life; the first cause counts
	disarm  func() bool             // takes back the kill that follows the end of life

	in, out, errs *os.File     // our ends of the pipes; in and out may be nil
	fed, got      atomic.Int64 // bytes through in and out
	tail          tail
	work          sync.WaitGroup // the callbacks, the reader of stderr, the watchdog
	feedErr       error          // Feed's own; readable after work is done
	readErr       error

	mu        sync.Mutex // guards gone and suspended
	gone      bool       // the program ended: its process ID may be another's by now
	suspended bool

	exited chan struct{} // closed when the program was reaped; what follows is readable then
	state  *os.ProcessState
	usage  Usage
}

func (c Command) name() string {
	return strings.TrimSuffix(filepath.Base(c.Path), ".exe")
}

// environment is ours without our secrets: a token has no business in the environment of a program that others may look
// at.
func environment(ours []string) []string {
	return slices.DeleteFunc(ours, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.HasPrefix(name, "SCRUBJAY_") &&
			(strings.Contains(name, "TOKEN") || strings.Contains(name, "SECRET") || strings.Contains(name, "PASSWORD"))
	})
}

// Start starts a command. While its brake is pulled, it waits. It fails with [preview.FFmpegMissing] where there is no
// such program, and with [preview.Cancelled] when ctx has ended before.
func Start(ctx context.Context, c Command) (*Process, error) {
	c.Brake.wait(ctx)
	if ctx.Err() != nil {
		return nil, interrupted(ctx, c.name())
	}
	p := &Process{c: c, caller: ctx, exited: make(chan struct{})}
	// No exec.CommandContext: the kill must reach the whole group, and only as long as the process ID is ours.
	p.cmd = exec.Command(c.Path, c.Args...) //nolint:noctx // life does it, see above
	// A user's AV_LOG_FORCE_COLOR would put escape codes between the words that the table of reasons looks for.
	p.cmd.Env = append(append(environment(os.Environ()), "AV_LOG_FORCE_NOCOLOR=1"), c.Env...)
	p.cmd.SysProcAttr = attributes(c.Nice)

	theirs, err := p.pipes()
	if err == nil {
		p.started = time.Now()
		err = p.cmd.Start()
	}
	for _, f := range theirs {
		f.Close()
	}
	if err != nil {
		p.closePipes()
		return nil, unstarted(c, err)
	}
	if p.sys, err = adopt(p.cmd, c.Nice); err != nil {
		c.Log.Debug().Str("program", c.name()).Err(err).Msg("priority or job not set")
	}
	c.Log.Debug().Str("program", c.name()).Int("pid", p.cmd.Process.Pid).Strs("args", c.Args).Msg("program started")

	if err := c.Brake.join(p); err != nil {
		c.Log.Warn().Str("program", c.name()).Err(err).Msg("program goes on though it should wait")
	}
	p.life, p.end = context.WithCancelCause(ctx)
	p.disarm = context.AfterFunc(p.life, p.kill)
	p.work.Go(p.listen)
	if c.Feed != nil {
		p.work.Go(p.feed)
	}
	if c.Read != nil {
		p.work.Go(p.read)
	}
	if c.Stall > 0 {
		p.work.Go(p.watch)
	}
	go p.reap() // ends with the program; Wait waits for it through exited
	return p, nil
}

// pipes makes the pipes and returns the program's ends of them.
func (p *Process) pipes() (theirs []*os.File, err error) {
	pipe := func() (r, w *os.File) {
		if err == nil {
			r, w, err = os.Pipe()
		}
		return r, w
	}
	if p.c.Feed != nil {
		var r *os.File
		if r, p.in = pipe(); err == nil {
			p.cmd.Stdin, theirs = r, append(theirs, r)
		}
	}
	if p.c.Read != nil {
		var w *os.File
		if p.out, w = pipe(); err == nil {
			p.cmd.Stdout, theirs = w, append(theirs, w)
		}
	}
	var w *os.File
	if p.errs, w = pipe(); err == nil {
		p.cmd.Stderr, theirs = w, append(theirs, w)
	}
	return theirs, err
}

func (p *Process) closePipes() {
	for _, f := range []*os.File{p.in, p.out, p.errs} {
		if f != nil {
			f.Close()
		}
	}
}

// Wait waits until the program is gone and its callbacks have returned. When something went wrong, the error names
// the first cause that applies, in this order: the caller's context ended ([preview.Cancelled], or the context's
// cause), the program stalled ([preview.FFmpegStalled]), Feed's own error, the program failed or was killed
// ([*Failed] below a reason from its stderr), Read's error. It may be called again and returns the same.
func (p *Process) Wait() (Usage, error) {
	<-p.exited
	p.work.Wait()
	err := p.blame()
	p.c.Log.Debug().Str("program", p.c.name()).Int("pid", p.cmd.Process.Pid).Dur("wall", p.usage.Wall).
		Dur("cpu", p.usage.CPU).Int64("file_bytes", p.usage.FileBytes).Err(err).Msg("program ended")
	return p.usage, err
}

func (p *Process) blame() error {
	cause := context.Cause(p.life)
	switch {
	case p.caller.Err() != nil:
		return interrupted(p.caller, p.c.name())
	case errors.Is(cause, errStalled):
		return preview.Because(preview.FFmpegStalled, "run %s: no progress for %v: %s",
			p.c.name(), p.c.Stall, lastLines(p.tail.Bytes()))
	case p.feedErr != nil:
		return p.feedErr
	case errors.Is(cause, errRead):
		return p.readErr // we killed the program for it, so its exit status says nothing
	case !p.state.Success():
		failed := &Failed{Name: p.c.name(), Tail: p.tail.Bytes()}
		failed.Code, failed.Signal = exitOf(p.state)
		return &preview.Fault{Reason: failed.Reason(), Err: failed}
	}
	return p.readErr
}

// Suspend stops the program where it is until Resume. It may still be cancelled. A program that has ended or is
// suspended already is left alone.
func (p *Process) Suspend() error { return p.freeze(true, "suspend", p.sys.suspend) }

// Resume lets a suspended program go on. A program that has ended or is not suspended is left alone.
func (p *Process) Resume() error { return p.freeze(false, "resume", p.sys.resume) }

func (p *Process) freeze(want bool, verb string, do func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone || p.suspended == want {
		return nil
	}
	if err := do(); err != nil {
		return fmt.Errorf("%s %s: %w", verb, p.c.name(), err)
	}
	p.suspended = want
	return nil
}

// kill ends the program and its children now.
func (p *Process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		p.sys.kill()
	}
}

// reap waits for the program's end, takes its last figures, and ends what the program may have left behind.
func (p *Process) reap() {
	defer close(p.exited)
	defer p.c.Brake.leave(p)
	// While an ended program is not reaped its process ID stays its own: the only time at which the counters are
	// final and the group can be killed without the risk of hitting a stranger.
	unreaped := p.sys.awaitExit()
	if unreaped {
		p.retire()
	}
	_ = p.cmd.Wait() // its error is the state, which blame looks at
	p.usage.Wall = time.Since(p.started)
	if !unreaped {
		p.retire()
	}
	p.state = p.cmd.ProcessState
	p.usage.CPU = p.state.UserTime() + p.state.SystemTime()
	p.disarm()
	p.end(errEnded)

	// Nobody can read stdin any more. Where somebody still holds the other pipes, they are given up after a while.
	// Windows' pipes know no deadlines; there the end of the job has closed them.
	if p.in != nil {
		_ = p.in.SetWriteDeadline(time.Now())
	}
	for _, f := range []*os.File{p.out, p.errs} {
		if f != nil {
			_ = f.SetReadDeadline(time.Now().Add(grace))
		}
	}
}

func (p *Process) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.usage.FileBytes = -1
	if n := p.sys.bytesRead(); n >= 0 {
		p.usage.FileBytes = max(0, n-p.fed.Load())
	}
	p.sys.kill()
	p.sys.close()
	p.gone = true
}

// feed runs the Feed callback.
func (p *Process) feed() {
	w := &pipeWriter{p: p}
	err := guarded("feed", func() error { return p.c.Feed(p.life, w) })
	p.in.Close()
	given := p.life.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(p.life)))
	if err != nil && !w.broken && !given {
		p.feedErr = err
		p.end(errFeed)
	}
}

// read runs the Read callback.
func (p *Process) read() {
	defer p.out.Close()
	r := &pipeReader{p: p, f: p.out, count: &p.got}
	if p.readErr = guarded("read", func() error { return p.c.Read(r) }); p.readErr == nil {
		drain(r)
		return
	}
	if r.ended {
		// Often the program is just dying, and then its own last words explain the cut-off stream better.
		select {
		case <-p.exited:
			return
		case <-time.After(grace):
		}
	}
	p.end(errRead)
	drain(r)
}

// drain reads what nobody wants, so that the program does not wait for a reader.
func drain(r io.Reader) { _, _ = io.Copy(io.Discard, r) }

// listen keeps the end of stderr and logs its lines.
func (p *Process) listen() {
	defer p.errs.Close()
	p.tail.log = p.c.Log.With().Str("program", p.c.name()).Logger()
	_, _ = io.Copy(&p.tail, &pipeReader{p: p, f: p.errs, count: new(atomic.Int64)})
	p.tail.flush()
}

// watch ends the program when it stalls.
func (p *Process) watch() {
	if stalled(p.life, p.c.Stall, p.progress) {
		p.end(errStalled)
	}
}

// progress returns a figure that changes with every progress. ok is false while the program is not meant to make any.
func (p *Process) progress() (n int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone || p.suspended {
		return 0, false
	}
	return p.fed.Load() + p.got.Load() + max(0, p.sys.bytesRead()), true
}

// pipeWriter is the program's stdin as Feed sees it.
type pipeWriter struct {
	p      *Process
	broken bool // a write failed: the program reads no more
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	n, err := w.p.in.Write(b)
	w.p.fed.Add(int64(n))
	w.broken = w.broken || err != nil
	return n, err
}

// pipeReader is the program's stdout or stderr. Its end is the pipe's end, or the program's end when a stray
// process still holds the pipe.
type pipeReader struct {
	p     *Process
	f     *os.File
	count *atomic.Int64
	ended bool
}

func (r *pipeReader) Read(b []byte) (int, error) {
	select {
	case <-r.p.exited:
		// A slow reader gets the whole time for each read; only an empty pipe runs into the deadline.
		_ = r.f.SetReadDeadline(time.Now().Add(grace))
	default:
	}
	n, err := r.f.Read(b)
	r.count.Add(int64(n))
	if err != nil {
		r.ended = true
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = io.EOF
		}
	}
	return n, err
}

// guarded turns a panic of a callback into its error: a hostile video must not take the whole program down.
func guarded(what string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: panic: %v\n%s", what, r, debug.Stack())
		}
	}()
	return f()
}

// interrupted explains the end of a context.
func interrupted(ctx context.Context, name string) error {
	cause := context.Cause(ctx)
	switch {
	case preview.ReasonOf(cause) != preview.Unknown: // it knows better
	case errors.Is(cause, context.Canceled):
		return preview.Because(preview.Cancelled, "run %s: %w", name, cause)
	case errors.Is(cause, context.DeadlineExceeded):
		return preview.Because(preview.FFmpegStalled, "run %s: %w", name, cause)
	}
	return fmt.Errorf("run %s: %w", name, cause)
}

// unstarted explains why a program could not be started.
func unstarted(c Command, err error) error {
	reason := preview.FFmpegFailed
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrPermission):
		reason = preview.FFmpegMissing
	case errors.Is(err, syscall.ENOEXEC):
		reason = preview.FFmpegGarbage
	case errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EAGAIN):
		reason = preview.MemoryFull
	}
	return preview.Because(reason, "start %s: %w", c.name(), err)
}
