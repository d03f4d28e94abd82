package assets

import "image/color"

// ProbeCodecs are the codecs that there is a probe clip of, by FFmpeg's names, the most common first.
func ProbeCodecs() []string { return []string{"h264", "hevc", "vp9", "av1"} }

// ProbeClip returns half a second of colour bars as a Matroska file: 640x360, 24 frames a second, square samples,
// BT.709, limited range, keyframes at 0 and 0.25 s, no sound. "h264" is High at 8 bit, "hevc" is Main 10, "av1" is Main
// at 8 bit, "vp9" is profile 0. It is nil for any other codec. The caller gets its own copy.
//
// probe/make.sh makes the clips.
func ProbeClip(codec string) []byte {
	clip, err := files.ReadFile("probe/" + codec + ".mkv")
	if err != nil {
		return nil
	}
	return clip
}

// ProbeBars are the colours of the eight vertical bars of equal width, left to right, as sRGB. They fill the upper
// three quarters of the picture. What is below them moves, and is for nobody to compare.
func ProbeBars() [8]color.RGBA {
	const lo, hi = 0x20, 0xC0
	return [8]color.RGBA{
		{hi, hi, hi, 0xFF}, // grey
		{hi, hi, lo, 0xFF}, // yellow
		{lo, hi, hi, 0xFF}, // cyan
		{lo, hi, lo, 0xFF}, // green
		{hi, lo, hi, 0xFF}, // magenta
		{hi, lo, lo, 0xFF}, // red
		{lo, lo, hi, 0xFF}, // blue
		{lo, lo, lo, 0xFF}, // nearly black
	}
}
