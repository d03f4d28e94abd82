// Package render makes one checked BIF of one video.
//
// It asks ffprobe what the video is, reads the container's index, lets package recipe choose frames and arguments, feeds
// FFmpeg and collects its pictures, looks at the result and puts it in its place by one rename. It knows nothing of
// libraries, queues or screens, and it never leaves anything but a whole preview behind.
//
// # Who may block whom
//
// A [Renderer] may be used from many goroutines at once. [Renderer.Render] blocks until FFmpeg is gone, also when its
// context ends, and as long as its brake is pulled; it holds at most some 20 MB beside FFmpeg, whatever the length of the
// video.
package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// Renderer makes previews with one pair of FFmpeg's programs.
type Renderer struct {
	Tools *ffmpeg.Tools
	Log   zerolog.Logger
	// Brake holds the renders, those that begin while it is pulled as well. Nil is none. [Renderer.Sample] is not
	// held: it has a deadline, and whether a device works is also asked of a program that pauses.
	Brake *ffmpeg.Brake

	feedStall, fileStall time.Duration // 0: stallOnFeed, stallOnFile
}

// maxSlots bounds a preview: a month at ten seconds. maxDuration is what nothing lasts; a file that claims more lies.
const (
	maxSlots    = 1 << 18
	maxDuration = 1000 * time.Hour
)

// enough is the share of a cut-off video's pictures that makes the preview worth having.
const enough = 0.95

// Render makes the preview that the request asks for. The result is filled as far as the render got, whatever the
// error. Errors are [preview.Fault]; when several attempts failed, the last one's reason counts and all of them stand in
// the result. Nothing is left behind but the finished preview.
func (r *Renderer) Render(ctx context.Context, req Request) (Result, error) {
	began := time.Now()
	j := &job{Renderer: r, req: req, log: r.Log.With().Str("video", req.Video).Logger()}
	err := j.run(ctx)
	j.result.Wall = time.Since(began)
	if err != nil && ctx.Err() != nil && preview.ReasonOf(err) != preview.Cancelled {
		err = preview.Because(preview.Cancelled, "render %s: %w", req.Video, context.Cause(ctx))
	}
	return j.result, err
}

// job is one render. All state is its own.
type job struct {
	*Renderer
	req    Request
	log    zerolog.Logger
	source *source
	video  probe.Info
	track  container.Track // nil when FFmpeg has to read the whole file
	alike  bool            // an attempt gave the same picture all the time
	told   int             // pictures that Progress knows of
	result Result
}

func (j *job) run(ctx context.Context) error {
	if err := j.req.Spec.Check(); err != nil {
		return fmt.Errorf("render %s: %w", j.req.Video, err)
	}
	source, err := openSource(ctx, j.req.Video)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	j.source = source
	defer func() { j.result.OwnBytes = source.bytes.Load() }()
	j.result.SourceBytes = source.stat.Size()
	attempts, err := j.prepare(ctx)
	if err != nil {
		return j.orChanged(ctx, err)
	}
	return j.try(ctx, attempts)
}

// prepare learns what the video is and how to go about it.
func (j *job) prepare(ctx context.Context) ([]recipe.Attempt, error) {
	video, usage, err := probe.Probe(ctx, j.Tools, j.req.Video, j.Brake)
	j.account(usage)
	if err != nil {
		return nil, err
	}
	j.video = video
	track, err := j.source.track(video)
	if err != nil {
		j.log.Debug().Err(err).Msg("read no index; FFmpeg reads the whole file")
	} else if index := indexOf(track); index != nil {
		j.track = track
		if j.video.Duration <= 0 {
			j.video.Duration = index.Track.Duration
		}
	}
	j.result.Duration = j.video.Duration
	if j.video.Duration <= 0 {
		return nil, preview.Because(preview.VideoNoDuration, "duration of %s is not known", j.req.Video)
	}
	if j.video.Duration > maxDuration {
		return nil, preview.Because(preview.VideoDamaged, "the video claims to last %v", j.video.Duration)
	}
	if n := j.req.Spec.Slots(j.video.Duration); n > maxSlots {
		return nil, preview.Because(preview.PreviewTooLarge, "%v make %d pictures; at most %d fit", j.video.Duration, n, maxSlots)
	}
	device := j.req.Device
	if device.GPU() && !j.req.NoCPU && j.refused() {
		device = preview.CPUDevice()
	}
	attempts, err := recipe.For(j.video, indexOf(j.track), device, j.req.Spec, j.Tools.Features)
	if err != nil {
		return nil, err
	}
	if j.req.NoCPU && j.req.Device.GPU() {
		attempts = slices.DeleteFunc(attempts, func(a recipe.Attempt) bool { return !a.Device.GPU() })
		if len(attempts) == 0 {
			return nil, preview.Because(preview.DeviceUnsupported, "%s is not for %s", j.video.Codec, j.req.Device.ID)
		}
	}
	return attempts, nil
}

// refused reports whether the device was seen not to decode the video's codec. HEVC is proved with 10 bit, which says
// nothing of 8, and Dolby Vision 5 is decoded in software.
func (j *job) refused() bool {
	if j.video.Codec == "hevc" && j.video.BitDepth <= 8 || j.video.HDR == probe.DolbyVision5 {
		return false
	}
	return slices.ContainsFunc(j.req.Proofs, func(p preview.Proof) bool {
		return p.Codec == j.video.Codec && p.Outcome == preview.NoDecoder
	})
}

// account adds what a program cost. What it reads before it looks at any video is not the video's.
func (j *job) account(u ffmpeg.Usage) {
	j.result.CPU += u.CPU
	if u.FileBytes < 0 || j.result.FFmpegBytes < 0 {
		j.result.FFmpegBytes = -1
		return
	}
	j.result.FFmpegBytes += max(0, u.FileBytes-j.Tools.Start)
}

// try makes attempts until one gives a sound preview.
func (j *job) try(ctx context.Context, attempts []recipe.Attempt) error {
	var err error
	lost := make(map[string]bool) // devices that cannot be used for this video
	for i, a := range attempts {
		if lost[a.Device.ID] {
			continue
		}
		more := slices.ContainsFunc(attempts[i+1:], func(a recipe.Attempt) bool { return !lost[a.Device.ID] })
		err = j.orChanged(ctx, j.attempt(ctx, a, more))
		j.result.Attempts = append(j.result.Attempts, Attempt{Recipe: a.Recipe, Device: a.Device, Err: err})
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || final(err, a.Device) {
			return err
		}
		j.log.Info().Err(err).Str("recipe", a.Recipe).Msg("left a recipe")
		lost[a.Device.ID] = a.Device.GPU() && ofDevice(preview.ReasonOf(err))
	}
	return err
}

// orChanged returns err, or that the video changed where that explains it: a file that is still being copied looks cut
// off or damaged, and is neither.
func (j *job) orChanged(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || preview.ReasonOf(err) == preview.VideoChanged {
		return err
	}
	if changed := j.source.unchanged(); preview.ReasonOf(changed) == preview.VideoChanged {
		return preview.Because(preview.VideoChanged, "%w, and that: %w", changed, err)
	}
	return err
}

// final reports whether another recipe would meet the same obstacle. What FFmpeg says with a GPU at work may be the GPU's
// matter, whatever it sounds like: drivers that run out of video memory say ENOMEM or even ENOSPC.
func final(err error, d preview.Device) bool {
	if _, said := errors.AsType[*ffmpeg.Failed](err); said && d.GPU() && preview.ReasonOf(err) != preview.VideoChanged {
		return false
	}
	switch preview.ReasonOf(err) {
	case preview.Cancelled, preview.DiskFull, preview.TargetReadOnly, preview.TargetMissing, preview.TargetExists, preview.TargetName,
		preview.PreviewTooLarge, preview.VideoMissing, preview.VideoUnreadable, preview.VideoReadFailed, preview.VideoChanged,
		preview.VideoCutOff, preview.VideoEncrypted, preview.FFmpegMissing, preview.MemoryFull:
		return true
	}
	return false
}

// ofDevice reports whether the reason lies with the device, so that no other recipe helps on it.
func ofDevice(r preview.Reason) bool {
	switch r {
	case preview.DeviceBusy, preview.DeviceMemory, preview.DeviceLost, preview.DevicePermission, preview.DeviceDriver, preview.DeviceUnsupported:
		return true
	}
	return false
}

// attempt runs one recipe from a clean start to the preview in its place, or to nothing. more says that there is another
// recipe to try.
func (j *job) attempt(ctx context.Context, a recipe.Attempt, more bool) error {
	j.log.Debug().Str("recipe", a.Recipe).Str("device", a.Device.ID).Msg("began a recipe")
	j.result.Partial, j.result.Verdict = false, preview.Verdict{}
	target, err := newTarget(j.req.Out)
	if err != nil {
		return err
	}
	defer target.drop()
	shot, err := j.shoot(ctx, a, target)
	if err != nil {
		return err
	}
	report, err := check(target, j.req.Spec, j.video.Duration)
	if err != nil {
		return err
	}
	verdict := report.Verdict
	if !verdict.Sound {
		j.result.Verdict = verdict
		return preview.Because(preview.PreviewUnsound, "the preview is not sound: %s", verdict.Failures())
	}
	if report.Same && !j.alike && more && shot.next-shot.missing-shot.shared > 1 {
		// A decoder that hangs gives that, and so does a slide with music: the next recipe decides, once. A video of
		// one picture leaves nothing to doubt.
		j.alike = true
		return preview.Because(preview.PreviewUnsound, "all pictures are the same")
	}
	if err := j.source.unchanged(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return preview.Because(preview.Cancelled, "%w", context.Cause(ctx))
	}
	if err := target.publish(); err != nil {
		return err
	}
	j.result.Verdict = verdict
	j.result.Device, j.result.Recipe = a.Device, a.Recipe
	j.result.Width, j.result.Height = a.Width, a.Height
	j.result.Frames, j.result.Filled = shot.next, shot.missing+shot.shared
	j.result.MeanOffset, j.result.MaxOffset = shot.mean(), shot.largest
	return nil
}

// errors that are about the pictures rather than about FFmpeg.
func noPictures() error {
	return preview.Because(preview.FFmpegNoPicture, "%w", errors.New("FFmpeg ended well and gave no picture"))
}
