package source

import (
	"context"
	"iter"

	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// head is the list of one library, as far as it has been read.
type head struct {
	library choice
	more    func() (plex.Page, error, bool)
	stop    func()

	page       []plex.Part
	at         int // in page: the first part that was not taken
	read       int // films and episodes
	total      int // films and episodes that the server says there are
	ended      bool
	incomplete error  // why there may be more that is not listed
	hit        []bool // of library.below: a part was found there
}

// newHead begins a list. Its first request goes out with the first fill.
func newHead(ctx context.Context, server Server, c choice, order preview.Order) *head {
	h := &head{library: c, hit: make([]bool, len(c.below))}
	h.more, h.stop = iter.Pull2(server.Parts(ctx, c.Section, plex.PartQuery{Sort: sorting(order)}))
	return h
}

// sorting is an order in the server's words.
func sorting(o preview.Order) string {
	switch o {
	case preview.Oldest:
		return "addedAt:asc"
	case preview.ByName:
		return "titleSort:asc"
	case preview.Random:
		return ""
	}
	return "addedAt:desc"
}

// fill sees to it that there is a part to take, unless the list is at its end.
func (h *head) fill() error {
	for h.at >= len(h.page) && !h.ended {
		page, err, ok := h.more()
		h.page, h.at = nil, 0
		switch {
		case !ok:
			h.ended = true
		case lists(err):
			h.incomplete, h.ended = err, true
		case err != nil:
			return err
		default:
			h.page, h.read, h.total = page.Parts, page.Read, page.Total
		}
	}
	return nil
}

// lists reports whether an error is about one list alone, so that the others go on.
func lists(err error) bool {
	r := preview.ReasonOf(err)
	return err != nil && (r == preview.PlexIncomplete || r == preview.PlexFailed)
}

// done reports whether the list is at its end.
func (h *head) done() bool { return h.ended && h.at >= len(h.page) }

// left is how many videos there are still to come, as far as is known: parts that were read, and one for each film or
// episode that was not.
func (h *head) left() int {
	n := len(h.page) - h.at
	if !h.ended {
		n += max(h.total-h.read, 0)
	}
	return n
}

// met notes which of the chosen folders Plex knows a file of.
func (h *head) met(remote string) {
	for i, f := range h.library.below {
		h.hit[i] = h.hit[i] || f.Holds(remote)
	}
}
