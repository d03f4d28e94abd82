package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/DeRuina/timberjack"
)

// A log is at most so large on disk: fileSize megabytes for each of fileCount files, the one that is written included.
const (
	fileSize  = 10
	fileCount = 5
)

// file is the log on disk. One goroutine uses it at a time.
type file struct {
	rotated *timberjack.Logger
	failing bool // the last line could not be written
}

// openFile makes sure that the file can be written and that nobody else can read it.
func openFile(path string, megabytes int) (*file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make folder of the log: %w", err)
	}
	// A pipe would block here until somebody reads it.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open log file: %s is no regular file", path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open log file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log file: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open log file: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil { // it may have been made by somebody else
		return nil, fmt.Errorf("close log file to others: %w", err)
	}
	return &file{rotated: &timberjack.Logger{Filename: path, MaxSize: megabytes, MaxBackups: fileCount - 1, FileMode: 0o600}}, nil
}

// write writes a line. It returns an error once, not for every line until it works again.
func (f *file) write(line []byte) error {
	_, err := f.rotated.Write(line)
	told := f.failing
	f.failing = err != nil
	if err == nil || told {
		return nil
	}
	return fmt.Errorf("write log file: %w", err)
}

func (f *file) close() error {
	if err := f.rotated.Close(); err != nil {
		return fmt.Errorf("close log file: %w", err)
	}
	return nil
}
