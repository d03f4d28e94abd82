package main

import (
	"fmt"
	"io"
	"time"
)

// row is one line of the table: a video and what its preview took.
type row struct {
	video, device, recipe string
	frames                int
	took                  time.Duration
	shown                 bool
}

// printTable is at most 100 columns wide.
func printTable(w io.Writer, rows []row) {
	const line = "%-40s %-10s %-16s %6s %8s  %s\n"
	fmt.Fprintf(w, line, "video", "device", "recipe", "frames", "time", "shown")
	for _, r := range rows {
		shown := "no"
		if r.shown {
			shown = "yes"
		}
		fmt.Fprintf(w, line, short(r.video, 40), short(r.device, 10), short(r.recipe, 16), fmt.Sprint(r.frames),
			fmt.Sprintf("%.2f s", r.took.Seconds()), shown)
	}
}

// short cuts text to n characters.
func short(text string, n int) string {
	if letters := []rune(text); len(letters) > n {
		return string(letters[:n-1]) + "…"
	}
	return text
}
