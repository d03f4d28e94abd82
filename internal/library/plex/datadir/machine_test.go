package datadir_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
)

// box is a machine whose disk is a temporary folder.
type box struct {
	datadir.Machine
	t    *testing.T
	root string
	env  map[string]string
}

func machine(t *testing.T, goos string) *box {
	b := &box{t: t, root: t.TempDir(), env: map[string]string{}}
	b.Machine = datadir.Machine{
		GOOS: goos,
		Env:  func(name string) (string, bool) { v, ok := b.env[name]; return v, ok },
		Stat: func(path string) (fs.FileInfo, error) { return os.Stat(b.real(path)) },
		ReadDir: func(path string) ([]fs.DirEntry, error) {
			return os.ReadDir(b.real(path))
		},
		ReadFile: func(path string, _ int64) ([]byte, error) { return os.ReadFile(b.real(path)) },
	}
	return b
}

// real is where a path of the machine is on the disk of the test. Two letters apart from each other, drives are folders.
func (b *box) real(path string) string {
	if b.GOOS == "windows" {
		path = strings.ReplaceAll(strings.ReplaceAll(path, `\`, "/"), ":", "")
	}
	return filepath.Join(b.root, filepath.FromSlash(path))
}

// put writes a file, or makes a folder where the path ends with a slash.
func (b *box) put(path, text string) {
	b.t.Helper()
	file := b.real(path)
	dir := filepath.Dir(file)
	if strings.HasSuffix(path, "/") {
		dir = file
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.t.Fatal(err)
	}
	if dir == file {
		return
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// plex makes a data folder.
func (b *box) plex(path string) {
	b.t.Helper()
	b.put(path+"/Media/localhost/", "")
}

const (
	uuid     = "11111111-2222-4333-8444-555555555555"
	identity = "b6de5cbb6a3ed1c8a8b5e1b1d1d1b39ae2b5b4a1"
)

func preferences(attributes string) string {
	return `<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<Preferences OldestPreviousVersion="1.40" FriendlyName="Köln &amp; Co" PlexOnlineToken="never-read-this-token" ` + attributes + ` secureConnections="1"/>`
}
