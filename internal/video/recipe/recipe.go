// Package recipe knows how to get right pictures out of a video: which frames to take, and what to tell FFmpeg so that
// they come out upright, in shape, in a JPEG's colours and with the time that they belong to.
//
// [For] turns (video, index, device, spec) into an ordered list of attempts; each is tried until one gives a sound
// preview. Everything here is a pure function over plain values: no file, process or clock is touched, and the
// arguments for every kind of video and device stand in testdata as golden files, one argument per line.
//
// # The rungs
//
// Select feeds FFmpeg only the packets of the wanted frames, through its stdin; Keyframes lets FFmpeg read the whole file
// and decode its keyframes; Full lets it decode everything. Each rung is tried on the GPU before the CPU, and all of
// a rung before the next one, because the rungs are further apart than the devices.
//
// # How a picture keeps its time
//
// On Select the feed's clock carries meaning: the picture for slot n is fed at (n+1) times [Step], a picture that is only
// decoded on the way at any other time, and the filter [Wanted] lets the multiples through. Placement is by time,
// never by counting.
package recipe

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/probe"
)

// Version counts the changes of this package that make better pictures. Previews made by an older one are made anew.
const Version = 1

// Step is the time between two slots on the feed's clock. FFmpeg takes a gap of more than 30 hours for a broken
// clock; a thousand seconds leave room for every frame between two slots.
const Step = 1000 * time.Second

// Rung is how much of the file FFmpeg gets to see.
type Rung string

// The rungs, from the cheapest.
const (
	Select    Rung = "select"
	Keyframes Rung = "keyframes"
	Full      Rung = "full"
)

// Index is what the container told of the video's keyframes.
type Index struct {
	Track container.TrackInfo
	Keys  []container.Keyframe // by rising time
}

// Attempt is one way to get the pictures.
type Attempt struct {
	Recipe        string // rung and means, for people and the ledger: "select/cuda", "full/libplacebo"
	Rung          Rung
	Device        preview.Device
	Plan          Plan // of a Select attempt
	Width, Height int  // of the pictures, in pixels
	args          args
}

// Args returns FFmpeg's arguments. The input is "pipe:0" on Select, else the video as [ffmpeg.Input] writes it.
func (a Attempt) Args(input string) []string { return a.args.list(input) }

// Env returns what to add to FFmpeg's environment.
func (a Attempt) Env() []string { return env(a.Device) }

// For lists the ways to make a preview of the video on the device, best first, with the CPU as fallback at each rung.
// The index may be nil: then FFmpeg has to find the frames itself. The error says what the build of FFmpeg lacks
// for this video, when that leaves no way at all.
func For(v probe.Info, index *Index, d preview.Device, spec preview.Spec, f ffmpeg.Features) ([]Attempt, error) {
	s := shapeOf(v, spec.Width)
	if v.HDR == probe.DolbyVision5 {
		if list := dolby5Attempts(v, d, s, f, firstOfSlot(spec.Interval), spec); len(list) > 0 {
			return list, nil
		}
		return nil, preview.Because(preview.VideoDolby5, "no filter for dolby vision profile 5 with this build and device")
	}
	if lacks := missing(v, f); len(lacks) > 0 {
		return nil, preview.Because(preview.FFmpegLacks, "ffmpeg %v lacks the filters %s", f.Version, strings.Join(lacks, ", "))
	}
	devices := []preview.Device{preview.CPUDevice()}
	if d.GPU() && fits(v, d) {
		devices = []preview.Device{d, preview.CPUDevice()}
	}
	var out []Attempt
	for _, rung := range rungs(index, spec) {
		var plan Plan
		if rung == Select {
			plan = NewPlan(index.Keys, v.Start, v.Duration, spec)
		}
		for _, d := range devices {
			a := attempt(rung, v, d, s, spec, f)
			a.Plan = plan
			out = append(out, a)
		}
	}
	return out, nil
}

// rungs lists the rungs that make sense. Keyframes alone cannot be exact.
func rungs(index *Index, spec preview.Spec) []Rung {
	var out []Rung
	if index != nil && len(index.Keys) > 0 && index.Track.Codec != "" {
		out = append(out, Select)
	}
	if spec.Accuracy != preview.Exact {
		out = append(out, Keyframes)
	}
	return append(out, Full)
}

func attempt(rung Rung, v probe.Info, d preview.Device, s shape, spec preview.Spec, f ffmpeg.Features) Attempt {
	a := Attempt{Recipe: string(rung) + "/" + string(d.Kind), Rung: rung, Device: d, Width: s.width, Height: s.height}
	r := routeOf(v, d, s, f)
	a.args = args{global: r.global, input: r.input, output: output(spec)}
	var want string
	switch rung {
	case Select:
		// -copyts keeps the feed's clock: FFmpeg would begin it at the first packet.
		a.args.global = append(a.args.global, "-copyts")
		a.args.input = append(a.args.input, "-f", "matroska")
		want = Wanted
	case Keyframes:
		a.args.input = append(a.args.input, "-skip_frame:v", "nokey")
		if strings.Contains(v.Format, "mp4") {
			// The demuxer skips the other samples' bytes: 5.5 s instead of 9.1 s for 8 GB. It does nothing
			// for other formats.
			a.args.input = append(a.args.input, "-discard:v", "nokey")
		}
		want = thinned(spec.Interval)
	case Full:
		want = firstOfSlot(spec.Interval)
	}
	if rung != Select {
		a.args.stream = v.Stream
	}
	if alone := rung == Keyframes || rung == Select && a.Plan.KeyframesOnly(); alone && !d.GPU() && s.shrinks(v, 4) {
		// What the deblocking filter smooths is gone at a quarter of the size, and no other picture is made from these: 6
		// to 9 % less CPU.
		a.args.input = append(a.args.input, "-skip_loop_filter:v", "all")
	}
	a.args.filter = chain{selectFilter(want)}
	a.args.filter = append(a.args.filter, r.filter...)
	a.args.filter = append(a.args.filter, scaleFilters(v, s)...)
	a.args.filter = append(a.args.filter, s.filters()...)
	return a
}

// Wanted lets pictures through whose time is a multiple of [Step], half a second at the most behind it: Matroska
// rounds to milliseconds.
const Wanted = "lt(mod(t,1000),0.5)"

// firstOfSlot lets through the first frame at or after each slot's time: at most one frame late. Times before the
// file's start belong to frames that an edit list hides.
func firstOfSlot(interval time.Duration) string {
	i := seconds(interval)
	return fmt.Sprintf("gte(t,0)*(isnan(prev_selected_t)+gt(floor((t+0.0005)/%s),floor((prev_selected_t+0.0005)/%s)))", i, i)
}

// thinned lets through keyframes that are at least an eighth of an interval apart. Where every frame is a keyframe, the
// others would be scaled and encoded for nothing; the nearest one is still at most a sixteenth of an interval off.
func thinned(interval time.Duration) string {
	return fmt.Sprintf("isnan(prev_selected_t)+gte(t-prev_selected_t,%s)", seconds(interval/8))
}

func selectFilter(expression string) filter {
	return filter{name: "select", args: []string{expression}}
}

// seconds writes a duration as FFmpeg reads it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }
