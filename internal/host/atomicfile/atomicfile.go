// Package atomicfile replaces small files so that a reader, a crash or a full disk finds the old content or the new
// one, and never a part of either.
//
// It knows nothing of what the files hold. Large files that are written over minutes, such as previews, have their own
// way in the packages that make them.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// usual is the mode of a new file whose writer asked for none.
const usual fs.FileMode = 0o600

// Write puts data into the file at path, durably and in one step. The file gets mode whatever the umask says; with 0 it
// keeps the mode it has, and a new one is its owner's alone (0600). A link stays a link: the file that it points to is
// replaced. The folder must exist.
//
// On an error the old file stands as it was and nothing is left beside it; [Full] and [ReadOnly] tell the two kinds that
// a person can do something about. It may be called from any goroutine; of two calls for one path, either wins whole.
func Write(path string, data []byte, mode fs.FileMode) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	// People keep their settings in a repository and link them to where programs look. A link to nothing is replaced.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	stat, err := os.Stat(path)
	switch {
	case err == nil && !stat.Mode().IsRegular():
		return errors.New("it is not a file")
	case err == nil && mode == 0:
		mode = stat.Mode().Perm()
	case mode == 0:
		mode = usual
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := setMode(f, mode); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := replace(f.Name(), path); err != nil {
		return err
	}
	syncFolder(dir)
	return nil
}

// setMode gives a new file its mode. Disks without modes (FAT, exFAT, some shares) refuse; there the mount decides who
// reads, and a file that nobody can have is no better.
func setMode(f *os.File, mode fs.FileMode) error {
	if err := f.Chmod(mode); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// syncFolder makes a rename survive a power cut where folders can be synced. Where they cannot, the rename stands all the
// same.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
