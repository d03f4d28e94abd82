package datadir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Host is the machine that we run on.
func Host() Machine {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // a container's user has none
	}
	return Machine{
		GOOS:     runtime.GOOS,
		Home:     home,
		Env:      os.LookupEnv,
		Stat:     os.Stat,
		ReadDir:  readDir,
		ReadFile: readFile,
		Registry: registered,
	}
}

// widest is how many entries of a folder are looked at: a folder of 100,000 downloads holds no server.
const widest = 4096

func readDir(path string) ([]fs.DirEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(widest)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && info.Size() != 0 { // files of /proc are regular and say 0
		return nil, fmt.Errorf("read %s: it is no file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("read %s: it is longer than %d bytes", path, limit)
	}
	return data, err
}
