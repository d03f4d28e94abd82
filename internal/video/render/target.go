package render

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"unicode/utf8"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// target is a preview that is being written: a file of its own beside the place where it will stand, so that the last
// step is a rename on the same volume. Either the old preview is there, or the new one.
type target struct {
	path string
	file *os.File
}

// newTarget creates the .part file of one attempt. Its name is new each time, so that nothing of an earlier attempt or
// of a second program can get into it.
func newTarget(path string) (*target, error) {
	stat, err := os.Stat(path)
	if err == nil && stat.IsDir() {
		return nil, preview.Because(preview.TargetExists, "%s is a folder", path)
	}
	// A name that does not fit shows here, not at the rename after all the work.
	if errors.Is(err, syscall.ENAMETOOLONG) {
		return nil, preview.Because(preview.TargetName, "write preview: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+shortened(filepath.Base(path))+".*.part")
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EILSEQ) { // FAT, shares of Windows; macOS
		return nil, preview.Because(preview.TargetName, "write preview: %w", err)
	}
	if err != nil {
		return nil, faultOfTarget(err)
	}
	return &target{path: path, file: f}, nil
}

// shortened cuts a name so that what CreateTemp adds to it still fits: file systems take 255 bytes at least, and a video's
// name may have that many. No character is cut in two, which macOS would refuse.
func shortened(name string) string {
	const most = 200
	if len(name) <= most {
		return name
	}
	end := most
	for end > most-utf8.UTFMax && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}

// publish makes the file durable and puts it in its place.
func (t *target) publish() error {
	// CreateTemp makes files that only the owner can read; a media server runs as somebody else. Where modes cannot be
	// set (Windows, some network shares and FUSE), the folder or the mount decides who reads.
	_ = t.file.Chmod(0o644)
	err := errors.Join(t.file.Sync(), t.file.Close())
	if err == nil {
		err = os.Rename(t.file.Name(), t.path)
	}
	if err != nil {
		return faultOfTarget(err)
	}
	syncFolder(filepath.Dir(t.path))
	return nil
}

// drop removes what is left of an attempt. It is harmless after publish.
func (t *target) drop() {
	t.file.Close()
	os.Remove(t.file.Name())
}

// syncFolder makes a rename survive a power cut where folders can be synced. Where they cannot, the rename stands all the
// same.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

// faultOfTarget names the reason of an error on the way to the target, unless it has one.
func faultOfTarget(err error) error {
	reason := preview.ReasonOf(err)
	switch {
	case reason != preview.Unknown:
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, errDiskQuota):
		reason = preview.DiskFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		reason = preview.TargetReadOnly
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		reason = preview.TargetMissing
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.EISDIR):
		reason = preview.TargetExists
	}
	return &preview.Fault{Reason: reason, Err: fmt.Errorf("write preview: %w", err)}
}
