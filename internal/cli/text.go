package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// printable returns s safe to show on a terminal: a file name may hold newlines, escape sequences, marks that turn
// the reading direction, and bytes that are no UTF-8. Those come out as Go writes them in strings: \n, \x1b, \u202e.
func printable(s string) string {
	if !strings.ContainsFunc(s, hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case !hidden(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[n:]
	}
	return b.String()
}

// hidden reports whether r does something to the terminal instead of standing on it.
func hidden(r rune) bool { return !unicode.IsGraphic(r) }

// columns returns how many columns of a terminal the printable text s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is Unicode's East Asian Width in short: ideographs, kana, hangul, full-width forms and emoji take two
// columns, marks that combine with the letter before take none.
func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115f,
		r >= 0x2e80 && r <= 0xa4cf && r != 0x303f,
		r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f,
		r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff,
		r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// fit returns s in exactly width columns: padded on the right, or with its beginning cut off, because the end of a
// path says more.
func fit(s string, width int) string {
	n := columns(s)
	if n <= width {
		return s + strings.Repeat(" ", width-n)
	}
	if width < 1 {
		return ""
	}
	for i, r := range s {
		if n <= width-1 && (i == 0 || runeColumns(r) > 0) {
			s = "…" + s[i:]
			return s + strings.Repeat(" ", width-1-n)
		}
		n -= runeColumns(r)
	}
	return fit("…", width)
}

// fitOnly is fit without the padding, for the end of a line.
func fitOnly(s string, width int) string { return strings.TrimRight(fit(s, width), " ") }

// table sets rows in columns that are as wide as their widest cell, two blanks apart. The last column is not padded.
// Cells are printable text; dress, when not nil, is put over each padded cell.
func table(rows [][]string, dress func(row, column int, cell string) string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(cell))
		}
	}
	lines := make([]string, len(rows))
	for r, row := range rows {
		var b strings.Builder
		for c, cell := range row {
			pad := ""
			if c < len(row)-1 {
				pad = strings.Repeat(" ", widths[c]-columns(cell)+2)
			}
			if dress != nil {
				cell = dress(r, c, cell)
			}
			b.WriteString(cell + pad)
		}
		lines[r] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// took says how long something took, as people say it: "1.8 s", "2 min 5 s", "1 h 12 min".
func took(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

// left says how long something will take, no more exactly than it can be known.
func left(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%.0f s left", max(1, d.Seconds()))
	case d < 90*time.Minute:
		return fmt.Sprintf("about %.0f min left", d.Minutes())
	}
	return fmt.Sprintf("about %.0f h left", d.Hours())
}

// clock prints a position in a video: "0:39:50", with milliseconds when there are any.
func clock(d time.Duration) string {
	s := fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second)
	if ms := d % time.Second / time.Millisecond; ms != 0 {
		s += fmt.Sprintf(".%03d", ms)
	}
	return s
}

// times says how many times faster than real time something went: "8.3×", "1333×".
func times(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.1f×", x)
	}
	return fmt.Sprintf("%.0f×", x)
}

// size says a number of bytes in powers of ten, as disks are sold: "11 KB", "3.1 MB", "2.7 GB".
func size(n int64) string {
	switch x := float64(n); {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case x < 999.5e3:
		return fmt.Sprintf("%.0f KB", x/1e3)
	case x < 999.95e6:
		return fmt.Sprintf("%.1f MB", x/1e6)
	case x < 999.95e9:
		return fmt.Sprintf("%.1f GB", x/1e9)
	default:
		return fmt.Sprintf("%.1f TB", x/1e12)
	}
}

// count says a number with its noun: "1 picture", "240 pictures".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
