package ffmpeg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	ntdll            = windows.NewLazySystemDLL("ntdll.dll")
	ntSuspendProcess = ntdll.NewProc("NtSuspendProcess")
	ntResumeProcess  = ntdll.NewProc("NtResumeProcess")

	kernel32             = windows.NewLazySystemDLL("kernel32.dll")
	getProcessIoCounters = kernel32.NewProc("GetProcessIoCounters")
)

// system is a running program as the operating system sees it. Its own handle of the process keeps the process ID
// from being given away; closing the job, also by our death, ends all that is in it.
type system struct {
	process, job windows.Handle
}

// attributes keeps the program from opening a console window and from getting our Ctrl-C. The flags are joined, so
// that none of them replaces another.
func attributes(nice bool) *syscall.SysProcAttr {
	flags := uint32(windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP)
	if nice {
		flags |= windows.BELOW_NORMAL_PRIORITY_CLASS
	}
	return &syscall.SysProcAttr{HideWindow: true, CreationFlags: flags}
}

func adopt(cmd *exec.Cmd, _ bool) (system, error) {
	var s system
	var err error
	handleErr := cmd.Process.WithHandle(func(h uintptr) {
		us := windows.CurrentProcess()
		err = windows.DuplicateHandle(us, windows.Handle(h), us, &s.process, 0, false, windows.DUPLICATE_SAME_ACCESS)
	})
	if err = errors.Join(handleErr, err); err != nil {
		return s, fmt.Errorf("keep process handle: %w", err)
	}
	if s.job, err = windows.CreateJobObject(nil, nil); err != nil {
		return s, fmt.Errorf("create job: %w", err)
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
		},
	}
	if _, err = windows.SetInformationJobObject(s.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info))); err != nil {
		return s, fmt.Errorf("set up job: %w", err)
	}
	if err = windows.AssignProcessToJobObject(s.job, s.process); err != nil {
		return s, fmt.Errorf("assign to job: %w", err)
	}
	return s, nil
}

func (s system) kill() {
	windows.TerminateJobObject(s.job, 1)
	windows.TerminateProcess(s.process, 1) // in case it is in no job
}

func (s system) suspend() error { return callNT(ntSuspendProcess, s.process) }
func (s system) resume() error  { return callNT(ntResumeProcess, s.process) }

func callNT(proc *windows.LazyProc, process windows.Handle) error {
	if status, _, _ := proc.Call(uintptr(process)); status != 0 {
		return windows.NTStatus(status)
	}
	return nil
}

func (s system) close() {
	windows.CloseHandle(s.job)
	windows.CloseHandle(s.process)
}

// awaitExit blocks until the program has ended. Our handle keeps it known to the system for as long as we like.
func (s system) awaitExit() bool {
	event, err := windows.WaitForSingleObject(s.process, windows.INFINITE)
	return err == nil && event == windows.WAIT_OBJECT_0
}

// bytesRead returns how much the program has read from files and pipes; -1 when the system does not tell.
func (s system) bytesRead() int64 {
	// IO_COUNTERS of winnt.h.
	var counters struct{ ReadOps, WriteOps, OtherOps, ReadBytes, WriteBytes, OtherBytes uint64 }
	if ok, _, _ := getProcessIoCounters.Call(uintptr(s.process), uintptr(unsafe.Pointer(&counters))); ok == 0 {
		return -1
	}
	return int64(counters.ReadBytes)
}

// exitOf returns the exit status. Windows has no signals; a crash has an NTSTATUS for its exit status.
func exitOf(state *os.ProcessState) (code int, signal string) {
	code = state.ExitCode()
	if status := windows.NTStatus(uint32(code)); uint32(code)>>30 == 3 { // severity "error"
		return code, status.Error()
	}
	return code, ""
}
