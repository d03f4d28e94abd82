package render

import (
	"context"
	"os"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// check reads back what was written.
func check(t *target, spec preview.Spec, duration time.Duration) (bif.Report, error) {
	stat, err := t.file.Stat()
	if err != nil {
		return bif.Report{}, faultOfTarget(err)
	}
	r, err := bif.Open(t.file, stat.Size())
	if err != nil {
		return bif.Report{Verdict: preview.Judge(preview.Check{Name: "format", Detail: err.Error()})}, nil
	}
	return bif.Check(r, bif.Want{Interval: spec.Interval, Duration: duration}), nil
}

// Fresh reports whether a sound preview of this version of the video with these settings is already at out. It reads the
// preview and not the video. An out that is not there, or not ours, is simply not fresh.
func (r *Renderer) Fresh(ctx context.Context, video, out string, spec preview.Spec) (bool, error) {
	stat, err := os.Stat(video)
	if err != nil {
		return false, faultOfRead("look at video", err)
	}
	f, err := os.Open(out)
	if err != nil {
		return false, nil // Render will say what is wrong with the place, if anything is
	}
	defer f.Close()
	size, err := f.Stat()
	if err != nil {
		return false, nil
	}
	b, err := bif.Open(f, size.Size())
	if err != nil || b.Interval() != spec.Interval && b.Len() > 1 {
		return false, nil
	}
	first, err := b.Image(0, nil)
	if err != nil || readStamp(first) != stampOf(stat, spec) {
		return false, nil
	}
	return bif.Check(b, bif.Want{Interval: spec.Interval}).Verdict.Sound && ctx.Err() == nil, nil
}
