//go:build !linux

package ffmpeg_test

func beParent() {}
