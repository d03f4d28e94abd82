package engine

import (
	"context"
	"hash/maphash"
	"iter"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Plan is a part of what a scan would find.
type Plan struct {
	Already int             // videos that need nothing
	Work    []preview.Video // those that a scan would make tasks of
}

// Plan says what a scan would do, a page at a time, and does nothing: neither queue nor videos are touched. A video whose
// preview lies there without being shown is work too.
func (e *Engine) Plan(ctx context.Context, r Request) iter.Seq2[Plan, error] {
	return func(yield func(Plan, error) bool) {
		lib, ok := e.o.Libraries[r.Source]
		if !ok {
			yield(Plan{}, preview.Because(preview.NotSignedIn, "plan: there is no source %q", r.Source))
			return
		}
		if err := lib.Source.Check(ctx, r.Selection); err != nil {
			yield(Plan{}, err)
			return
		}
		left := r.Selection.Limit
		seed, seen := maphash.MakeSeed(), map[uint64]struct{}{}
		for page, err := range lib.Source.Videos(ctx, r.Selection) {
			if err != nil {
				yield(Plan{}, err)
				return
			}
			p, err := e.sort(ctx, r, page, func(path string) bool {
				h := maphash.String(seed, path)
				_, known := seen[h]
				seen[h] = struct{}{}
				return !known
			})
			if limit := r.Selection.Limit; err == nil && limit > 0 {
				p.Work = p.Work[:min(left, len(p.Work))]
				left -= len(p.Work)
			}
			if !yield(p, err) || err != nil || r.Selection.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

// sort says which videos of a page need work. first reports whether a path comes for the first time.
func (e *Engine) sort(ctx context.Context, r Request, page preview.Page, first func(path string) bool) (p Plan, err error) {
	keys := make([]string, len(page.Videos))
	for i, v := range page.Videos {
		keys[i] = v.Key
	}
	known, err := e.o.Store.Known(ctx, r.Source, keys)
	if err != nil {
		return Plan{}, err
	}
	for _, v := range page.Videos {
		entry, ok := known[v.Key]
		switch {
		case !first(v.Path):
		case !r.Regenerate && settled(v, entry, ok):
			p.Already++
		default:
			p.Work = append(p.Work, v)
		}
	}
	return p, nil
}
