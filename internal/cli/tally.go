package cli

import (
	"fmt"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// tally says what a scan came to.
func (s summaryRecord) tally() string {
	return tallyOf(preview.Counts{
		Videos: s.Videos, Already: s.Already, Published: s.Published, Shown: s.Shown, Failed: s.Failed, Later: s.Later,
	})
}

// tallyOf says "13 videos: 5 published (1 not shown yet), 7 already there, 1 failed", leaving out what did not happen.
func tallyOf(c preview.Counts) string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	if dark := c.Published - c.Shown; dark > 0 {
		add(c.Published, fmt.Sprintf("published (%d not shown yet)", dark))
	} else {
		add(c.Published, "published")
	}
	add(c.Already, "already there")
	add(c.Failed, "failed")
	add(c.Later, "put off")
	add(c.Waiting, "waiting")
	add(c.Cancelled, "cancelled")
	if len(parts) == 0 {
		return count(c.Videos, "video")
	}
	return count(c.Videos, "video") + ": " + strings.Join(parts, ", ")
}
