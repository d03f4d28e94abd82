package gpu

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// Host is the machine that we run on.
func Host() Machine {
	m := Machine{
		GOOS:     runtime.GOOS,
		Env:      os.LookupEnv,
		Look:     exec.LookPath,
		Run:      runProgram,
		OpenRW:   openRW,
		Owner:    owner,
		User:     userName(),
		Adapters: adapters,
	}
	if runtime.GOOS == "linux" {
		m.Files = os.DirFS("/")
	}
	if groups, err := os.Getgroups(); err == nil {
		m.Groups = slices.Concat(groups, []int{os.Getegid()})
	}
	return m
}

func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if uid := os.Getuid(); uid >= 0 { // a container's user without a line in /etc/passwd
		return strconv.Itoa(uid)
	}
	return ""
}

func openRW(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// runProgram runs a small program that asks the system something. When ctx ends it returns within a second, even if
// the program cannot be killed: one that hangs in a driver's system call outlives every signal, and the goroutine that
// waits for it lives as long as it does.
func runProgram(ctx context.Context, program string, args ...string) (Answer, error) {
	type result struct {
		answer Answer
		err    error
	}
	done := make(chan result, 1)
	go func() {
		var out, errs bytes.Buffer
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Stdout, cmd.Stderr = &out, &errs
		cmd.WaitDelay = time.Second
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		hide(cmd)
		err := cmd.Run()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && ctx.Err() == nil {
			done <- result{answer: Answer{out.String(), errs.String(), exit.ExitCode()}}
			return
		}
		done <- result{answer: Answer{out.String(), errs.String(), 0}, err: err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done:
		return r.answer, r.err
	case <-time.After(time.Second):
		return Answer{}, ctx.Err()
	}
}
