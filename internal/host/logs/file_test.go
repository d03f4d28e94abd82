package logs

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/secret"
)

func TestTheFileIsRotated(t *testing.T) {
	token := secret.New("rotated-token-1234").Reveal()
	dir := t.TempDir()
	path := filepath.Join(dir, "scrubjay.log")
	if err := os.WriteFile(path, []byte("from an earlier start, readable by all\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := Open(Options{File: path, fileMB: 1})
	if err != nil {
		t.Fatal(err)
	}
	log := l.Logger("x")
	text := strings.Repeat("x", 15<<10) + token
	const lines = 8 << 20 / (15 << 10) // eight files' worth
	for range lines {
		log.Info().Str("text", text).Msg("long")
	}
	log.Info().Msg("the last")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != fileCount {
		t.Errorf("%d files: %v", len(entries), entries)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 1<<20 {
			t.Errorf("%s has %d bytes", e.Name(), info.Size())
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 { // its files have no such mode
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(token)) {
			t.Errorf("the token is in %s", e.Name())
		}
	}
	if b, err := os.ReadFile(path); err != nil || !bytes.Contains(b, []byte("the last")) {
		t.Errorf("the newest line is not in the file; %v", err)
	}
}

func TestTheFileGoesOnWhereItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scrubjay.log")
	for _, message := range []string{"first start", "second start"} {
		l, err := Open(Options{File: path})
		if err != nil {
			t.Fatal(err)
		}
		log := l.Logger("x")
		log.Info().Msg(message)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		log.Info().Msg("after the end") // not in the file, and no harm
	}
	b, err := os.ReadFile(path)
	if err != nil || bytes.Count(b, []byte("\n")) != 2 || !bytes.Contains(b, []byte("first")) || !bytes.Contains(b, []byte("second")) {
		t.Errorf("the file holds %s; %v", b, err)
	}
}

func TestAFileThatFailsIsToldOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	path := filepath.Join(dir, "scrubjay.log")
	l, err := Open(Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	// The file is opened with its first line; until then a file takes its folder's place.
	if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	log := l.Logger("x")
	for range 5 {
		log.Info().Msg("said")
	}
	var warned int
	lines := l.Ring().Lines(0)
	for _, line := range lines {
		if line.Level == "warn" && line.Module == "logs" {
			warned++
		}
	}
	if warned != 1 || len(lines) != 6 {
		t.Errorf("%d warnings in %d lines", warned, len(lines))
	}
	// It works again.
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	log.Info().Msg("said")
	if b, err := os.ReadFile(path); err != nil || !bytes.Contains(b, []byte("said")) {
		t.Errorf("the file holds %s; %v", b, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
