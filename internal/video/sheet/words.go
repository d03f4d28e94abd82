package sheet

import (
	"fmt"
	"image"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// facts is the line below the name: what the preview holds, how much of it is on the sheet, and how many of the shown
// pictures are broken.
func facts(preview *bif.Reader, size image.Point, shown, broken int) string {
	h := preview.Header()
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch h.Count {
	case 0:
		add("no pictures")
	case 1:
		add("1 picture")
	default:
		add("%s pictures", grouped(h.Count))
		if every := preview.Interval(); every > 0 {
			add("one every %s s", strconv.FormatFloat(every.Seconds(), 'f', -1, 64))
		} else {
			add("at uneven times")
		}
		add("up to %s", clock([]time.Duration{h.Last})(h.Last))
	}
	if size != (image.Point{}) {
		add("%d × %d", size.X, size.Y)
	}
	add("%s", megabytes(h.Size))
	if shown < h.Count {
		add("%d of them shown", shown)
	}
	switch {
	case broken > 0 && shown < h.Count:
		add("%d of these broken", broken)
	case broken > 0:
		add("%d broken", broken)
	}
	return strings.Join(out, "  ·  ")
}

// clock returns a function that writes times as players do, all with hours and all with fractions when one of times
// needs them.
func clock(times []time.Duration) func(time.Duration) string {
	var longest time.Duration
	digits := 0 // behind the point
	units := [...]time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond}
	for _, t := range times {
		longest = max(longest, t)
		for digits < len(units) && t%units[digits] != 0 {
			digits++
		}
	}
	return func(t time.Duration) string {
		var out string
		h, m, s := int64(t/time.Hour), int64(t/time.Minute)%60, int64(t/time.Second)%60
		if longest >= time.Hour {
			out = fmt.Sprintf("%d:%02d:%02d", h, m, s)
		} else {
			out = fmt.Sprintf("%d:%02d", m, s)
		}
		if digits > 0 {
			out += fmt.Sprintf(".%03d", t.Milliseconds()%1000)[:1+digits]
		}
		return out
	}
}

func megabytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}

// grouped writes a number of pictures with commas.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// clean makes a file name one line of characters that can be drawn.
func clean(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.ToValidUTF8(name, string(unicode.ReplacementChar)))
}
