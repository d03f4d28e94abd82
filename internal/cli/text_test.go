package cli

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"Heat (1995).mkv":   "Heat (1995).mkv",
		"千と千尋 – Ümläut.mkv": "千と千尋 – Ümläut.mkv",
		"a\nb\tc\rd":        `a\nb\tc\rd`,
		"\x1b]0;title\a":    `\x1b]0;title\x07`,
		"caf\xe9":           `caf\xe9`,
		"evil\u202egnp":     `evil\u202egnp`,
		"\U000e0041":        `\U000e0041`,
		`C:\films`:          `C:\films`,
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %s, want %s", in, got, want)
		}
	}
}

// Whatever a name is, what is shown of it does nothing to the terminal and takes the columns it was given.
func TestAnyNameFitsItsColumn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := printable(string(rapid.SliceOf(rapid.Byte()).Draw(t, "name")) + rapid.String().Draw(t, "more"))
		if !utf8.ValidString(name) || strings.ContainsFunc(name, hidden) {
			t.Errorf("printable gave %q", name)
		}
		width := rapid.IntRange(0, 40).Draw(t, "width")
		if got := fit(name, width); columns(got) != width {
			t.Errorf("fit(%q, %d) takes %d columns: %q", name, width, columns(got), got)
		}
	})
}

func TestFitKeepsTheEnd(t *testing.T) {
	for _, tt := range []struct {
		s     string
		width int
		want  string
	}{
		{"short.mkv", 12, "short.mkv   "},
		{"Season 1/Episode 1.mkv", 14, "…Episode 1.mkv"},
		{"千と千尋.mkv", 8, "…尋.mkv "},
		{"long", 1, "…"},
		{"long", 0, ""},
	} {
		if got := fit(tt.s, tt.width); got != tt.want {
			t.Errorf("fit(%q, %d) = %q, want %q", tt.s, tt.width, got, tt.want)
		}
	}
}

func TestTimesAsPeopleSayThem(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{took(1840 * time.Millisecond), "1.8 s"},
		{took(42 * time.Second), "42 s"},
		{took(125 * time.Second), "2 min 5 s"},
		{took(72 * time.Minute), "1 h 12 min"},
		{left(300 * time.Millisecond), "1 s left"},
		{left(89 * time.Second), "89 s left"},
		{left(4 * time.Minute), "about 4 min left"},
		{left(5 * time.Hour), "about 5 h left"},
		{clock(39*time.Minute + 50*time.Second), "0:39:50"},
		{clock(30*time.Hour + 2500*time.Millisecond), "30:00:02.500"},
		{times(8.26), "8.3×"},
		{times(1333.3), "1333×"},
		{size(999), "999 bytes"},
		{size(11_400), "11 KB"},
		{size(999_999), "1.0 MB"},
		{size(2_740_000_000), "2.7 GB"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{
		`unexpected argument "x"`:  `Unexpected argument "x".`,
		"film.bif: no such file":   "film.bif: no such file.",
		"--width must be positive": "--width must be positive.",
		"did you mean this?":       "Did you mean this?",
		"Done.":                    "Done.",
		"":                         "",
	} {
		if got := sentence(in); got != want {
			t.Errorf("sentence(%q) = %q, want %q", in, got, want)
		}
	}
}
