package ffmpeg

import (
	"bytes"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// row says what some words in stderr mean.
type row struct {
	reason preview.Reason
	words  []string // all of them occur; "\n" in front of one means the start of a line
	from   string   // where the sample came from: our own runs of a release, or an issue thread on GitHub
	sample string   // what FFmpeg printed
}

// length is how much of stderr a row explains.
func (r row) length() (n int) {
	for _, w := range r.words {
		n += len(w)
	}
	return n
}

// reasonIn looks the end of stderr up in the table. The row with the longest match wins: it knows most.
func reasonIn(stderr []byte) (preview.Reason, bool) {
	text := append([]byte("\n"), stderr...)
	best := row{}
	for _, r := range table {
		if r.length() > best.length() && containsAll(text, r.words) {
			best = r
		}
	}
	return best.reason, best.words != nil
}

func containsAll(text []byte, words []string) bool {
	for _, w := range words {
		if !bytes.Contains(text, []byte(w)) {
			return false
		}
	}
	return true
}
