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
	length                time.Duration
	read, size            int64 // bytes; read is -1 where the system does not tell
}

// printTable is at most 100 columns wide.
func printTable(w io.Writer, rows []row) {
	const line = "%-28s %-10s %-14s %6s %8s %7s %18s\n"
	fmt.Fprintf(w, line, "video", "device", "recipe", "frames", "time", "speed", "read of the file")
	for _, r := range rows {
		read := "-"
		if r.read >= 0 {
			read = fmt.Sprintf("%.1f of %.1f MB", float64(r.read)/1e6, float64(r.size)/1e6)
		}
		speed := "-"
		if r.took > 0 {
			speed = fmt.Sprintf("%.0fx", r.length.Seconds()/r.took.Seconds())
		}
		fmt.Fprintf(w, line, short(r.video, 28), short(r.device, 10), short(r.recipe, 14), fmt.Sprint(r.frames),
			fmt.Sprintf("%.2f s", r.took.Seconds()), speed, read)
	}
}

// short cuts text to n characters.
func short(text string, n int) string {
	if letters := []rune(text); len(letters) > n {
		return string(letters[:n-1]) + "…"
	}
	return text
}
