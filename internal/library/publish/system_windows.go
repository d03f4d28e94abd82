package publish

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/windows"
)

// owner returns -1: who owns a file is of no matter where folders hand their rights down.
func owner(fs.FileInfo) (uid, gid int) { return -1, -1 }

// rights says what a person has to look at.
func rights(folder string) string { return "look at the rights of this user on " + folder }

func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

func isReadOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }

func isBadName(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_NAME) || errors.Is(err, windows.ERROR_FILENAME_EXCED_RANGE)
}

// inUse reports whether an error will go when another program closes the file. Plex has the old preview open while it
// reads it, and antivirus programs look into every new file; the answer is access denied as often as it is the true one.
func inUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_ACCESS_DENIED)
}
