package pathmap

import (
	"bufio"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Mounts is what [Propose] sees of a machine. Its methods are called from one goroutine at a time, unless one of them
// does not return.
type Mounts interface {
	// Roots returns folders below which a library may lie, likely ones first.
	Roots() []string
	// List returns what is in a folder; nothing when it cannot be read.
	List(folder string) []Entry
	// Has reports whether there is a file or folder at a path.
	Has(path string) bool
}

// Entry is a name in a folder.
type Entry struct {
	Name   string
	Folder bool
}

// mostEntries of one folder are looked at. Where there are more, it is no way to a library.
const mostEntries = 10_000

// Here returns the mounts of this machine: its drives, shares and volumes.
func Here() Mounts { return machine{} }

type machine struct{}

func (machine) Roots() []string {
	found := mounted()
	if home, err := os.UserHomeDir(); err == nil && Absolute(home) {
		found = append(found, home)
	}
	var out []string
	for _, folder := range append(found, wholes()...) {
		if !slices.Contains(out, folder) {
			out = append(out, folder)
		}
	}
	return out
}

func (machine) List(folder string) []Entry {
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := f.ReadDir(mostEntries) // with an error it still has what was read before
	out := make([]Entry, 0, len(entries))
	for _, e := range entries {
		is := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := os.Stat(filepath.Join(folder, e.Name()))
			is = err == nil && info.IsDir()
		}
		out = append(out, Entry{e.Name(), is})
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (machine) Has(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// folders returns the folders in a folder.
func folders(parent string) []string {
	var out []string
	for _, e := range (machine{}).List(parent) {
		if e.Folder {
			out = append(out, filepath.Join(parent, e.Name))
		}
	}
	return out
}

// mountsOf reads the mounts that may hold videos out of Linux's /proc/mounts: "device folder type options 0 0", with
// blanks, tabs, line feeds and backslashes in the folder as three octal digits.
func mountsOf(table io.Reader) []string {
	var out []string
	for lines := bufio.NewScanner(table); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || noDisk(fields[2]) {
			continue
		}
		if folder := unescape(fields[1]); folder != "/" && !ofSystem(folder) {
			out = append(out, folder)
		}
	}
	return out
}

// noDisk reports whether a file system of this type holds nothing that lasts. Of networks' and FUSE's there are too many
// to name, so these are named instead.
func noDisk(system string) bool {
	switch system {
	case "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "fusectl",
		"fuse.portal", "fuse.gvfsd-fuse", "fuse.lxcfs", "hugetlbfs", "mqueue", "nsfs", "overlay", "proc", "pstore", "ramfs", "rpc_pipefs",
		"securityfs", "selinuxfs", "squashfs", "sysfs", "tmpfs", "tracefs":
		return true
	}
	return false
}

// ofSystem reports whether a folder is one where systems keep their own things.
func ofSystem(folder string) bool {
	if Within("/run/media", folder) { // where desktops mount sticks and drives
		return false
	}
	for _, own := range []string{"/boot", "/dev", "/etc", "/proc", "/run", "/snap", "/sys", "/tmp", "/usr", "/var/lib/docker", "/var/snap"} {
		if Within(own, folder) {
			return true
		}
	}
	return false
}

func unescape(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] == '\\' && i+3 < len(name) {
			if c, err := strconv.ParseUint(name[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return b.String()
}
