package ffmpeg

// Input returns a path as FFmpeg's -i (and ffprobe's input) wants it, so that every name stays a name: one with a
// leading dash is no option, one with a colon no protocol. FFmpeg's file protocol takes what follows the prefix byte
// by byte, without any decoding.
func Input(path string) string { return "file:" + path }
