package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/host/atomicfile"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

const (
	// fileName is the file's name in the data folder.
	fileName = "secrets.json"
	// largest is how large the file may be, in bytes.
	largest = 1 << 20
)

// File keeps secrets in a file that only its owner can read. It is read anew each time, because another process may have
// written it, and replaced in one step.
type File struct {
	path string
	log  zerolog.Logger
	mu   sync.Mutex // held while the file is read and written
	told bool       // that the mode cannot be narrowed
}

// NewFile returns the file in a folder. Neither needs to exist.
func NewFile(dir string, log zerolog.Logger) *File {
	return &File{path: filepath.Join(dir, fileName), log: log}
}

// Name names the file.
func (f *File) Name() string { return "file " + f.path }

// Get returns a secret. Its errors are [preview.Fault] with [preview.SecretsDamaged].
func (f *File) Get(_ context.Context, key string) (secret.Secret, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, _, err := f.readLocked()
	return secret.New(all[key]), err
}

// Set keeps a secret; an empty one is forgotten. A file that is damaged is kept aside as secrets.json.bad and begun anew.
func (f *File) Set(_ context.Context, key string, s secret.Secret) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, damaged, err := f.readLocked()
	switch {
	case damaged:
		f.log.Warn().Err(err).Str("kept", f.path+".bad").Msg("the file with the tokens was damaged and is begun anew")
		if err := os.Rename(f.path, f.path+".bad"); err != nil {
			return unkept(err)
		}
	case err != nil:
		return err
	}
	if all[key] == s.Reveal() {
		return nil
	}
	if all == nil {
		all = map[string]string{}
	}
	all[key] = s.Reveal()
	return f.writeLocked(all)
}

// Delete forgets a secret.
func (f *File) Delete(_ context.Context, key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, _, err := f.readLocked()
	if _, has := all[key]; err != nil || !has {
		return err
	}
	delete(all, key)
	return f.writeLocked(all)
}

// readLocked returns what the file holds; damaged says that it is not what we wrote, rather than out of reach.
func (f *File) readLocked() (all map[string]string, damaged bool, err error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, preview.Because(preview.SecretsDamaged, "read secrets: %w", err)
	}
	defer file.Close()
	f.narrowLocked(file)
	data, err := io.ReadAll(io.LimitReader(file, largest+1))
	if err != nil {
		return nil, false, preview.Because(preview.SecretsDamaged, "read secrets: %w", err)
	}
	if len(data) > largest {
		return nil, true, preview.Because(preview.SecretsDamaged, "read %s: too large", f.path)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		// The error may quote what it read, and that may be a token.
		return nil, true, preview.Because(preview.SecretsDamaged, "read %s: it is no JSON object of texts", f.path)
	}
	for _, value := range all {
		secret.New(value) // so that it is masked, though nobody has asked for this one
	}
	return all, false, nil
}

// narrowLocked takes from others what they must not read: a copy or a restored backup has lost its mode.
func (f *File) narrowLocked(file *os.File) {
	stat, err := file.Stat()
	if err != nil || !wide(stat) {
		return
	}
	err = file.Chmod(0o600)
	if stat, again := file.Stat(); err == nil && again == nil && wide(stat) {
		err = errors.New("the disk knows no modes")
	}
	switch {
	case err == nil:
		f.log.Warn().Str("file", f.path).Stringer("mode", stat.Mode().Perm()).Msg("others could read the tokens; that was corrected")
	case !f.told:
		f.told = true
		f.log.Warn().Err(err).Str("file", f.path).Msg("others may read the tokens, and that cannot be corrected")
	}
}

func (f *File) writeLocked(all map[string]string) error {
	for key, value := range all {
		if value == "" {
			delete(all, key)
		}
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("write secrets: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return unkept(err)
	}
	if err := atomicfile.Write(f.path, append(data, '\n'), 0o600); err != nil {
		return unkept(err)
	}
	return nil
}

// unkept is why a secret could not be written.
func unkept(err error) error {
	if atomicfile.Full(err) {
		return preview.Because(preview.DiskFull, "write secrets: %w", err)
	}
	return preview.Because(preview.SecretsReadOnly, "write secrets: %w", err)
}
