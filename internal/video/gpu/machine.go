package gpu

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Machine is the system as this package sees it. [Host] is the one that we run on. The zero value of every field is a
// machine that has nothing of the kind.
type Machine struct {
	GOOS string // as in package runtime

	// Files is the root of the file system: "sys/class/drm" is /sys/class/drm. Nothing is read on Windows and macOS.
	Files fs.FS
	// Env looks up an environment variable.
	Env func(name string) (value string, ok bool)
	// Look finds a program by its name in the PATH, or by its absolute path, and returns a path to run.
	Look func(program string) (string, error)
	// Run runs a program to its end, or kills it when ctx ends. A program that ran has no error, whatever its exit
	// status.
	Run func(ctx context.Context, program string, args ...string) (Answer, error)

	// OpenRW opens a device node for reading and writing and closes it again. Its error is the system's.
	OpenRW func(path string) error
	// Owner tells who owns a file.
	Owner func(path string) (Owner, error)
	// User is this user's name, or the number where there is no name; empty where there is neither.
	User string
	// Groups are the IDs of the groups that this process is in.
	Groups []int

	// Adapters are Windows' graphics adapters, in DXGI's order.
	Adapters func() ([]Adapter, error)
}

// Answer is what a program said.
type Answer struct {
	Stdout, Stderr string
	Code           int // exit status; -1 when a signal ended it
}

// Owner is who owns a file and what the group may do with it.
type Owner struct {
	UID, GID int
	Mode     fs.FileMode
}

var errNone = errors.New("not on this machine")

// read returns the trimmed content of a small file, or "" where there is none.
func (m Machine) read(name string) string {
	if m.Files == nil {
		return ""
	}
	b, err := fs.ReadFile(m.Files, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// list returns the sorted names of a folder's entries, or none.
func (m Machine) list(dir string) []string {
	if m.Files == nil {
		return nil
	}
	entries, err := fs.ReadDir(m.Files, dir)
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (m Machine) exists(name string) bool {
	if m.Files == nil {
		return false
	}
	_, err := fs.Stat(m.Files, name)
	return err == nil
}

// link returns the last element of what a symbolic link points to, or "".
func (m Machine) link(name string) string {
	if m.Files == nil {
		return ""
	}
	target, err := fs.ReadLink(m.Files, name)
	if err != nil {
		return ""
	}
	return path.Base(target)
}

func (m Machine) env(name string) (string, bool) {
	if m.Env == nil {
		return "", false
	}
	return m.Env(name)
}

func (m Machine) look(program string) (string, error) {
	if m.Look == nil {
		return "", errNone
	}
	return m.Look(program)
}

func (m Machine) run(ctx context.Context, program string, args ...string) (Answer, error) {
	if m.Run == nil {
		return Answer{}, errNone
	}
	return m.Run(ctx, program, args...)
}

// groupName returns the name of a group, or "" where /etc/group has none.
func (m Machine) groupName(gid int) string {
	for fields := range m.groups() {
		if fields[2] == strconv.Itoa(gid) {
			return fields[0]
		}
	}
	return ""
}

// joined reports whether /etc/group lists the user as a member of the group. The process may still lack it, until the
// user logs in again.
func (m Machine) joined(gid int) bool {
	for fields := range m.groups() {
		if fields[2] != strconv.Itoa(gid) {
			continue
		}
		for member := range strings.SplitSeq(fields[3], ",") {
			if member == m.User {
				return true
			}
		}
	}
	return false
}

// groups yields the lines of /etc/group: name, password, ID, members.
func (m Machine) groups() func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		lines := bufio.NewScanner(strings.NewReader(m.read("etc/group")))
		for lines.Scan() {
			if fields := strings.Split(lines.Text(), ":"); len(fields) == 4 && !yield(fields) {
				return
			}
		}
	}
}

// kernel is the running kernel's release, or "".
func (m Machine) kernel() string { return m.read("proc/sys/kernel/osrelease") }

// wsl reports whether this is Linux inside Windows. WSL 1 has no GPU and no /dev/dxg; its kernel says "Microsoft".
func (m Machine) wsl() bool {
	return m.exists("dev/dxg") || strings.Contains(strings.ToLower(m.kernel()), "microsoft")
}
