package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/scrubjay/scrubjay/internal/host/atomicfile"
	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	// fileName is the settings file's name in its folder.
	fileName = "config.toml"
	// backups is how many versions that were good are kept.
	backups = 5
	// largest is how large settings may be, in bytes: somebody may have put something else there.
	largest = 1 << 20
)

// read returns what the file at path holds; ok is false when there is none. Its errors are [preview.ConfigDamaged].
func read(path string) (data []byte, ok bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err == nil {
		defer f.Close()
		data, err = io.ReadAll(io.LimitReader(f, largest+1))
	}
	if err != nil {
		return nil, false, one(preview.ConfigDamaged, path, "cannot be read: %v", bare(err))
	}
	if len(data) > largest {
		return nil, false, one(preview.ConfigDamaged, path, "is larger than settings can be")
	}
	return data, true, nil
}

// bare returns an error without the path that the message has already.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// backup returns the path of a version that was good; 1 is the newest.
func backup(path string, n int) string { return fmt.Sprintf("%s.%d", path, n) }

// keepVersion keeps data as the newest of the versions that were good, and forgets the oldest.
func keepVersion(path string, data []byte) error {
	if newest, ok, err := read(backup(path, 1)); err == nil && ok && bytes.Equal(newest, data) {
		return nil // a save that failed after this step has been here before
	}
	for n := backups - 1; n >= 1; n-- {
		if err := os.Rename(backup(path, n), backup(path, n+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return atomicfile.Write(backup(path, 1), data, 0o600)
}

// keepAside copies a file that cannot be read as settings to one that nobody writes to again, unless such a copy exists.
func keepAside(path string, data []byte, now time.Time) error {
	copies, err := filepath.Glob(quoted(path) + ".bad-*")
	if err != nil {
		return err
	}
	for _, c := range copies {
		if old, ok, err := read(c); err == nil && ok && bytes.Equal(old, data) {
			return nil
		}
	}
	name := path + ".bad-" + now.Format("2006-01-02-150405")
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return atomicfile.Write(name, data, 0o600)
		} else if err != nil {
			return err
		}
		name = fmt.Sprintf("%s.bad-%s-%d", path, now.Format("2006-01-02-150405"), n)
	}
}

// quoted escapes what [filepath.Glob] would take for a pattern. Windows has no escapes, and no such file names but with [.
func quoted(path string) string {
	if os.PathSeparator == '\\' {
		return path
	}
	var b bytes.Buffer
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unsaved is why settings could not be written.
func unsaved(err error) error {
	if atomicfile.Full(err) {
		return preview.Because(preview.DiskFull, "save settings: %w", err)
	}
	return preview.Because(preview.ConfigReadOnly, "save settings: %w", err)
}
