package secrets

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/scrubjay/scrubjay/internal/host/atomicfile"
)

// ClientID returns the identifier by which plex.tv knows this installation, and makes one the first time. It is no secret,
// but sign-ins hang on it, so it lives in the data folder with them. Two processes that start at once get the same one.
// Errors are [preview.Fault].
func ClientID(dir string) (string, error) {
	path := filepath.Join(dir, "client-id")
	id, err := readClientID(path)
	if id != "" || err != nil {
		return id, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unkept(err)
	}
	id = "scrubjay-" + strings.ToLower(rand.Text())
	if err := claim(path, id); err != nil {
		return "", unkept(err)
	}
	if first, err := readClientID(path); first != "" || err != nil {
		return first, err
	}
	// What stands there is no identifier: a power cut, or an editor.
	if err := atomicfile.Write(path, []byte(id+"\n"), 0o600); err != nil {
		return "", unkept(err)
	}
	return id, nil
}

// claim writes the identifier unless another process was faster. A link, unlike a file that is created, is never seen
// half-written.
func claim(path, id string) error {
	draft := path + "." + rand.Text() + ".tmp"
	if err := atomicfile.Write(draft, []byte(id+"\n"), 0o600); err != nil {
		return err
	}
	defer os.Remove(draft)
	err := os.Link(draft, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return atomicfile.Write(path, []byte(id+"\n"), 0o600) // a disk without links
}

var clientID = regexp.MustCompile(`^[0-9A-Za-z-]{8,128}$`)

// readClientID returns the identifier, or nothing when there is none or something else.
func readClientID(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", unkept(err)
	}
	if id := strings.TrimSpace(string(data)); clientID.MatchString(id) {
		return id, nil
	}
	return "", nil
}
