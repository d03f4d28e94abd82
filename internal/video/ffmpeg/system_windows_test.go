package ffmpeg

import (
	"testing"

	"golang.org/x/sys/windows"
)

func TestFlagsAreJoined(t *testing.T) {
	for nice, want := range map[bool]uint32{
		false: windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP,
		true:  windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP | windows.BELOW_NORMAL_PRIORITY_CLASS,
	} {
		if got := attributes(nice).CreationFlags; got != want {
			t.Errorf("nice %v: flags %#x, want %#x", nice, got, want)
		}
	}
}
