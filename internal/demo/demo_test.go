package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTableFitsAHundredColumns(t *testing.T) {
	var b bytes.Buffer
	printTable(&b, []row{
		{
			video: "Depths 2160p HEVC HDR10.mp4", device: "cuda:GPU-1c6f44ee", recipe: "keyframes/cuda",
			frames: 1440, took: 83500 * time.Millisecond, shown: true,
		},
		{video: "a film whose name goes on and on and on and on.mkv", device: "cpu", recipe: "select/cpu"},
	})
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for i, want := range []string{"shown", "1440  83.50 s  yes", "goes on and on and on…"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("no %q in %q", want, lines[i])
		}
	}
}

func TestFilmsHaveNamesOfTheirOwn(t *testing.T) {
	names := map[string]bool{}
	for _, f := range append(films(true), episodes(true)...) {
		// Contact sheets are named like the films, without the extension.
		name, _, _ := strings.Cut(f.Name, ".mp4")
		if names[name] {
			t.Errorf("two films are called %s", name)
		}
		names[name] = true
	}
}
