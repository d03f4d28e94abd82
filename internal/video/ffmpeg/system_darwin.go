package ffmpeg

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// niceness is what a lowered program gets: well behind a player or a server, ahead of nothing but idle jobs.
const niceness = 10

// lower lowers the CPU priority of the group. macOS has no I/O priority that one process may set for another.
func (s system) lower() error {
	if ours, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil && ours >= niceness {
		return nil // inherited; going up again would need rights
	}
	if err := unix.Setpriority(unix.PRIO_PGRP, s.pid, niceness); err != nil {
		return fmt.Errorf("lower CPU priority: %w", err)
	}
	return nil
}

// awaitExit cannot wait without reaping here: waitid(2) also returns for stopped processes (go.dev/issue/19314).
func (s system) awaitExit() bool { return false }

// bytesRead is unknown: the system tells it through libproc only, which needs cgo.
func (s system) bytesRead() int64 { return -1 }
