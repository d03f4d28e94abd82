package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onDisk is the environment variable that makes the test binary play a program on a disk of its own.
const onDisk = "SCRUBJAY_TEST_ON_DISK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(onDisk); dir != "" {
		if err := badDisks(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// noDisk is what the child says when this machine does not let it mount anything.
const noDisk = "cannot mount"

// TestFullAndReadOnlyDisk runs [badDisks] in a process with mounts of its own, so that the disk is really full and really
// read-only, whoever runs the test.
func TestFullAndReadOnlyDisk(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), onDisk+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if _, ran := errors.AsType[*exec.ExitError](err); err != nil && (!ran || strings.Contains(string(out), noDisk)) {
		t.Skipf("this machine does not let a user mount a disk: %v %s", err, out)
	}
	if err != nil {
		t.Error(string(out))
	}
}

// badDisks writes to a disk of 64 KiB until it is full, and to one that is read-only.
func badDisks(dir string) error {
	if err := syscall.Mount("small", dir, "tmpfs", 0, "size=64k"); err != nil {
		return fmt.Errorf("%s: %w", noDisk, err)
	}
	path := filepath.Join(dir, "file")
	old := bytes.Repeat([]byte("old"), 10_000)
	if err := Write(path, old, 0); err != nil {
		return err
	}
	check := func() error {
		got, err := os.ReadFile(path)
		if err == nil && !bytes.Equal(got, old) {
			err = fmt.Errorf("the old file has %d bytes that are not its own", len(got))
		}
		entries, unread := os.ReadDir(dir)
		if unread == nil && len(entries) != 1 {
			unread = fmt.Errorf("the folder holds %v", entries)
		}
		return errors.Join(err, unread)
	}
	if err := Write(path, bytes.Repeat([]byte("new"), 20_000), 0); !Full(err) || ReadOnly(err) {
		return fmt.Errorf("on a full disk the error is %w", err)
	}
	if err := check(); err != nil {
		return err
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("%s: %w", noDisk, err)
	}
	if err := Write(path, []byte("new"), 0); !ReadOnly(err) || Full(err) {
		return fmt.Errorf("on a read-only disk the error is %w", err)
	}
	return check()
}
