package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// doc writes an answer with one video stream: three pieces of JSON that add to its stream, frame and format, or
// replace what is there, for the last of two equal names counts.
func doc(stream, frame, format string) string {
	join := func(base, more string) string {
		if more == "" {
			return base
		}
		return base + "," + more
	}
	return fmt.Sprintf(`{"streams":[{%s}],"frames":[{%s}],"format":{%s}}`,
		join(`"index":0,"codec_name":"h264","codec_type":"video","codec_tag_string":"avc1","width":320,"height":180`, stream),
		join(`"media_type":"video","stream_index":0`, frame),
		join(`"format_name":"mov,mp4,m4a,3gp,3g2,mj2"`, format))
}

// plain is what Parse makes of doc without more fields.
func plain(change func(*Info)) Info {
	i := Info{Format: "mov,mp4,m4a,3gp,3g2,mj2", Bytes: 1000, Codec: "h264", BitDepth: 8, Width: 320, Height: 180, SampleAspect: 1, HDR: SDR}
	if change != nil {
		change(&i)
	}
	return i
}

const (
	second      = time.Second
	dolbyRecord = `"side_data_list":[{"side_data_type":"DOVI configuration record","dv_version_major":1,"dv_version_minor":0,"dv_profile":%d,"dv_level":6,"rpu_present_flag":1,"el_present_flag":%d,"bl_present_flag":1,"dv_bl_signal_compatibility_id":%d%s}]`
	pq          = `"color_space":"bt2020nc","color_transfer":"smpte2084","color_primaries":"bt2020"`
	hdr10p      = `"side_data_list":[{"side_data_type":"HDR Dynamic Metadata SMPTE2094-40 (HDR10+)","application version":1,"num_windows":1}]`
	rpu         = `"side_data_list":[{"side_data_type":"Dolby Vision Metadata","rpu_type":2,"vdr_rpu_profile":%d,"bl_video_full_range_flag":%d,"vdr_bit_depth":12,"el_spatial_resampling_filter_flag":%d,"disable_residual_flag":%d}]`
	turned90    = `"side_data_list":[{"side_data_type":"Display Matrix","displaymatrix":"\n00000000:            0       65536           0\n00000001:       -65536           0           0\n00000002:            0           0  1073741824\n","rotation":-90}]`
)

func pqInfo(change func(*Info)) Info {
	i := plain(func(i *Info) { i.Matrix, i.Transfer, i.Primaries, i.HDR = "bt2020nc", "smpte2084", "bt2020", HDR10 })
	change(&i)
	return i
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want Info
	}{
		"almost nothing said": {doc("", "", ""), plain(nil)},
		"the usual": {
			doc(`"id":"0x1","profile":"High","pix_fmt":"yuv420p","sample_aspect_ratio":"1:1","avg_frame_rate":"24000/1001","r_frame_rate":"24000/1001","field_order":"progressive","color_range":"tv","color_space":"bt709","color_transfer":"bt709","color_primaries":"bt709"`,
				"", `"start_time":"0.000000","duration":"90.032000"`),
			plain(func(i *Info) {
				i.TrackID, i.Profile, i.PixFmt, i.FrameRate, i.Duration = 1, "High", "yuv420p", 24000.0/1001, 90032*time.Millisecond
				i.Matrix, i.Transfer, i.Primaries = "bt709", "bt709", "bt709"
			}),
		},

		"start":                             {doc("", `"best_effort_timestamp_time":"1.483311"`, `"start_time":"1.478311"`), plain(func(i *Info) { i.Start = 1478311 * time.Microsecond })},
		"negative start":                    {doc("", "", `"start_time":"-0.021000"`), plain(func(i *Info) { i.Start = -21 * time.Millisecond })},
		"start known from the picture only": {doc("", `"best_effort_timestamp_time":"1.483311"`, `"start_time":"N/A"`), plain(func(i *Info) { i.Start = 1483311 * time.Microsecond })},

		"duration of the file":         {doc(`"duration":"9.9"`, "", `"duration":"10.000"`), plain(func(i *Info) { i.Duration = 10 * second })},
		"duration of the stream":       {doc(`"duration":"9.5"`, "", `"duration":"N/A"`), plain(func(i *Info) { i.Duration = 9500 * time.Millisecond })},
		"duration of Matroska's track": {doc(`"tags":{"DURATION":"01:01:30.250000000"}`, "", ""), plain(func(i *Info) { i.Duration = 3690*second + 250*time.Millisecond })},
		"duration of 30 hours":         {doc("", "", `"duration":"108000.000000"`), plain(func(i *Info) { i.Duration = 30 * time.Hour })},
		"duration zero":                {doc("", "", `"duration":"0.000000"`), plain(nil)},
		"duration as a number":         {doc("", "", `"duration":10.5`), plain(func(i *Info) { i.Duration = 10500 * time.Millisecond })},

		"duration of a MP4 that starts with a gap": {
			doc(`"start_time":"5.000000","duration":"10.000000"`, "", `"start_time":"5.000000","duration":"15.020000"`),
			plain(func(i *Info) { i.Start, i.Duration = 5*second, 10020*time.Millisecond }),
		},
		"duration of a fragmented MP4": {
			doc(`"start_time":"0.080000","duration":"10.000000"`, "", `"start_time":"0.080000","duration":"10.000000"`),
			plain(func(i *Info) { i.Start, i.Duration = 80*time.Millisecond, 10*second }),
		},
		"duration in Matroska by FFmpeg": {
			doc("", "", `"format_name":"matroska,webm","start_time":"100.000000","duration":"110.000000","tags":{"encoder":"Lavf59.27.100"}`),
			plain(func(i *Info) { i.Format, i.Start, i.Duration = "matroska,webm", 100*second, 10*second }),
		},
		"duration in Matroska by mkvmerge": {
			doc("", "", `"format_name":"matroska,webm","start_time":"100.000000","duration":"110.000000","tags":{"encoder":"libebml v1.4.2 + libmatroska v1.6.4"}`),
			plain(func(i *Info) { i.Format, i.Start, i.Duration = "matroska,webm", 100*second, 110*second }),
		},

		"hostile times":  {doc(`"duration":"-5","tags":{"DURATION":"-1:99:NaN"}`, `"best_effort_timestamp_time":"inf"`, `"start_time":"1e300","duration":"NaN"`), plain(nil)},
		"endless":        {doc(`"duration":"1e18","tags":{"DURATION":"999999999:00:00.0"}`, "", `"duration":"9223372036854775807"`), plain(nil)},
		"hostile rates":  {doc(`"avg_frame_rate":"1/0","r_frame_rate":"90000/1"`, "", ""), plain(nil)},
		"negative rate":  {doc(`"avg_frame_rate":"-25/1","r_frame_rate":"25/1"`, "", ""), plain(func(i *Info) { i.FrameRate = 25 })},
		"hostile aspect": {doc(`"sample_aspect_ratio":"2147483647:1"`, "", ""), plain(nil)},
		"hostile index":  {doc(`"id":"-3","bits_per_raw_sample":"4000000000"`, "", ""), plain(nil)},
		"odd types":      {doc(`"pix_fmt":{"a":[1]},"profile":null,"color_range":[],"sample_aspect_ratio":true`, "", ""), plain(nil)},

		"aspect":                     {doc(`"sample_aspect_ratio":"64:45"`, "", ""), plain(func(i *Info) { i.SampleAspect = 64.0 / 45 })},
		"aspect unknown":             {doc(`"sample_aspect_ratio":"0:1"`, "", ""), plain(nil)},
		"aspect known from a frame":  {doc(`"sample_aspect_ratio":"N/A"`, `"sample_aspect_ratio":"4:3"`, ""), plain(func(i *Info) { i.SampleAspect = 4.0 / 3 })},
		"fields":                     {doc(`"field_order":"tt"`, "", ""), plain(func(i *Info) { i.Interlaced = true })},
		"fields, bottom first coded": {doc(`"field_order":"bt"`, "", ""), plain(func(i *Info) { i.Interlaced = true })},
		"fields seen in a frame":     {doc(`"field_order":"unknown"`, `"interlaced_frame":1`, ""), plain(func(i *Info) { i.Interlaced = true })},
		"full range":                 {doc(`"color_range":"pc"`, "", ""), plain(func(i *Info) { i.FullRange = true })},
		"full range, the old way":    {doc(`"pix_fmt":"yuvj420p"`, "", ""), plain(func(i *Info) { i.PixFmt, i.FullRange = "yuvj420p", true })},
		"a frame fills in": {
			doc(`"width":0,"height":0,"color_space":"unknown","color_primaries":"reserved"`, `"width":640,"height":360,"pix_fmt":"yuv420p10le","color_range":"pc","color_space":"bt470bg","color_transfer":"bt709","color_primaries":"bt470bg"`, ""),
			plain(func(i *Info) {
				i.Width, i.Height, i.PixFmt, i.BitDepth, i.FullRange = 640, 360, "yuv420p10le", 10, true
				i.Matrix, i.Transfer, i.Primaries = "bt470bg", "bt709", "bt470bg"
			}),
		},
		"a frame of another stream does not": {doc("", `"stream_index":1,"pix_fmt":"yuv444p"`, ""), plain(nil)},
		"track ids of other formats":         {doc(`"id":"0x100"`, "", `"format_name":"mpegts"`), plain(func(i *Info) { i.Format = "mpegts" })},

		"turned, matrix":            {doc(turned90, "", ""), plain(func(i *Info) { i.Rotation = 90 })},
		"turned, number only":       {doc(`"side_data_list":[{"side_data_type":"Display Matrix","rotation":-90}]`, "", ""), plain(func(i *Info) { i.Rotation = 90 })},
		"turned, the old tag":       {doc(`"tags":{"rotate":"270"}`, "", ""), plain(func(i *Info) { i.Rotation = 270 })},
		"turned, matrix before tag": {doc(turned90+`,"tags":{"rotate":"180"}`, "", ""), plain(func(i *Info) { i.Rotation = 90 })},
		"turned by 180":             {doc(`"side_data_list":[{"side_data_type":"Display Matrix","rotation":-180}]`, "", ""), plain(func(i *Info) { i.Rotation = 180 })},
		"turned a little":           {doc(`"side_data_list":[{"side_data_type":"Display Matrix","rotation":88.7}]`, "", ""), plain(func(i *Info) { i.Rotation = 270 })},
		"turned by nonsense":        {doc(`"side_data_list":[{"side_data_type":"Display Matrix","displaymatrix":"\n00000000: x","rotation":"nan"}]`, "", ""), plain(nil)},
		"a matrix of nothing":       {doc(`"side_data_list":[{"side_data_type":"Display Matrix","displaymatrix":"\n00000000: 0 0 0\n00000001: 0 0 0\n00000002: 0 0 0\n"}]`, "", ""), plain(nil)},
		"turned by an SEI message":  {doc("", strings.Replace(turned90, "Display Matrix", "3x3 displaymatrix", 1), ""), plain(func(i *Info) { i.Rotation = 90 })},

		"HDR10":                     {doc(pq, "", ""), pqInfo(func(*Info) {})},
		"HDR10+":                    {doc(pq, hdr10p, ""), pqInfo(func(i *Info) { i.HDR = HDR10Plus })},
		"HDR10+ said by the stream": {doc(pq+`,"side_data_list":[{"side_data_type":"HDR10+ Dynamic Metadata (SMPTE 2094-40)"}]`, "", ""), pqInfo(func(i *Info) { i.HDR = HDR10Plus })},
		"HLG":                       {doc(`"color_transfer":"arib-std-b67"`, "", ""), plain(func(i *Info) { i.HDR, i.Transfer = HLG, "arib-std-b67" })},
		// Tags of BT.2020 alone make no HDR.
		"SDR in BT.2020": {doc(`"color_transfer":"bt2020-10","color_primaries":"bt2020"`, "", ""), plain(func(i *Info) { i.Transfer, i.Primaries = "bt2020-10", "bt2020" })},

		"DV 4":                        {doc(fmt.Sprintf(dolbyRecord, 4, 1, 2, ""), "", ""), plain(func(i *Info) { i.DolbyVision = 4 })},
		"DV 5":                        {doc(fmt.Sprintf(dolbyRecord, 5, 0, 0, ""), "", ""), plain(func(i *Info) { i.DolbyVision, i.HDR = 5, DolbyVision5 })},
		"DV 5, tagged as HDR10":       {doc(pq+","+fmt.Sprintf(dolbyRecord, 5, 0, 0, `,"dv_md_compression":"none"`), "", ""), pqInfo(func(i *Info) { i.DolbyVision, i.HDR = 5, DolbyVision5 })},
		"DV 7 of a Blu-ray":           {doc(pq+","+fmt.Sprintf(dolbyRecord, 7, 1, 6, ""), "", ""), pqInfo(func(i *Info) { i.DolbyVision = 7 })},
		"DV 7, base not tagged":       {doc(fmt.Sprintf(dolbyRecord, 7, 1, 6, ""), "", ""), plain(func(i *Info) { i.DolbyVision, i.HDR = 7, HDR10 })},
		"DV 8.1":                      {doc(pq+","+fmt.Sprintf(dolbyRecord, 8, 0, 1, ""), "", ""), pqInfo(func(i *Info) { i.DolbyVision = 8 })},
		"DV 8.1 with HDR10+":          {doc(pq+","+fmt.Sprintf(dolbyRecord, 8, 0, 1, ""), hdr10p, ""), pqInfo(func(i *Info) { i.DolbyVision, i.HDR = 8, HDR10Plus })},
		"DV 8.1, base not tagged":     {doc(fmt.Sprintf(dolbyRecord, 8, 0, 1, ""), "", ""), plain(func(i *Info) { i.DolbyVision, i.HDR = 8, HDR10 })},
		"DV 8.2":                      {doc(`"color_transfer":"bt709",`+fmt.Sprintf(dolbyRecord, 8, 0, 2, ""), "", ""), plain(func(i *Info) { i.DolbyVision, i.Transfer = 8, "bt709" })},
		"DV 8.4 of a phone":           {doc(`"color_transfer":"arib-std-b67",`+fmt.Sprintf(dolbyRecord, 8, 0, 4, ""), "", ""), plain(func(i *Info) { i.DolbyVision, i.HDR, i.Transfer = 8, HLG, "arib-std-b67" })},
		"DV 8.4, base not tagged":     {doc(fmt.Sprintf(dolbyRecord, 8, 0, 4, ""), "", ""), plain(func(i *Info) { i.DolbyVision, i.HDR = 8, HLG })},
		"DV 9":                        {doc(fmt.Sprintf(dolbyRecord, 9, 0, 2, ""), "", ""), plain(func(i *Info) { i.DolbyVision = 9 })},
		"DV 10.0 is like 5":           {doc(pq+","+fmt.Sprintf(dolbyRecord, 10, 0, 0, ""), "", ""), pqInfo(func(i *Info) { i.DolbyVision, i.HDR = 10, DolbyVision5 })},
		"DV 10.1":                     {doc(pq+","+fmt.Sprintf(dolbyRecord, 10, 0, 1, ""), "", ""), pqInfo(func(i *Info) { i.DolbyVision = 10 })},
		"DV 10.4, base not tagged":    {doc(fmt.Sprintf(dolbyRecord, 10, 0, 4, ""), "", ""), plain(func(i *Info) { i.DolbyVision, i.HDR = 10, HLG })},
		"DV 5 whose record was lost":  {doc(pq, fmt.Sprintf(rpu, 0, 1, 0, 1), ""), pqInfo(func(i *Info) { i.DolbyVision, i.HDR = 5, DolbyVision5 })},
		"DV 7 whose record was lost":  {doc(pq, fmt.Sprintf(rpu, 1, 0, 1, 0), ""), pqInfo(func(i *Info) { i.DolbyVision = 7 })},
		"DV 8 whose record was lost":  {doc(pq, fmt.Sprintf(rpu, 1, 0, 0, 1), ""), pqInfo(func(i *Info) { i.DolbyVision = 8 })},
		"a record that says nothing":  {doc(`"side_data_list":[{"side_data_type":"DOVI configuration record","dv_profile":-1}]`, "", ""), plain(nil)},
		"side data that we know not":  {doc(`"side_data_list":[{"side_data_type":"Stereo 3D","type":"2D"},{}]`, "", ""), plain(nil)},
		"an answer of a later FFmpeg": {strings.Replace(doc("", "", ""), `{"streams"`, `{"stream_groups":[],"programs":[],"streams"`, 1), plain(nil)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(test.text), 1000)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestPictureStreamIsPicked(t *testing.T) {
	t.Parallel()
	video := func(index, width int, more string) string {
		return fmt.Sprintf(`{"index":%d,"codec_type":"video","codec_name":"h264","width":%d,"height":100%s}`, index, width, more)
	}
	const (
		sound     = `{"index":0,"codec_type":"audio","codec_name":"aac"}`
		asDefault = `,"disposition":{"default":1}`
		cover     = `,"disposition":{"default":1,"attached_pic":1}`
		thumbs    = `,"disposition":{"attached_pic":0,"timed_thumbnails":1}`
		still     = `,"disposition":{"still_image":1}`
		jpeg      = `,"codec_name":"mjpeg"`
	)
	for name, c := range map[string]struct {
		streams         []string
		stream, ordinal int
	}{
		"after sound":                      {[]string{sound, video(1, 100, "")}, 1, 0},
		"the larger one":                   {[]string{video(0, 100, ""), video(1, 200, "")}, 1, 1},
		"the first of equals":              {[]string{video(0, 100, ""), video(1, 100, "")}, 0, 0},
		"the default before the larger":    {[]string{video(0, 200, ""), video(1, 100, asDefault)}, 1, 1},
		"cover art first in the file":      {[]string{video(0, 900, cover), sound, video(2, 100, "")}, 2, 0},
		"thumbnails and stills":            {[]string{video(0, 900, thumbs), video(1, 900, still), video(2, 100, ""), video(3, 200, "")}, 3, 1},
		"cover art that is not marked":     {[]string{video(0, 900, asDefault+jpeg), video(1, 100, "")}, 1, 1},
		"a Blu-ray's enhancement layer":    {[]string{video(0, 3840, ""), video(1, 1920, "")}, 0, 0},
		"motion JPEG where it is the film": {[]string{video(0, 640, jpeg)}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(`{"streams":[`+strings.Join(c.streams, ",")+`],"format":{"format_name":"matroska,webm"}}`), 1)
			if err != nil {
				t.Fatal(err)
			}
			if got.Stream != c.stream || got.Ordinal != c.ordinal {
				t.Errorf("picked stream %d, video %d; want stream %d, video %d", got.Stream, got.Ordinal, c.stream, c.ordinal)
			}
		})
	}
}

func TestBitDepth(t *testing.T) {
	t.Parallel()
	for pixFmt, want := range map[string]int{
		"yuv420p": 8, "yuvj420p": 8, "nv12": 8, "gbrp": 8, "yuv410p": 8, "gray": 8, "rgb24": 8, "nv16": 8,
		"yuv420p10le": 10, "yuv422p10be": 10, "yuv444p12le": 12, "p010le": 10, "p016le": 16, "p210le": 10, "gbrp12le": 12,
		"gray10le": 10, "gray16le": 16, "yuv420p9le": 9, "x2rgb10le": 10, "y212le": 12, "yuva444p16le": 16,
	} {
		if got := bitDepth(pixFmt, 0); got != want {
			t.Errorf("%s has %d bits, want %d", pixFmt, got, want)
		}
	}
	if got := bitDepth("", 10); got != 10 {
		t.Errorf("without a pixel format the codec's 10 bits became %d", got)
	}
}

// TestMatrixAndNumberAgree turns every way that a matrix can and compares with the number FFmpeg prints beside it.
func TestMatrixAndNumberAgree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		matrix    string // a b c d
		clockwise int
		mirrored  bool
	}{
		{"1 0 0 1", 0, false},
		{"0 1 -1 0", 90, false},
		{"-1 0 0 -1", 180, false},
		{"0 -1 1 0", 270, false},
		{"-1 0 0 1", 0, true},   // left and right flipped
		{"1 0 0 -1", 180, true}, // upside down in a mirror
		{"0 -1 -1 0", 90, true}, // flipped, then a quarter turn clockwise
		{"0 1 1 0", 270, true},  // transposed
	} {
		var a, b, cc, d int
		if _, err := fmt.Sscan(c.matrix, &a, &b, &cc, &d); err != nil {
			t.Fatal(err)
		}
		dump := fmt.Sprintf("\n00000000: %d %d 0\n00000001: %d %d 0\n00000002: 0 0 1073741824\n", a<<16, b<<16, cc<<16, d<<16)
		clockwise, mirrored, ok := matrixTurn(scalar(dump))
		if !ok || clockwise != c.clockwise || mirrored != c.mirrored {
			t.Errorf("%s turns by %d, mirrored %v; want %d, %v", c.matrix, clockwise, mirrored, c.clockwise, c.mirrored)
		}
	}
}

func TestBadAnswersHaveReasons(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want preview.Reason
	}{
		"nothing":            {"", preview.FFmpegGarbage},
		"text":               {"ffprobe: symbol lookup error", preview.FFmpegGarbage},
		"cut off":            {doc("", "", "")[:100], preview.FFmpegGarbage},
		"an empty object":    {"{}", preview.FFmpegGarbage},
		"a list":             {"[]", preview.FFmpegGarbage},
		"null":               {"null", preview.FFmpegGarbage},
		"streams are a word": {`{"streams":"none","format":{}}`, preview.FFmpegGarbage},
		"no streams":         {`{"streams":[],"format":{"format_name":"mp3"}}`, preview.VideoNoPicture},
		"sound only":         {`{"streams":[{"index":0,"codec_type":"audio","codec_name":"aac"}],"format":{"format_name":"mov,mp4,m4a,3gp,3g2,mj2"}}`, preview.VideoNoPicture},
		"cover art only":     {doc(`"codec_name":"mjpeg","disposition":{"attached_pic":1}`, "", `"format_name":"mp3"`), preview.VideoNoPicture},
		"a photo":            {doc(`"codec_name":"mjpeg"`, "", `"format_name":"jpeg_pipe"`), preview.VideoNoPicture},
		"a photo by name":    {doc(`"codec_name":"mjpeg"`, "", `"format_name":"image2"`), preview.VideoNoPicture},
		"text as a terminal": {doc(`"codec_name":"ansi"`, "", `"format_name":"tty"`), preview.VideoNotVideo},
		"width zero":         {doc(`"width":0`, "", ""), preview.VideoDamaged},
		"height negative":    {doc(`"height":-180`, "", ""), preview.VideoDamaged},
		"width huge":         {doc(`"width":1e9`, "", ""), preview.VideoDamaged},
		"height too large":   {doc(`"height":99999999999999999999`, "", ""), preview.VideoDamaged},
		"unknown codec":      {doc(`"codec_name":"unknown"`, "", ""), preview.VideoUnsupported},
		"encrypted":          {doc(`"side_data_list":[{"side_data_type":"Encryption initialization data"}]`, "", ""), preview.VideoEncrypted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(c.text), 1000)
			if got := preview.ReasonOf(err); err == nil || got != c.want {
				t.Errorf("error %v with reason %s, want %s", err, got, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "{}", doc("", "", ""), doc(turned90, hdr10p, `"start_time":"1.4"`), doc(fmt.Sprintf(dolbyRecord, 5, 0, 0, ""), fmt.Sprintf(rpu, 0, 1, 0, 1), `"duration":"1e18"`)} {
		f.Add([]byte(text), int64(1000))
	}
	recorded, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range recorded {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, int64(-1))
	}
	f.Fuzz(func(t *testing.T, text []byte, size int64) {
		i, err := Parse(text, size)
		if err != nil {
			if preview.ReasonOf(err) == preview.Unknown {
				t.Fatalf("an error without a reason: %v", err)
			}
			return
		}
		switch {
		case i.Width <= 0 || i.Height <= 0 || i.Width > maxSide || i.Height > maxSide:
			t.Fatalf("%d by %d pixels", i.Width, i.Height)
		case i.Duration < 0 || i.Duration > longest || i.Start.Abs() > longest || i.Bytes < 0:
			t.Fatalf("from %v for %v, %d bytes", i.Start, i.Duration, i.Bytes)
		case !(i.SampleAspect >= 1.0/maxAspect && i.SampleAspect <= maxAspect) || !(i.FrameRate >= 0 && i.FrameRate <= maxFrameRate):
			t.Fatalf("aspect %v, rate %v", i.SampleAspect, i.FrameRate)
		case i.Rotation%90 != 0 || i.Rotation < 0 || i.Rotation > 270 || i.BitDepth < 8 || i.BitDepth > 16 || i.HDR == "":
			t.Fatalf("turned by %d, %d bits, %q", i.Rotation, i.BitDepth, i.HDR)
		case i.Stream < 0 || i.Ordinal < 0 || i.Codec == "":
			t.Fatalf("stream %d, ordinal %d, codec %q", i.Stream, i.Ordinal, i.Codec)
		}
	})
}

// TestRecordedAnswers reads what ffprobe printed, by release and kind; those called made- were written after public
// examples, because no encoder here makes such videos.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	const mp4 = "mov,mp4,m4a,3gp,3g2,mj2"
	for name, want := range map[string]Info{
		"5.1-hevc-hdr10-mp4": {
			Format: mp4, TrackID: 1, Duration: 10 * second, Codec: "hevc", Profile: "Main 10", PixFmt: "yuv420p10le", BitDepth: 10,
			Width: 320, Height: 180, SampleAspect: 1, FrameRate: 25, Matrix: "bt2020nc", Primaries: "bt2020", Transfer: "smpte2084", HDR: HDR10,
		},
		"5.1-h264-rotated-mp4": {
			Format: mp4, TrackID: 1, Duration: 10 * second, Codec: "h264", Profile: "High", PixFmt: "yuv420p", BitDepth: 8,
			Width: 320, Height: 180, SampleAspect: 1, Rotation: 90, FrameRate: 25, Matrix: "bt709", Primaries: "bt709", Transfer: "bt709", HDR: SDR,
		},
		"5.1-mpeg2-interlaced-ts": {
			Format: "mpegts", Start: 1440 * time.Millisecond, Duration: 10 * second, Codec: "mpeg2video", Profile: "Main", PixFmt: "yuv420p", BitDepth: 8,
			Width: 320, Height: 180, SampleAspect: 1, FrameRate: 25, Interlaced: true, Matrix: "bt709", Primaries: "bt709", Transfer: "bt709", HDR: SDR,
		},
		"5.1-h264-cover-mkv": { // asked with v in place of V, so that the cover shows
			Format: "matroska,webm", Duration: 89999 * time.Millisecond, Codec: "h264", Profile: "High", PixFmt: "yuv420p", BitDepth: 8,
			Width: 1920, Height: 1080, SampleAspect: 1, FrameRate: 24, HDR: SDR,
		},
		"made-7.1-hevc-dv5-mp4": {
			Format: mp4, TrackID: 1, Duration: 30125 * time.Millisecond, Codec: "hevc", Profile: "Main 10", PixFmt: "yuv420p10le", BitDepth: 10,
			Width: 3840, Height: 1616, SampleAspect: 1, FrameRate: 24, HDR: DolbyVision5, DolbyVision: 5,
		},
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", name, diff)
		}
	}
}

func TestArgs(t *testing.T) {
	t.Parallel()
	short := strings.Join(Args("/films/-a: b.MKV"), " ")
	if !strings.HasSuffix(short, "-i file:/films/-a: b.MKV") || !strings.Contains(short, "-analyzeduration 1000000 ") {
		t.Errorf("Matroska is asked with %s", short)
	}
	if long := strings.Join(Args("tv.ts"), " "); strings.Contains(long, "-analyzeduration") {
		t.Errorf("a transport stream is asked with %s", long)
	}
}
