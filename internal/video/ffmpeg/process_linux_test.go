package ffmpeg_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// pidfd opens a handle of a process that stays its own when the process ID is given away.
func pidfd(t *testing.T, pid int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("process %d: %v", pid, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// ended waits until a process has ended and reports whether it did.
func ended(fd int) bool {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20_000)
		if !errors.Is(err, unix.EINTR) {
			return n == 1
		}
	}
}

// stat returns the fields of /proc/PID/stat that follow the name, so that the state (3) has index 0.
func stat(t *testing.T, pid int) []string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

func TestCancelReachesGrandchildren(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	child := -1
	_, err := ffmpeg.Run(ctx, ffmpeg.Command{
		Path: "/bin/sh", Args: []string{"-c", "sleep 600 & echo $!; wait"},
		Read: func(r io.Reader) error {
			line, err := bufio.NewReader(r).ReadString('\n')
			if err != nil {
				return err
			}
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			child = pidfd(t, pid)
			cancel()
			return err
		},
	})
	if preview.ReasonOf(err) != preview.Cancelled {
		t.Errorf("got %v", err)
	}
	if !ended(child) {
		t.Error("the grandchild lives on")
	}
}

func TestGrandchildrenGoWithAProgramThatEnds(t *testing.T) {
	out, _, err := ffmpeg.Output(t.Context(), ffmpeg.Command{
		Path: "/bin/sh", Args: []string{"-c", "sleep 600 & echo $!"}, // sleep holds our pipe
	}, 100)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	if fd, err := unix.PidfdOpen(pid, 0); err == nil {
		defer unix.Close(fd)
		if !ended(fd) {
			t.Error("the grandchild lives on")
		}
	}
}

func TestSuspendedProgramStandsStill(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan int)
	p, err := ffmpeg.Start(ctx, ffmpeg.Command{
		Path: "/bin/sh", Args: []string{"-c", "echo $$; while read line; do echo $line; done"},
		Feed: func(ctx context.Context, w io.Writer) error {
			<-ctx.Done()
			return nil
		},
		Read: func(r io.Reader) error {
			var pid int
			_, err := fmt.Fscan(r, &pid)
			running <- pid
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	pid := <-running
	if err := p.Suspend(); err != nil {
		t.Error(err)
	}
	// Stopping is done by the target's own threads, soon after kill(2) has returned. The kernel tells a parent.
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED, nil); err != nil {
		t.Error(err)
	}
	if state := stat(t, pid)[0]; state != "T" {
		t.Errorf("state %s after Suspend", state)
	}
	if err := p.Resume(); err != nil {
		t.Error(err)
	}
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WCONTINUED, nil); err != nil {
		t.Error(err)
	}
	cancel()
	p.Wait()
}

func TestNiceReachesEveryThread(t *testing.T) {
	pids := make(chan int, 1)
	ctx, cancel := context.WithCancel(t.Context())
	path := fake(t, fakeffmpeg.Scene{Pictures: 1, Stall: true}) // a Go program has several threads
	p, err := ffmpeg.Start(ctx, ffmpeg.Command{
		Path: path, Nice: true,
		Read: func(r io.Reader) error {
			_, err := r.Read(make([]byte, 1))
			pids <- childNamed(t, "ffmpeg", path)
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	pid := <-pids
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil || len(threads) < 2 {
		t.Errorf("%d threads: %v", len(threads), err)
	}
	for _, thread := range threads {
		tid, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		if nice := stat(t, tid)[16]; nice != "10" {
			t.Errorf("thread %d has niceness %s", tid, nice)
		}
		prio, _, errno := unix.Syscall(unix.SYS_IOPRIO_GET, 1, uintptr(tid), 0)
		if errno != 0 || prio != 2<<13|7 {
			t.Errorf("thread %d has I/O priority %#x: %v", tid, prio, errno)
		}
	}
	cancel()
	p.Wait()
}

// childNamed finds the child of ours that runs the program.
func childNamed(t *testing.T, name, path string) int {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Error(err)
	}
	for _, e := range entries {
		line, err := os.ReadFile(e)
		if err == nil && strings.HasPrefix(string(line), path+"\x00") || string(line) == path {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(e)))
			return pid
		}
	}
	t.Errorf("%s does not run", name)
	return -1
}

func TestFileBytesAreThoseOfFilesOnly(t *testing.T) {
	const size = 5 << 20
	file := filepath.Join(t.TempDir(), "video")
	if err := os.WriteFile(file, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	usage, err := ffmpeg.Run(t.Context(), ffmpeg.Command{Path: "/bin/cat", Args: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	if usage.FileBytes == -1 {
		t.Skip("this kernel does not count")
	}
	if usage.FileBytes < size || usage.FileBytes > size+1<<20 {
		t.Errorf("read %d of a file of %d", usage.FileBytes, size)
	}
	usage, err = ffmpeg.Run(t.Context(), ffmpeg.Command{
		Path: "/bin/cat",
		Feed: func(_ context.Context, w io.Writer) error {
			_, err := w.Write(make([]byte, size))
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if usage.FileBytes > 1<<20 {
		t.Errorf("read %d though it was fed %d", usage.FileBytes, size)
	}
}

func TestReadingAFileIsProgress(t *testing.T) {
	// It says nothing for longer than the watchdog waits; only what it reads shows that it lives.
	usage, err := ffmpeg.Run(t.Context(), ffmpeg.Command{
		Path: "/bin/dd", Args: []string{"if=/dev/zero", "of=/dev/null", "bs=512", "count=3000000"},
		Stall: 400 * time.Millisecond,
	})
	if usage.FileBytes == -1 {
		t.Skip("this kernel does not count")
	}
	if err != nil {
		t.Error(err)
	}
}

// beParent runs an FFmpeg that never ends by itself, says its process ID, and waits to be killed.
func beParent() {
	_, err := ffmpeg.Run(context.Background(), ffmpeg.Command{
		Path: os.Getenv("SCRUBJAY_TEST_PARENT"),
		Args: []string{"-c", "echo $$; while :; do echo picture; done"},
		Feed: func(ctx context.Context, _ io.Writer) error {
			<-ctx.Done()
			return nil
		},
		Read: func(r io.Reader) error {
			_, err := io.Copy(os.Stdout, r)
			return err
		},
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestFFmpegEndsWhenWeAreKilled(t *testing.T) {
	us := exec.Command(os.Args[0])
	us.Env = append(os.Environ(), "SCRUBJAY_TEST_PARENT=/bin/sh")
	out, err := us.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := us.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(bufio.NewReader(out), &pid); err != nil {
		t.Fatal(err)
	}
	ffmpegs := pidfd(t, pid)
	us.Process.Kill()
	us.Wait()
	if !ended(ffmpegs) {
		unix.Kill(pid, unix.SIGKILL)
		t.Error("FFmpeg lives on")
	}
}
