package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// replace renames from to the path of a file that may exist. A virus scanner, an indexer or an editor that has either
// file open for a moment makes Windows refuse, so it is tried for about two seconds.
func replace(from, to string) error {
	const most = 300 * time.Millisecond
	var err error
	for wait := 5 * time.Millisecond; ; wait *= 2 {
		if err = os.Rename(from, to); err == nil || !passing(err) || wait > 4*most {
			return err
		}
		time.Sleep(min(wait, most))
	}
}

// passing reports whether err may be gone in a moment.
func passing(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// Full reports whether err says that the disk, or the user's share of it, is full.
func Full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// ReadOnly reports whether err says that this user may not write there.
func ReadOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, windows.ERROR_WRITE_PROTECT)
}
