//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"
)

// command is scrubjayd in a process of its own.
func (w *world) command(args ...string) *exec.Cmd {
	w.Helper()
	self, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	c := exec.CommandContext(context.WithoutCancel(w.Context()), self, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SCRUBJAY_") {
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(c.Env, w.env...)
	c.WaitDelay = 20 * time.Second // of a child that holds its stdout, which is a bug
	return c
}

// ending is how a scrubjayd ended.
type ending struct {
	status         int // -1 when it was killed
	stdout, stderr string
	took           time.Duration
}

// living is a scrubjayd that runs.
type living struct {
	*world
	cmd    *exec.Cmd
	out    bytes.Buffer
	errout bytes.Buffer
	begun  time.Time
	ended  chan struct{} // closed when it has
	err    error         // of Wait; readable then
}

// start starts scrubjayd. It is killed when the test ends before it does.
func (w *world) start(args ...string) *living {
	w.Helper()
	return w.live(w.command(args...))
}

func (w *world) live(c *exec.Cmd) *living {
	w.Helper()
	l := &living{world: w, cmd: c, begun: time.Now(), ended: make(chan struct{})}
	c.Stdout, c.Stderr = &l.out, &l.errout
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	go func() {
		l.err = c.Wait()
		close(l.ended)
	}()
	w.Cleanup(func() {
		_ = c.Process.Kill()
		<-l.ended
	})
	return l
}

// end waits for it to end.
func (l *living) end() ending {
	l.Helper()
	select {
	case <-l.ended:
	case <-time.After(5 * time.Minute):
		_ = l.cmd.Process.Signal(os.Interrupt)
		l.Fatalf("%v does not end", l.cmd.Args[1:])
	}
	e := ending{stdout: l.out.String(), stderr: l.errout.String(), took: time.Since(l.begun)}
	if exit, ok := errors.AsType[*exec.ExitError](l.err); ok {
		e.status = exit.ExitCode()
	} else if l.err != nil {
		l.Fatalf("run %v: %v", l.cmd.Args[1:], l.err)
	}
	return e
}

// run runs scrubjayd to its end, which must be of this status.
func (w *world) run(status int, args ...string) ending {
	w.Helper()
	e := w.start(args...).end()
	if e.status != status {
		w.Fatalf("scrubjayd %s ended with %d, want %d\n%s%s", strings.Join(args, " "), e.status, status, tail(e.stdout), tail(e.stderr))
	}
	return e
}

// tail is the end of a long text.
func tail(text string) string {
	const most = 6000
	return text[max(0, len(text)-most):]
}
