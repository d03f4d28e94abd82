package assets_test

import (
	"bytes"
	"testing"

	"github.com/scrubjay/scrubjay/assets"
)

func TestEveryProbeCodecHasAClip(t *testing.T) {
	for _, codec := range assets.ProbeCodecs() {
		clip := assets.ProbeClip(codec)
		if !bytes.HasPrefix(clip, []byte{0x1A, 0x45, 0xDF, 0xA3}) {
			t.Errorf("%s: the clip is no Matroska file", codec)
		}
		if len(clip) > 15<<10 {
			t.Errorf("%s: %d bytes are built into every program; keep it below 15 KiB", codec, len(clip))
		}
	}
}

func TestUnknownCodecHasNoClip(t *testing.T) {
	for _, codec := range []string{"", "mpeg2video", "../assets", "h264.mkv"} {
		if clip := assets.ProbeClip(codec); clip != nil {
			t.Errorf("%q: got %d bytes", codec, len(clip))
		}
	}
}
