package fakeplex

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// named is what a file's name says, by Plex's rules for names.
type named struct {
	title    string
	year     int
	label    string // of the version: "1080p"
	stack    int    // of a file that is one of several; 0 otherwise
	show     string
	season   int
	episodes []int
}

var (
	withYear  = regexp.MustCompile(`^(.+?)[ .]*\((\d{4})\)(?:[ .]*-[ .]*(.+))?`)
	stacked   = regexp.MustCompile(`(?i)[ .]-[ .](?:cd|disc|disk|dvd|part|pt)[ .]?([1-9])$`)
	numbered  = regexp.MustCompile(`(?i)\bs(\d{1,4})[ .]?e(\d{1,4})((?:-?e\d{1,4})*)\b[ .-]*`)
	furtherEp = regexp.MustCompile(`\d+`)
)

// isVideo reports whether a scan takes a file.
func isVideo(path string) bool {
	return slices.Contains([]string{
		".mkv", ".mp4", ".m4v", ".mov", ".avi", ".ts", ".m2ts", ".mpg", ".mpeg", ".webm", ".wmv", ".flv", ".ogv",
	}, strings.ToLower(filepath.Ext(path)))
}

// film reads the name of a film's file: "Heat (1995) - 1080p - pt1.mkv".
func film(path string) named {
	var n named
	base := filepath.Base(path)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	if m := stacked.FindStringSubmatch(base); m != nil {
		n.stack, _ = strconv.Atoi(m[1]) // one digit
		base = strings.TrimSuffix(base, m[0])
	}
	n.title = base
	if m := withYear.FindStringSubmatch(base); m != nil {
		n.title, n.label = m[1], m[3]
		n.year, _ = strconv.Atoi(m[2]) // four digits
	}
	return n
}

// episode reads the name of an episode's file: "Dark/Season 1/Dark - S01E03-E04 - Past and Present.mkv". The show is the
// topmost folder below the library's.
func episode(root, path string) (n named, ok bool) {
	base := filepath.Base(path)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	at := numbered.FindStringSubmatchIndex(base)
	if at == nil {
		return named{}, false
	}
	group := func(i int) string { return base[at[2*i]:at[2*i+1]] }
	n.season, _ = strconv.Atoi(group(1)) // four digits at most, as those below
	for _, digits := range append([]string{group(2)}, furtherEp.FindAllString(group(3), -1)...) {
		e, _ := strconv.Atoi(digits)
		n.episodes = append(n.episodes, e)
	}
	n.title = base[at[1]:]
	n.show = strings.Trim(base[:at[0]], " .-")
	if rel, err := filepath.Rel(root, path); err == nil {
		if top, _, below := strings.Cut(filepath.ToSlash(rel), "/"); below {
			n.show = top
		}
	}
	return n, true
}
