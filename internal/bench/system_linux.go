package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// watch returns when the process has ended, but is still there to be asked and to be waited for: the most memory that
// it held, and the bytes that it and the children for which it waited have read. -1 is unknown.
func watch(pid int) (memory, read int64) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
			if !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}()
	// The kernel forgets the memory of a process with its last breath, so it is asked while it lives. The figure only
	// ever rises; what is missed is the growth of the last 10 ms.
	memory = -1
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if peak := number(pid, "status", "VmHWM:"); peak >= 0 {
			memory = max(memory, peak*1024)
		}
		select {
		case <-tick.C:
		case <-ended:
			return memory, number(pid, "io", "rchar:")
		}
	}
}

// forget makes the system drop the file from its memory, so that whoever reads it next reads the disk.
func forget(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Sync(); err != nil { // what is not on the disk yet cannot be dropped
		return err
	}
	return unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// number reads the line of /proc/pid/file that begins with name; -1 when there is none.
func number(pid int, file, name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			var n int64
			if _, err := fmt.Sscan(rest, &n); err == nil {
				return n
			}
		}
	}
	return -1
}
