//go:build unix

package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// owner returns whose a file is, or -1 where that is not known.
func owner(info fs.FileInfo) (uid, gid int) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid), int(s.Gid)
	}
	return -1, -1
}

// rights says who asks and whose the folder is, for a person who has to set it right.
func rights(folder string) string {
	s := fmt.Sprintf("this program runs as user %d, group %d", os.Geteuid(), os.Getegid())
	if info, err := os.Stat(folder); err == nil {
		uid, gid := owner(info)
		s += fmt.Sprintf("; %s is of user %d, group %d, with mode %v", folder, uid, gid, info.Mode())
	}
	return s
}

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// isBadName reports whether the disk does not take a name: FAT and shares of Windows, macOS.
func isBadName(err error) bool {
	return errors.Is(err, syscall.ENAMETOOLONG) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EILSEQ)
}

// inUse reports whether an error will go when another program closes the file. Here, files can be replaced at any time.
func inUse(error) bool { return false }
