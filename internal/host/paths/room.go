package paths

import (
	"fmt"
	"os"
	"path/filepath"
)

// Writable returns nil when this user can create files in dir, or could create dir itself. It finds out by
// creating a file in the nearest folder that exists and removing it again: permission bits tell nothing about
// read-only mounts, access lists and network shares.
func Writable(dir string) error {
	dir, err := existing(dir)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".scrubjay-*")
	if err != nil {
		return fmt.Errorf("create a file in %s: %w", dir, err)
	}
	_ = f.Close() // it is empty; only its creation matters
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("remove a file from %s: %w", dir, err)
	}
	return nil
}

// Free returns how many bytes this user can still write to the disk that holds dir, or would hold it.
func Free(dir string) (int64, error) {
	dir, err := existing(dir)
	if err != nil {
		return 0, err
	}
	n, err := free(dir)
	if err != nil {
		return 0, fmt.Errorf("ask for free space at %s: %w", dir, err)
	}
	return n, nil
}

// existing returns dir or the nearest folder above it that is there.
func existing(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the working folder: %w", err)
	}
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil && info.IsDir():
			return dir, nil
		case err == nil:
			return "", fmt.Errorf("find %s: it is not a folder", dir)
		case !os.IsNotExist(err):
			return "", fmt.Errorf("find %s: %w", dir, err)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("find %s: %w", dir, err)
		}
		dir = up
	}
}
