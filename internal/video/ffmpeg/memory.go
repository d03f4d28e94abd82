package ffmpeg

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// memory keeps what a pair of programs answered in a file, because asking costs a third of a second at every start of
// Scrubjay. It counts as long as both programs are the files that they were, by path, size and time.
type memory struct {
	Key   string
	Tools Tools
}

// memoryVersion is raised when more is asked than before.
const memoryVersion = 1

// remember returns what is known of the two programs, or nil. Whatever is wrong with the file, asking again mends it.
func remember(path, key string) *Tools {
	if path == "" || key == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	var m memory
	if err != nil || json.Unmarshal(b, &m) != nil || m.Key != key {
		return nil
	}
	return &m.Tools
}

// keep writes the answers down. It is no harm when it cannot: then they are asked for the next time.
func keep(path, key string, t *Tools) {
	if path == "" || key == "" {
		return
	}
	b, err := json.Marshal(memory{Key: key, Tools: *t})
	if err != nil || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
}

// keyOf names two programs as they are now; it is empty when one cannot be looked at.
func keyOf(ffmpeg, ffprobe string) string {
	key := fmt.Sprint(memoryVersion)
	for _, path := range []string{ffmpeg, ffprobe} {
		info, err := os.Stat(path)
		if err != nil {
			return ""
		}
		key += fmt.Sprintf(" %q %d %d", path, info.Size(), info.ModTime().UnixNano())
	}
	return key
}
