package probe

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Limits of what a video may say of itself. Beyond them FFmpeg would not decode it, or the value is nonsense.
const (
	maxSide        = 32768 // pixels
	maxFrameRate   = 1000
	maxAspect      = 20 // of a sample, and its inverse
	maxStreamIndex = 1 << 20
)

// Parse reads what ffprobe printed for [Args] about a file of size bytes. Values that cannot be are taken for
// unknown; a video without a duration is no error here. Info is filled as far as it was understood when there is an
// error as well. The errors are [preview.Fault]s: VideoNoPicture for sound
// and pictures that do not move, VideoNotVideo, VideoEncrypted, VideoUnsupported, VideoDamaged when not even the
// size of the picture is known, and FFmpegGarbage for text that is not ffprobe's.
func Parse(text []byte, size int64) (Info, error) {
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return Info{}, preview.Because(preview.FFmpegGarbage, "parse answer of ffprobe: %w", err)
	}
	if a.Format == nil {
		return Info{}, preview.Because(preview.FFmpegGarbage, "parse answer of ffprobe: it does not name the format")
	}
	info := Info{Format: a.Format.Name.text(), Bytes: max(size, 0)}
	if err := refuse(info.Format); err != nil {
		return info, err
	}
	at, ordinal, ok := pick(a.Streams)
	if !ok {
		return info, preview.Because(preview.VideoNoPicture, "find picture: no video stream in %s", info.Format)
	}
	s := a.Streams[at]
	info.Stream, info.Ordinal = s.Index.whole(maxStreamIndex), ordinal
	f := a.frameOf(s)

	info.Start = a.start(f)
	info.Duration = a.duration(s, info.Start)
	if strings.Contains(info.Format, "mp4") {
		info.TrackID = uint64(s.ID.whole(math.MaxUint32))
	}
	info.Codec, info.Profile = s.Codec.text(), s.Profile.text()
	info.Width = cmp.Or(s.Width.whole(maxSide), f.Width.whole(maxSide))
	info.Height = cmp.Or(s.Height.whole(maxSide), f.Height.whole(maxSide))
	if err := s.usable(info); err != nil {
		return info, err
	}
	info.PixFmt = first(s.PixFmt, f.PixFmt)
	info.BitDepth = bitDepth(info.PixFmt, s.Bits.whole(16))
	info.SampleAspect = aspect(s.SampleAspect, f.SampleAspect)
	info.Rotation, info.Mirrored = turned(s, f)
	info.FrameRate = frameRate(s.AverageRate, s.RealRate)
	info.Interlaced = slices.Contains([]string{"tt", "bb", "tb", "bt"}, s.FieldOrder.text()) || f.Interlaced == "1"
	info.Matrix = first(s.Matrix, f.Matrix)
	info.Primaries = first(s.Primaries, f.Primaries)
	info.Transfer = first(s.Transfer, f.Transfer)
	// The yuvj formats are FFmpeg's old way to say full range.
	info.FullRange = first(s.Range, f.Range) == "pc" || strings.HasPrefix(info.PixFmt, "yuvj")
	info.HDR, info.DolbyVision = dynamicRange(info.Transfer, s, f)
	return info, nil
}

// refuse says why a format is no video although FFmpeg shows it as one.
func refuse(name string) error {
	switch {
	case name == "tty": // any .txt file, played as a terminal: FFmpeg goes by the extension
		return preview.Because(preview.VideoNotVideo, "find picture: it is text")
	case name == "image2", name == "gif", name == "apng", strings.HasSuffix(name, "_pipe"):
		return preview.Because(preview.VideoNoPicture, "find picture: it is a picture (%s)", name)
	}
	return nil
}

// usable says why the stream cannot be decoded at all.
func (s stream) usable(info Info) error {
	switch {
	case s.encrypted():
		return preview.Because(preview.VideoEncrypted, "look at picture: its samples are encrypted")
	case info.Codec == "" || info.Codec == "none":
		return preview.Because(preview.VideoUnsupported, "look at picture: unknown codec %q", s.Tag)
	case info.Width == 0 || info.Height == 0:
		return preview.Because(preview.VideoDamaged, "look at picture: its size is %q by %q", s.Width, s.Height)
	}
	return nil
}

// encrypted reports whether the file says how its samples are encrypted (a pssh box). FFmpeg hides the sample entry
// "encv" of ISO/IEC 23001-7 behind the name of what is inside, so a file without that box is not recognised here.
func (s stream) encrypted() bool {
	return slices.ContainsFunc(s.SideData, func(d sideData) bool { return d.Type == "Encryption initialization data" })
}

// pick returns the index of the picture stream in streams, and which of the real video streams it is.
func pick(streams []stream) (at, ordinal int, ok bool) {
	best, videos := -1, 0
	for i, s := range streams {
		if !s.moves() {
			continue
		}
		if best < 0 || s.before(streams[best]) {
			best, ordinal = i, videos
		}
		videos++
	}
	return best, ordinal, best >= 0
}

// moves reports whether the stream is a video and not cover art or thumbnails.
func (s stream) moves() bool {
	return s.Type == "video" && !s.is("attached_pic") && !s.is("timed_thumbnails") && !s.is("still_image")
}

func (s stream) is(disposition string) bool { return s.Disposition[disposition] == "1" }

// before reports whether s is rather the picture than t: cover art that is not marked as such comes last, then
// what the file marks as default wins, then the larger one.
func (s stream) before(t stream) bool {
	if a, b := s.still(), t.still(); a != b {
		return b
	}
	if a, b := s.is("default"), t.is("default"); a != b {
		return a
	}
	return s.area() > t.area()
}

// still reports whether the codec is one of cover art. Motion JPEG is a video codec too, so this alone is no proof.
func (s stream) still() bool {
	return slices.Contains([]string{"mjpeg", "png", "bmp", "gif", "webp", "tiff"}, s.Codec.text())
}

func (s stream) area() int { return s.Width.whole(maxSide) * s.Height.whole(maxSide) }

// frameOf returns the frame of the stream that ffprobe decoded, or an empty one.
func (a answer) frameOf(s stream) frame {
	for _, f := range a.Frames {
		if f.Type == "video" && f.Stream == s.Index {
			return f
		}
	}
	return frame{}
}

// aspect returns the width of a sample by its height. "0:1" is FFmpeg's unknown.
func aspect(values ...scalar) float64 {
	for _, v := range values {
		if r := v.ratio(); r >= 1.0/maxAspect && r <= maxAspect {
			return r
		}
	}
	return 1
}

// frameRate prefers the average: the other one is the field rate for interlaced video, and a common multiple where
// the rate varies.
func frameRate(average, base scalar) float64 {
	for _, v := range []scalar{average, base} {
		if r := v.ratio(); r > 0 && r <= maxFrameRate {
			return r
		}
	}
	return 0
}

// bitDepth reads the depth off the end of the pixel format's name ("yuv420p10le", "p010le", "gray12be"); names of 8
// bit formats have no byte order. raw is the codec's own word, for the few names that do not tell.
func bitDepth(pixFmt string, raw int) int {
	name := strings.TrimSuffix(strings.TrimSuffix(pixFmt, "le"), "be")
	if pixFmt != "" && name == pixFmt {
		return 8
	}
	for _, n := range []int{9, 10, 12, 14, 16} {
		if strings.HasSuffix(name, strconv.Itoa(n)) {
			return n
		}
	}
	return max(raw, 8)
}
