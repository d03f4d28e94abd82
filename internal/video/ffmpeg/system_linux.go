package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// niceness is what a lowered program gets: well behind a player or a server, ahead of nothing but idle jobs.
const niceness = 10

// lower lowers the CPU and I/O priority of the group.
//
// By process ID, setpriority(2) and ioprio_set(2) reach one thread on Linux; by group they reach all threads that
// exist, and threads made later inherit from the one that makes them.
func (s system) lower() error {
	// From linux/ioprio.h: class best-effort in the upper bits, the lowest of its levels. Not the idle class: on a
	// busy disk that one may wait for ever, and we would take it for a stall.
	const whoGroup, bestEffortLowest = 2, 2<<13 | 7
	return errors.Join(s.renice(), ioprioSet(whoGroup, s.pid, bestEffortLowest))
}

func (s system) renice() error {
	// The system call returns 20 minus the niceness, so that no answer is negative.
	ours, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err == nil && 20-ours >= niceness {
		return nil // inherited; going up again would need rights
	}
	if err := unix.Setpriority(unix.PRIO_PGRP, s.pid, niceness); err != nil {
		return fmt.Errorf("lower CPU priority: %w", err)
	}
	return nil
}

func ioprioSet(which, who, prio int) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOPRIO_SET, uintptr(which), uintptr(who), uintptr(prio)); errno != 0 {
		return fmt.Errorf("lower I/O priority: %w", errno)
	}
	return nil
}

// awaitExit blocks until the program has ended and reports whether it is still to be reaped.
func (s system) awaitExit() bool {
	for {
		err := unix.Waitid(unix.P_PID, s.pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err == nil
		}
	}
}

// bytesRead returns how much the program has read by read(2), from files and pipes; -1 when the kernel does not tell.
func (s system) bytesRead() int64 {
	// Not every kernel has it: CONFIG_TASK_IO_ACCOUNTING, and a container may hide it.
	b, err := os.ReadFile("/proc/" + strconv.Itoa(s.pid) + "/io")
	if err != nil {
		return -1
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("rchar:")); ok {
			if n, err := strconv.ParseInt(string(bytes.TrimSpace(rest)), 10, 64); err == nil {
				return n
			}
		}
	}
	return -1
}
