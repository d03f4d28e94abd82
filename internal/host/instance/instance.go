// Package instance keeps two processes from working on one folder: two queues over one database would publish into each
// other's hands.
//
// The system holds the lock and takes it back when the process ends, however it ends; a lock file that lies around means
// nothing. The package knows nothing of what is in the folder.
package instance

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// fileName is the lock's name in its folder. It stays when the lock is given back: to remove it would let two others have
// one lock each.
const fileName = "scrubjay.lock"

// Instance is the right to be the only one.
type Instance struct{ lock *flock.Flock }

// patience is how long a lock that is held is tried for. A process that is killed while it starts another leaves a copy
// of itself, and of its lock, until that has become the other program: milliseconds, more where the machine is busy. Who
// is started again just then must not take it for a second one.
const patience = time.Second

// Lock makes this process the only one that works on a folder, which it makes if need be. When another process is at it, and
// still is a second later, the error is a [preview.Fault] with [preview.AnotherIsRunning] that names the process; when the
// folder cannot be written, one with [preview.StoreReadOnly].
func Lock(dir string) (*Instance, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, preview.Because(preview.StoreReadOnly, "lock %s: %w", dir, err)
	}
	path := filepath.Join(dir, fileName)
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	ok, err := lock.TryLock()
	for began := time.Now(); err == nil && !ok && time.Since(began) < patience; {
		time.Sleep(patience / 50)
		ok, err = lock.TryLock()
	}
	if err != nil {
		return nil, preview.Because(preview.StoreReadOnly, "lock %s: %w", path, err)
	}
	if !ok {
		return nil, preview.Because(preview.AnotherIsRunning, "lock %s: %s has it", path, holder(path))
	}
	sign(path)
	return &Instance{lock}, nil
}

// Close lets another process have the folder. It may be called twice.
func (i *Instance) Close() error {
	if err := i.lock.Unlock(); err != nil {
		return fmt.Errorf("unlock %s: %w", i.lock.Path(), err)
	}
	return nil
}

// signature is where the holder's name begins. On Windows others cannot read the byte that is locked, which is the first.
const signature = 1

// sign writes who holds the lock into its file: the process, and the machine, because containers that share a folder may
// share process numbers. On a full disk the lock is as good without.
func sign(path string) {
	host, _ := os.Hostname() // only a name for people
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	text := fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host)
	if _, err := f.WriteAt(text, signature); err == nil {
		_ = f.Truncate(signature + int64(len(text)))
	}
}

// holder returns who holds the lock, as far as the file says.
func holder(path string) string {
	const most = 256
	text := make([]byte, most)
	f, err := os.Open(path)
	if err != nil {
		return "another process"
	}
	defer f.Close()
	n, _ := f.ReadAt(text, signature) // it may well be shorter
	name, _, whole := bytes.Cut(text[:n], []byte("\n"))
	if !whole || !bytes.HasPrefix(name, []byte("process ")) {
		return "another process"
	}
	return string(name)
}
