package probe

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// answer is what we read of ffprobe's JSON. Everything in it may be absent: 5.1 to 8 print different fields, and
// each demuxer knows others.
type answer struct {
	Streams []stream `json:"streams"`
	Frames  []frame  `json:"frames"`
	Format  *format  `json:"format"`
}

type format struct {
	Name     scalar            `json:"format_name"`
	Start    scalar            `json:"start_time"`
	Duration scalar            `json:"duration"`
	Tags     map[string]scalar `json:"tags"`
}

type stream struct {
	Index       scalar            `json:"index"`
	ID          scalar            `json:"id"`
	Type        scalar            `json:"codec_type"`
	Codec       scalar            `json:"codec_name"`
	Tag         scalar            `json:"codec_tag_string"`
	Profile     scalar            `json:"profile"`
	Bits        scalar            `json:"bits_per_raw_sample"`
	FieldOrder  scalar            `json:"field_order"`
	AverageRate scalar            `json:"avg_frame_rate"`
	RealRate    scalar            `json:"r_frame_rate"`
	Start       scalar            `json:"start_time"`
	Duration    scalar            `json:"duration"`
	Disposition map[string]scalar `json:"disposition"`
	Tags        map[string]scalar `json:"tags"`
	look
}

type frame struct {
	Stream     scalar `json:"stream_index"`
	Type       scalar `json:"media_type"`
	Interlaced scalar `json:"interlaced_frame"`
	Time       scalar `json:"best_effort_timestamp_time"`
	look
}

// look is what streams and frames say alike.
type look struct {
	Width        scalar     `json:"width"`
	Height       scalar     `json:"height"`
	SampleAspect scalar     `json:"sample_aspect_ratio"`
	PixFmt       scalar     `json:"pix_fmt"`
	Range        scalar     `json:"color_range"`
	Matrix       scalar     `json:"color_space"`
	Primaries    scalar     `json:"color_primaries"`
	Transfer     scalar     `json:"color_transfer"`
	SideData     []sideData `json:"side_data_list"`
}

// sideData is any of the kinds that we know; Type says which.
type sideData struct {
	Type scalar `json:"side_data_type"`

	// "Display Matrix" of a stream, "3x3 displaymatrix" of a frame.
	DisplayMatrix scalar `json:"displaymatrix"`
	Rotation      scalar `json:"rotation"`

	// "DOVI configuration record" of a stream.
	DolbyProfile scalar `json:"dv_profile"`
	DolbyBase    scalar `json:"dv_bl_signal_compatibility_id"`

	// "Dolby Vision Metadata" of a frame.
	RPUProfile      scalar `json:"vdr_rpu_profile"`
	RPUFullRange    scalar `json:"bl_video_full_range_flag"`
	RPUBits         scalar `json:"vdr_bit_depth"`
	RPUResampled    scalar `json:"el_spatial_resampling_filter_flag"`
	RPUWithoutExtra scalar `json:"disable_residual_flag"`
}

// scalar is a JSON number or string: ffprobe prints the same field as one or the other, depending on release and
// value ("N/A"). Anything else becomes the empty string.
type scalar string

// UnmarshalJSON never fails, so that one odd field does not cost the others.
func (s *scalar) UnmarshalJSON(raw []byte) error {
	*s = ""
	switch {
	case len(raw) > 0 && raw[0] == '"':
		var text string
		if json.Unmarshal(raw, &text) == nil {
			*s = scalar(text)
		}
	case len(raw) > 0 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9'):
		*s = scalar(raw)
	}
	return nil
}

// text returns the value, or nothing for FFmpeg's ways of saying that it does not know.
func (s scalar) text() string {
	switch s {
	case "N/A", "unknown", "unspecified", "reserved":
		return ""
	}
	return string(s)
}

// whole returns the value as a whole number from 0 to most, or 0.
func (s scalar) whole(most int) int {
	n, err := strconv.ParseInt(string(s), 0, 64) // base 0: stream ids are printed as 0x1
	if err != nil || n < 0 || n > int64(most) {
		return 0
	}
	return int(n)
}

// number returns the value as a finite number.
func (s scalar) number() (float64, bool) {
	v, err := strconv.ParseFloat(string(s), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// longest is the longest time that we believe. A TS whose clock wrapped round says 26 hours; nothing says this.
const longest = 1000 * time.Hour

// time returns seconds as a time, if it is one that we believe.
func (s scalar) time() (time.Duration, bool) {
	v, ok := s.number()
	if !ok || math.Abs(v) > longest.Seconds() {
		return 0, false
	}
	return time.Duration(math.Round(v * float64(time.Second))), true
}

// clock returns "00:01:30.041000000", Matroska's DURATION tag, as a time; 0 when it is none.
func (s scalar) clock() time.Duration {
	hours, rest, _ := strings.Cut(string(s), ":")
	minutes, seconds, _ := strings.Cut(rest, ":")
	var sum float64
	for _, part := range [...]struct {
		text string
		unit float64
	}{{hours, 3600}, {minutes, 60}, {seconds, 1}} {
		v, ok := scalar(part.text).number()
		if !ok || v < 0 {
			return 0
		}
		sum += v * part.unit
	}
	if sum > longest.Seconds() {
		return 0
	}
	return time.Duration(math.Round(sum * float64(time.Second)))
}

// ratio returns "num:den" or "num/den" as a number, 0 when it is not a positive one.
func (s scalar) ratio() float64 {
	i := strings.IndexAny(string(s), ":/")
	if i < 0 {
		return 0
	}
	num, ok1 := s[:i].number()
	den, ok2 := s[i+1:].number()
	if !ok1 || !ok2 || num <= 0 || den <= 0 {
		return 0
	}
	return num / den
}

// first returns the first value that FFmpeg knows.
func first(values ...scalar) string {
	for _, v := range values {
		if t := v.text(); t != "" {
			return t
		}
	}
	return ""
}
