package render

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/container/mkv"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// sampleStall bounds the wait for the first picture: the first use of a driver takes up to ten seconds on some machines.
const sampleStall = 25 * time.Second

// Sample decodes every keyframe of a Matroska clip on one device, through the very filters that a preview goes through, and
// returns the JPEGs. It is the proof that a device works; there is no fallback. The clip is described by v: codec,
// pixel format, size.
func (r *Renderer) Sample(ctx context.Context, d preview.Device, v probe.Info, clip []byte) ([][]byte, error) {
	file, err := mkv.Open(container.Source{R: bytes.NewReader(clip), Size: int64(len(clip))})
	if err != nil {
		return nil, fmt.Errorf("open clip: %w", err)
	}
	tracks := file.Tracks()
	if len(tracks) == 0 {
		return nil, fmt.Errorf("open clip: %w", container.ErrNoIndex)
	}
	index := indexOf(tracks[0])
	if index == nil {
		return nil, fmt.Errorf("open clip: %w", container.ErrNoIndex)
	}
	v.Duration = index.Track.Duration
	spec := preview.DefaultSpec()
	spec.Accuracy, spec.Interval = preview.Keyframe, preview.MinInterval
	attempts, err := recipe.For(v, index, d, spec, r.Tools.Features)
	if err != nil {
		return nil, err
	}
	a := attempts[0]
	if a.Device.ID != d.ID {
		return nil, preview.Because(preview.DeviceUnsupported, "%s is not for %s", v.Codec, d.ID)
	}
	var out [][]byte
	_, err = ffmpeg.Run(ctx, ffmpeg.Command{
		Path: r.Tools.FFmpeg, Args: a.Args("pipe:0"), Env: a.Env(),
		Feed: newFeed(tracks[0], a.Plan, v).write,
		Read: func(stdout io.Reader) error {
			for pic, err := range mkv.Pictures(stdout) {
				if err != nil {
					return err
				}
				out = append(out, bytes.Clone(pic.JPEG))
			}
			return nil
		},
		Stall: sampleStall, Log: r.Log,
	})
	if err != nil {
		return nil, err
	}
	if len(out) < len(a.Plan.Picks) {
		return nil, preview.Because(preview.FFmpegNoPicture, "%d of %d pictures came", len(out), len(a.Plan.Picks))
	}
	return out, nil
}
