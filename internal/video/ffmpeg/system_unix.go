//go:build unix

package ffmpeg

import (
	"os"
	"os/exec"
	"syscall"
)

// system is a running program as the operating system sees it: a process group of its own, named by the process ID
// of its leader.
type system struct {
	pid int
}

// attributes puts the program into a process group of its own: a kill reaches its children, and the Ctrl-C of a
// terminal does not reach it, so that we decide how it ends.
func attributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func adopt(cmd *exec.Cmd, nice bool) (system, error) {
	s := system{pid: cmd.Process.Pid}
	if nice {
		return s, s.lower()
	}
	return s, nil
}

func (s system) kill()          { _ = syscall.Kill(-s.pid, syscall.SIGKILL) } // fails when all are gone: what we want
func (s system) suspend() error { return syscall.Kill(-s.pid, syscall.SIGSTOP) }
func (s system) resume() error  { return syscall.Kill(-s.pid, syscall.SIGCONT) }
func (s system) close()         {}

// exitOf returns the exit status, or the signal's name and -1.
func exitOf(state *os.ProcessState) (code int, signal string) {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return -1, ws.Signal().String()
	}
	return state.ExitCode(), ""
}
