package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// usage is what a program and the programs that it started took.
type usage struct {
	wall   time.Duration
	cpu    time.Duration // user and system time
	read   int64         // bytes of read calls, pipes included; -1 where the system does not tell
	memory int64         // peak of the program itself, without those that it started; -1 where the system does not tell
}

// plus is u and v one after the other.
func (u usage) plus(v usage) usage {
	return usage{wall: u.wall + v.wall, cpu: u.cpu + v.cpu, read: u.read + v.read, memory: max(u.memory, v.memory)}
}

// command is a program to be measured.
type command struct {
	path  string
	args  []string
	env   []string // "KEY=value", added to the environment
	stdin io.Reader
}

// measure runs the command to its end and returns what it wrote to stdout. The error has the end of stderr.
func measure(ctx context.Context, c command) (usage, []byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env = append(cmd.Environ(), c.env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.stdin, &stdout, &stderr

	began := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, nil, err
	}
	memory, read := watch(cmd.Process.Pid)
	took := time.Since(began)
	err := cmd.Wait()
	if err != nil {
		tail := stderr.Bytes()
		err = fmt.Errorf("run %s %s: %w\n%s", filepath.Base(c.path), strings.Join(c.args, " "), err, tail[max(0, len(tail)-2000):])
	}
	if read < 0 { // watch did not wait
		took = time.Since(began)
	}
	return usage{
		wall:   took,
		cpu:    cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		read:   read,
		memory: memory,
	}, stdout.Bytes(), err
}

// untilFirstLine runs the command until it has written a line to stdout, and interrupts it then. The wall is the time until
// the line.
func untilFirstLine(ctx context.Context, c command) (usage, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env = append(cmd.Environ(), c.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	line := &firstLine{done: stop}
	cmd.Stdout, cmd.Stderr = line, &stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, err
	}
	memory, read := watch(cmd.Process.Pid)
	err := cmd.Wait()
	if line.at.IsZero() {
		return usage{}, fmt.Errorf("run %s: no line came: %w\n%s", strings.Join(c.args, " "), err, stderr.Bytes())
	}
	return usage{
		wall: line.at.Sub(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), read: read, memory: memory,
	}, nil
}

// firstLine notes when the first line came. It is written to by one goroutine.
type firstLine struct {
	at   time.Time
	done func()
}

func (l *firstLine) Write(b []byte) (int, error) {
	if l.at.IsZero() && bytes.IndexByte(b, '\n') >= 0 {
		l.at = time.Now()
		l.done()
	}
	return len(b), nil
}

// medians takes each figure's own median.
func medians(all []usage) usage {
	return usage{
		wall:   median(all, func(u usage) time.Duration { return u.wall }),
		cpu:    median(all, func(u usage) time.Duration { return u.cpu }),
		read:   median(all, func(u usage) int64 { return u.read }),
		memory: median(all, func(u usage) int64 { return u.memory }),
	}
}

func median[T cmp.Ordered](all []usage, figure func(usage) T) T {
	figures := make([]T, len(all))
	for i, u := range all {
		figures[i] = figure(u)
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}
