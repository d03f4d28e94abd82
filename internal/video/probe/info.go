package probe

import "time"

// HDR is how a video's brightness is coded. Its text is stored and shown.
type HDR string

// The kinds of HDR. For Dolby Vision the profile says which base layer a player without it sees; it stands in
// Info.DolbyVision and Info.HDR is then the base layer's kind, except for profile 5, which has none.
const (
	SDR       HDR = "sdr"
	HDR10     HDR = "hdr10"
	HDR10Plus HDR = "hdr10+"
	HLG       HDR = "hlg"
	// DolbyVision5 is profile 5, and profile 10 (AV1) without a base layer for others: the colours are IPTPQc2 and
	// mean nothing without the RPU of each frame.
	DolbyVision5 HDR = "dv5"
)

// Info is what a video file says of its picture. All of it comes from one run of ffprobe.
type Info struct {
	Format   string        // FFmpeg's demuxer: "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "mpegts"
	Start    time.Duration // the file's first timestamp, FFmpeg's format start_time; FFmpeg subtracts it from all times
	Duration time.Duration // from Start to the file's end; the stream's where the file's is unknown; 0 when neither is
	Bytes    int64         // file size

	Stream  int    // FFmpeg's index of the picture stream, for -map 0:N
	TrackID uint64 // track_ID in MP4; 0 where the format has none
	Ordinal int    // which of the real video streams it is (cover art not counted), from 0

	Codec    string // FFmpeg's name: "h264", "hevc", "av1", "vp9", "mpeg2video", "vc1"
	Profile  string // FFmpeg's text: "High", "Main 10"
	PixFmt   string // FFmpeg's name: "yuv420p10le"; empty when FFmpeg could not tell
	BitDepth int    // 8, 10, 12; 8 when unknown

	Width, Height int     // coded size in pixels, before sample aspect and rotation
	SampleAspect  float64 // width of one sample by its height; 1 when unknown
	Rotation      int     // clockwise degrees to turn the coded picture for showing: 0, 90, 180, 270
	Mirrored      bool    // flip left and right, before the rotation

	FrameRate  float64 // frames per second; 0 when unknown
	Interlaced bool

	Matrix    string // FFmpeg's names: "bt709", "smpte170m", "bt2020nc", "gbr"; empty when unknown
	Primaries string // "bt709", "bt2020"; empty when unknown
	Transfer  string // "bt709", "smpte2084", "arib-std-b67"; empty when unknown
	FullRange bool   // false when unknown

	HDR         HDR
	DolbyVision int // the profile, 0 without Dolby Vision
}
