package engine

import (
	"context"
	"iter"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Plan is what a job would do with a page of its videos.
type Plan struct {
	Already int             // videos that need nothing
	Work    []preview.Video // those that need something
}

// Plan says page by page what [Engine.Scan] would do with a request. Nothing is stored, and nothing but the library is
// asked.
func (e *Engine) Plan(ctx context.Context, r Request) iter.Seq2[Plan, error] {
	return func(yield func(Plan, error) bool) {
		lib, err := e.library(r)
		if err == nil {
			err = lib.Source.Check(ctx, r.Selection)
		}
		if err != nil {
			yield(Plan{}, err)
			return
		}
		left := r.Selection.Limit
		for page, err := range lib.Source.Videos(ctx, r.Selection) {
			if err != nil {
				yield(Plan{}, err)
				return
			}
			p, err := e.plan(ctx, r, page.Videos)
			if err == nil && r.Selection.Limit > 0 {
				p.Work = p.Work[:min(left, len(p.Work))]
				left -= len(p.Work)
			}
			if !yield(p, err) || err != nil || (r.Selection.Limit > 0 && left == 0) {
				return
			}
		}
	}
}

func (e *Engine) plan(ctx context.Context, r Request, videos []preview.Video) (p Plan, err error) {
	known, err := e.o.Store.Known(ctx, r.Source, keysOf(videos))
	if err != nil {
		return p, err
	}
	for _, v := range videos {
		if entry, ok := known[v.Key]; !r.Regenerate && settled(v, entry, ok) {
			p.Already++
		} else {
			p.Work = append(p.Work, v)
		}
	}
	return p, nil
}

// library finds the library of a request that makes sense.
func (e *Engine) library(r Request) (Library, error) {
	if r.Selection.Empty() {
		return Library{}, preview.Because(preview.NothingChosen, "scan %s: nothing is selected", r.Source)
	}
	lib, ok := e.o.Libraries[r.Source]
	if !ok {
		return Library{}, preview.Because(preview.NotSignedIn, "scan: there is no source %q", r.Source)
	}
	return lib, nil
}

func keysOf(videos []preview.Video) []string {
	keys := make([]string, len(videos))
	for i, v := range videos {
		keys[i] = v.Key
	}
	return keys
}
