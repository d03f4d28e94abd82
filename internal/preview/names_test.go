package preview_test

import (
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestNamesOfVideos(t *testing.T) {
	for name, want := range map[string]bool{
		"Heat (1995).mkv": true, "HEAT.MKV": true, "00001.m2ts": true, "/films/Dark.mp4": true, `D:\films\Dark.avi`: true,
		"Heat.srt": false, "Heat.mkv.part": false, "mkv": false, "": false, "cover.jpg": false, "Heat-320-10.bif": false,
	} {
		if got := preview.VideoName(name); got != want {
			t.Errorf("VideoName(%q) = %v, want %v.", name, got, want)
		}
	}
}

func TestNamesThatAWalkLeavesOut(t *testing.T) {
	for name, want := range map[string]bool{
		"._Heat.mkv": true, ".stversions": true, "@eaDir": true, "$RECYCLE.BIN": true, "System Volume Information": true,
		"Heat (1995).trickplay": true,
		"Heat (1995)":           false, "Heat.mkv": false, "trickplay": false, "": false,
	} {
		if got := preview.LeftOut(name); got != want {
			t.Errorf("LeftOut(%q) = %v, want %v.", name, got, want)
		}
	}
}
