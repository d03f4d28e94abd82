package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// report prints the table, 100 columns wide, and remembers what must be reached.
type report struct {
	w     io.Writer
	goals []goal
}

// goal is something that must be reached, and whether it was.
type goal struct {
	what, need, have string
	reached          bool
}

func (r *report) title(format string, args ...any) {
	fmt.Fprintf(r.w, "\n%s\n", fmt.Sprintf(format, args...))
	fmt.Fprintf(r.w, "  %-42s %9s %9s %11s %9s %9s\n", "", "wall", "CPU", "read", "of file", "memory")
}

// row prints one line. size is the video's, in bytes.
func (r *report) row(who string, u usage, size int64) {
	fmt.Fprintf(r.w, "  %-42s %9s %9s %11s %9s %9s\n", who, seconds(u.wall), seconds(u.cpu), megabytes(u.read), share(u.read, size), mebibytes(u.memory))
}

// libraryTitle begins the part about a library.
func (r *report) libraryTitle(format string, args ...any) {
	fmt.Fprintf(r.w, "\n%s\n", fmt.Sprintf(format, args...))
	fmt.Fprintf(r.w, "  %-42s %9s %9s %11s %9s\n", "scrubjayd", "wall", "CPU", "requests", "memory")
}

// libraryRow prints one line of it.
func (r *report) libraryRow(what string, u usage, requests int) {
	fmt.Fprintf(r.w, "  %-42s %9s %9s %11d %9s\n", what, seconds(u.wall), seconds(u.cpu), requests, mebibytes(u.memory))
}

// must adds a goal. need and have are for people.
func (r *report) must(reached bool, what, need, have string) {
	r.goals = append(r.goals, goal{what, need, have, reached})
}

// end prints the goals and reports whether all were reached.
func (r *report) end() bool {
	fmt.Fprintf(r.w, "\n%-60s %15s %12s\n", "What must be reached", "goal", "measured")
	all := true
	for _, g := range r.goals {
		mark := "yes"
		if !g.reached {
			mark, all = "NO", false
		}
		fmt.Fprintf(r.w, "  %-58s %15s %12s  %s\n", g.what, g.need, g.have, mark)
	}
	return all
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func megabytes(n int64) string {
	if n < 0 {
		return "-"
	}
	return grouped(int64(math.Round(float64(n)/1e6))) + " MB"
}

func mebibytes(n int64) string {
	if n < 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
}

func share(part, whole int64) string {
	if part < 0 || whole <= 0 {
		return "-"
	}
	return percent(float64(part) / float64(whole))
}

func percent(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) }

// grouped writes 2740 as 2,740.
func grouped(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}
