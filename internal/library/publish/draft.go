package publish

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"unicode/utf8"
)

// draftName returns a name for a draft of the preview called base, another one each time:
// ".index-sd.bif.0f3a9c5577d1e2b4.part". What renders to it works in a file of its own beside it, with a dot more in front
// and a number more behind; both patterns are in [leftover].
func draftName(base string) string {
	return fmt.Sprintf(".%s.%016x.part", stem(base), rand.Uint64())
}

// leftover returns a function that reports whether a file is a draft of the preview called base, or what a render that
// was killed left of one.
func leftover(base string) func(name string) bool {
	s := regexp.QuoteMeta(stem(base))
	ours := regexp.MustCompile(`^(\.` + s + `\.[0-9a-f]{16}\.part|\.\.` + s + `\.[0-9a-f]{16}\.part\.[0-9]+\.part)$`)
	return ours.MatchString
}

// stem is the name itself, or a short one that stands for it: file systems take 255 bytes, a video's name may have that
// many, and a render cuts what is longer than 200.
func stem(base string) string {
	const most, kept = 150, 100
	if len(base) <= most && utf8.ValidString(base) {
		return base
	}
	h := fnv.New64a()
	h.Write([]byte(base))
	// Cut between characters, and odd bytes left out: macOS refuses names that are not UTF-8.
	var cut []rune
	size := 0
	for _, r := range base {
		if size += utf8.RuneLen(r); size > kept {
			break
		}
		if r != utf8.RuneError {
			cut = append(cut, r)
		}
	}
	return fmt.Sprintf("%s~%016x", string(cut), h.Sum64())
}
