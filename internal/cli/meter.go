package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// meter is one line of a board: how far one video is. Its texts are empty as long as nothing is known.
type meter struct {
	name, device                 string
	part                         float64 // 0 to 1
	percent, frames, speed, left string
}

func (r *row) meter(now time.Time, interval time.Duration) meter {
	m := meter{name: r.name, device: r.device}
	if r.total == 0 {
		return m
	}
	m.part = min(1, float64(r.frames)/float64(r.total))
	m.percent = fmt.Sprintf("%.0f %%", 100*m.part)
	m.frames = fmt.Sprintf("%*d/%d", len(strconv.Itoa(r.total)), r.frames, r.total)
	if elapsed := now.Sub(r.begun); elapsed > 0 && r.frames > 0 {
		m.speed = speed(time.Duration(r.frames)*interval, elapsed)
		if r.frames < r.total { // with all its pictures it is not over: they are looked at and put in place
			m.left = left(time.Duration(float64(elapsed) * float64(r.total-r.frames) / float64(r.frames)))
		}
	}
	return m
}

// meterLines draws meters as one table:
//
//	Heat (1995).mkv          ━━━━━━━━━━━━━━━────────   62 %  149/240  1333×  2 s left
//
// Where there is no room for all of it, the device goes first, then the bar, then the time left: the figures say
// the same in less space.
func meterLines(p paint, meters []meter, width int) []string {
	const gap = 2
	widest := func(cell func(meter) string) (n int) {
		for _, m := range meters {
			n = max(n, columns(cell(m)))
		}
		return n
	}
	percent := widest(func(m meter) string { return m.percent })
	frames := widest(func(m meter) string { return m.frames })
	// With a width to start from, the columns do not move with every digit.
	speed := max(5, widest(func(m meter) string { return m.speed }))
	left := max(len("10 s left"), widest(func(m meter) string { return m.left }))
	device := 0
	for _, m := range meters {
		if m.device != meters[0].device { // several to tell apart
			device = min(24, widest(func(m meter) string { return m.device }))
		}
	}

	// What is left for the name decides what else there is room for.
	name, bar := width-gap-(gap+percent)-(gap+frames)-(gap+speed), 0
	if name-gap-left >= 20 {
		name -= gap + left
	} else {
		left = 0
	}
	if room := name - gap - 24; room >= 8 {
		bar = min(room, 24)
		name -= gap + bar
	}
	if device > 0 && name-gap-device >= 20 {
		name -= gap + device
	} else {
		device = 0
	}
	name = max(name, 4)

	lines := make([]string, len(meters))
	for i, m := range meters {
		line := strings.Repeat(" ", gap) + fit(m.name, name)
		if device > 0 {
			line += "  " + p.quiet(fit(m.device, device))
		}
		if bar > 0 {
			done := int(m.part*float64(bar) + 0.5)
			line += "  " + p.work(strings.Repeat("━", done)) + p.quiet(strings.Repeat("─", bar-done))
		}
		line += fmt.Sprintf("  %*s  %*s  %*s", percent, m.percent, frames, m.frames, speed, m.speed)
		if left > 0 {
			line += "  " + m.left
		}
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}
