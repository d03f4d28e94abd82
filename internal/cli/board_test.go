package cli

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// busy is a board in the middle of a run.
func busy() *board {
	start := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	now := start
	b := &board{now: func() time.Time { return now }, interval: 10 * time.Second, total: 14, bytes: 14e9, begun: start, rows: make([]*row, 3)}
	gpu := preview.Device{ID: "cuda:0", Kind: preview.CUDA, Name: "NVIDIA GeForce RTX 3060"}
	cpu := preview.CPUDevice()
	b.begin(0, input{path: "films/Heat (1995).mkv", bytes: 1e9}, gpu.Name)
	b.begin(1, input{path: "films/千と千尋の神隠し.mkv", bytes: 1e9}, cpu.Name)
	b.begin(2, input{path: "films/Season 1/Some Series - S01E01 - The very long name of a pilot.mkv", bytes: 1e9}, cpu.Name)
	now = start.Add(4 * time.Second)
	b.progress(0, render.Progress{Frames: 149, Total: 1024, Device: gpu})
	b.progress(1, render.Progress{Frames: 90, Total: 750, Device: cpu})
	b.done, b.skipped, b.failed, b.worked, b.passed = 1, 1, 1, 1e9, 2e9
	return b
}

func TestLiveLines(t *testing.T) {
	for width, want := range map[int]string{
		120: `
  Heat (1995).mkv         NVIDIA GeForce RTX 3060  ━━━─────────────────────  15 %   149/1024   372×  23 s left
  千と千尋の神隠し.mkv    CPU                      ━━━─────────────────────  12 %     90/750   225×  29 s left
  …g name of a pilot.mkv  CPU                      ────────────────────────
  3 of 14 · 1 skipped · 1 failed · 34 s left
`,
		80: `
  Heat (1995).mkv           ━━──────────────  15 %   149/1024   372×  23 s left
  千と千尋の神隠し.mkv      ━━──────────────  12 %     90/750   225×  29 s left
  …ong name of a pilot.mkv  ────────────────
  3 of 14 · 1 skipped · 1 failed · 34 s left
`,
		40: `
  …t (1995).mkv  15 %   149/1024   372×
  …の神隠し.mkv  12 %     90/750   225×
  … a pilot.mkv
  3 of 14 · 1 skipped · 1 failed
`,
	} {
		t.Run(strconv.Itoa(width), func(t *testing.T) {
			got := "\n" + strings.Join(busy().lines(width, 24), "\n") + "\n"
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestMoreVideosThanLines(t *testing.T) {
	got := busy().lines(80, 5)
	if len(got) != 4 || got[2] != "  and 1 more" {
		t.Errorf("on five lines: %q, want two videos, how many more, and the sum", got)
	}
}

func TestLiveLinesAreNeverWiderThanTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := busy()
		b.paint.on = rapid.Bool().Draw(t, "colours")
		b.begin(2, input{path: rapid.String().Draw(t, "name")}, rapid.String().Draw(t, "device"))
		total := rapid.IntRange(0, 100000).Draw(t, "total")
		b.progress(2, render.Progress{Frames: rapid.IntRange(0, total).Draw(t, "frames"), Total: total})
		width := rapid.IntRange(48, 200).Draw(t, "width")
		for _, line := range b.lines(width, 24) {
			if n := columns(plain(line)); n >= width {
				t.Errorf("%d columns on a terminal of %d: %q", n, width, line)
			}
		}
	})
}
