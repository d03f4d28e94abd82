//go:build unix

package ffmpeg

func program(name string) string { return name }
