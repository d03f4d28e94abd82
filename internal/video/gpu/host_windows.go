package gpu

import (
	"os/exec"
	"syscall"
)

func owner(string) (Owner, error) { return Owner{}, errNone }

// hide keeps a console program from opening a window of its own (CREATE_NO_WINDOW).
func hide(cmd *exec.Cmd) {
	const createNoWindow = 0x08000000
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: createNoWindow}
}
