package render

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/bif"
	"github.com/scrubjay/scrubjay/internal/video/container/mkv"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// How long FFmpeg may be silent. On the feed a picture comes every few packets; a whole file on a sleeping disk or a
// slow share can take long from one picture to the next, and at low priority longer still (research/users.md, row 28).
const (
	stallOnFeed = time.Minute
	stallOnFile = 5 * time.Minute
)

// shoot runs FFmpeg and writes what it gives into the target. The shelf it returns is full.
func (j *job) shoot(ctx context.Context, a recipe.Attempt, t *target) (*shelf, error) {
	slots := j.req.Spec.Slots(j.video.Duration)
	out, err := bif.NewWriter(t.file, j.req.Spec.Interval, slots)
	if err != nil {
		return nil, err
	}
	s := newShelf(out, slots, stampOf(j.source.stat, j.req.Spec), func(done int) {
		j.told = max(j.told, done)
		if j.req.Progress != nil {
			j.req.Progress(Progress{Frames: j.told, Total: slots, Recipe: a.Recipe, Device: a.Device})
		}
	})
	if a.Rung == recipe.Select {
		err = j.shootSelected(ctx, a, s)
	} else {
		err = j.shootFile(ctx, a, s)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) { // FFmpeg says that all is well
		reason := preview.FFmpegGarbage
		if s.next == 0 {
			reason = preview.FFmpegNoPicture
		}
		err = preview.Because(reason, "read pictures: %w", err)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case s.next == 0:
		return nil, noPictures()
	case s.missing > max(2, slots/50): // a few may be lost to damage; more are a recipe that does not work
		return nil, preview.Because(preview.FFmpegNoPicture, "%d of %d pictures did not come", s.missing, slots)
	}
	if err := out.Close(); err != nil {
		return nil, faultOfTarget(err)
	}
	return s, nil
}

// shootSelected feeds FFmpeg the packets of the plan.
func (j *job) shootSelected(ctx context.Context, a recipe.Attempt, s *shelf) error {
	f := newFeed(j.track, a.Plan, j.video)
	interval := j.req.Spec.Interval
	usage, err := ffmpeg.Run(ctx, ffmpeg.Command{
		Path: j.Tools.FFmpeg, Args: a.Args("pipe:0"), Env: a.Env(),
		Feed: f.write,
		Read: func(r io.Reader) error {
			for pic, err := range mkv.Pictures(r) {
				if err != nil {
					return err
				}
				slot := slotAt(pic.At)
				if what, ok := f.take(slot); ok {
					err := s.put(slot, placed{jpeg: bytes.Clone(pic.JPEG), last: what.last, offset: what.offset}, interval)
					if err != nil {
						return err
					}
				}
			}
			return nil
		},
		Stall: cmp.Or(j.feedStall, stallOnFeed), Brake: j.Brake, Nice: true, Log: j.log,
	})
	j.account(usage)
	if err != nil {
		return err
	}
	if err := j.partial(j.covered(a.Plan, s, f.cutOff())); err != nil {
		return err
	}
	missing := s.missing
	if err := s.finish(interval); err != nil {
		return err
	}
	if j.result.Partial {
		s.shared, s.missing = s.shared+s.missing-missing, missing // the tail is repeated on purpose
	}
	return nil
}

// covered is the share of the video up to which there are pictures; 1 where the file is whole.
func (j *job) covered(p recipe.Plan, s *shelf, cut error) float64 {
	if cut != nil {
		return float64(s.next+len(s.early)) / float64(p.Slots)
	}
	info := j.track.Info()
	if info.Complete {
		return 1
	}
	keys := j.track.Keyframes()
	end := keys[len(keys)-1].At - p.Start + p.Interval
	return min(1, float64(end)/float64(j.video.Duration))
}

// partial judges a video whose pictures end before its time.
func (j *job) partial(covered float64) error {
	if covered >= 1 {
		return nil
	}
	j.result.Partial = true
	if covered < enough {
		return preview.Because(preview.VideoCutOff, "pictures end at %.0f %% of the video", 100*covered)
	}
	return nil
}

// shootFile lets FFmpeg read the whole file.
func (j *job) shootFile(ctx context.Context, a recipe.Attempt, s *shelf) error {
	interval := j.req.Spec.Interval
	n := &nearest{
		shelf: s, interval: interval,
		strict: a.Rung == recipe.Keyframes && j.req.Spec.Accuracy == preview.Auto,
	}
	usage, err := ffmpeg.Run(ctx, ffmpeg.Command{
		Path: j.Tools.FFmpeg, Args: a.Args(ffmpeg.Input(j.req.Video)), Env: a.Env(),
		Read: func(r io.Reader) error {
			for pic, err := range mkv.Pictures(r) {
				if err != nil {
					return err
				}
				if err := n.put(timed{at: pic.At, jpeg: bytes.Clone(pic.JPEG)}); err != nil {
					return err
				}
			}
			return nil
		},
		Stall: cmp.Or(j.fileStall, stallOnFile), Brake: j.Brake, Nice: true, Log: j.log,
	})
	j.account(usage)
	if err == nil {
		err = n.finish()
	}
	if errors.Is(err, errSparse) {
		return &preview.Fault{Reason: preview.FFmpegNoPicture, Err: err}
	}
	if err != nil {
		return err
	}
	if s.next == 0 {
		return nil
	}
	covered := float64(n.latest+max(interval, 2*time.Second)) / float64(j.video.Duration)
	if covered < enough && a.Rung == recipe.Keyframes {
		// Decoders drop open-GOP keyframes at times; only decoding everything tells whether the file ends here.
		return preview.Because(preview.FFmpegNoPicture, "%w: the last is at %v", errSparse, n.latest)
	}
	return j.partial(covered)
}
