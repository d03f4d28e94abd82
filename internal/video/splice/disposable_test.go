package splice

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/container/mkv"
)

// TestNobodyMissesDisposablePictures leaves them all out: the others must come out in order and the same to the last bit.
func TestNobodyMissesDisposablePictures(t *testing.T) {
	clip.Need(t)
	x265 := "log-level=none:keyint=50:scenecut=0:bframes=3:"
	kinds := map[string]struct {
		encoder []string
		some    bool // pictures are disposable
	}{
		"h264":             {[]string{"libx264", "-x264-params", "keyint=50:bframes=3:b-adapt=0"}, true},
		"h264 pyramid":     {[]string{"libx264", "-x264-params", "keyint=50:bframes=7:b-adapt=0:b-pyramid=normal:ref=4"}, true},
		"h264 slices":      {[]string{"libx264", "-x264-params", "keyint=50:bframes=3:slices=4"}, true},
		"h264 fields":      {[]string{"libx264", "-x264-params", "keyint=50:bframes=3:tff=1"}, true},
		"h264 no b-frames": {[]string{"libx264", "-x264-params", "keyint=50:bframes=0"}, false},
		"hevc":             {[]string{"libx265", "-x265-params", x265}, true},
		"hevc pyramid":     {[]string{"libx265", "-x265-params", x265 + "b-pyramid=1:b-adapt=0"}, true},
		"hevc two layers":  {[]string{"libx265", "-x265-params", x265 + "temporal-layers=1"}, false},
		"vp9":              {[]string{"libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"}, false},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			video := filepath.Join(t.TempDir(), "video.mkv")
			ffmpeg(t, nil, append(append([]string{"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=8", "-preset", "ultrafast", "-c:v"}, kind.encoder...), video)...)
			f, err := os.Open(video)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			stat, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			file, err := mkv.Open(container.Source{R: f, Size: stat.Size()})
			if err != nil {
				t.Fatal(err)
			}
			track := file.Tracks()[0]
			info := track.Info()
			var feed bytes.Buffer
			w, err := mkv.NewWriter(&feed, mkv.StreamHeader{Codec: info.Codec, Private: info.Private, Width: info.Width, Height: info.Height})
			if err != nil {
				t.Fatal(err)
			}
			s := New(info.Codec, info.Private)
			var kept []time.Duration
			left := 0
			for k := range track.Keyframes() {
				group, err := track.Group(k)
				if err != nil {
					t.Fatal(err)
				}
				for _, sample := range group {
					payload, err := track.Read(sample, nil)
					if err != nil {
						t.Fatal(err)
					}
					if s.Disposable(payload) {
						if left++; sample.Key {
							t.Errorf("a keyframe at %v is disposable", sample.At)
						}
						continue
					}
					kept = append(kept, sample.At)
					if err := w.Packet(sample.At, sample.Key, payload); err != nil {
						t.Fatal(err)
					}
				}
			}
			if kind.some && left < 40 || !kind.some && left > 0 {
				t.Errorf("%d of %d pictures are disposable", left, left+len(kept))
			}
			out := []string{"-copyts", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-f", "framemd5", "-"}
			without := ffmpeg(t, &feed, append([]string{"-f", "matroska", "-i", "pipe:0"}, out...)...)
			whole := ffmpeg(t, nil, append([]string{"-i", video}, out...)...)
			if diff := cmp.Diff(sums(whole, kept), sums(without, nil)); diff != "" {
				t.Errorf("time and checksum of the pictures (-decoded with the whole video +without the others):\n%s", diff)
			}
		})
	}
}

// TestDisposableBelievesWholePicturesOnly takes what it cannot read for needed.
func TestDisposableBelievesWholePicturesOnly(t *testing.T) {
	avcC := []byte{1, 100, 0, 13, 0xff, 0xe0, 0}
	hvcC := append([]byte{1}, make([]byte, 22)...)
	hvcC[21] = 1<<3 | 3
	layered := bytes.Clone(hvcC)
	layered[21] = 2<<3 | 3
	nal := func(b ...byte) []byte { return append([]byte{0, 0, 0, byte(len(b))}, b...) }
	tests := []struct {
		name, codec string
		private     []byte
		payload     []byte
		want        bool
	}{
		{"a slice", "V_MPEG4/ISO/AVC", avcC, nal(0x01, 9), true},
		{"a slice behind a delimiter", "V_MPEG4/ISO/AVC", avcC, append(nal(0x09, 9), nal(0x01, 9)...), true},
		{"a reference", "V_MPEG4/ISO/AVC", avcC, nal(0x21, 9), false},
		{"one field of two", "V_MPEG4/ISO/AVC", avcC, append(nal(0x21, 9), nal(0x01, 9)...), false},
		{"and the other way round", "V_MPEG4/ISO/AVC", avcC, append(nal(0x01, 9), nal(0x21, 9)...), false},
		{"no slice at all", "V_MPEG4/ISO/AVC", avcC, nal(0x06, 9), false},
		{"half a slice", "V_MPEG4/ISO/AVC", avcC, nal(0x01, 9)[:5], false},
		{"nothing", "V_MPEG4/ISO/AVC", avcC, nil, false},
		{"hevc", "V_MPEGH/ISO/HEVC", hvcC, nal(0, 1, 9), true},
		{"hevc reference", "V_MPEGH/ISO/HEVC", hvcC, nal(1<<1, 1, 9), false},
		{"hevc of a higher layer", "V_MPEGH/ISO/HEVC", hvcC, nal(0, 2, 9), false},
		{"hevc keyframe", "V_MPEGH/ISO/HEVC", hvcC, nal(20<<1, 1, 9), false},
		{"hevc with layers", "V_MPEGH/ISO/HEVC", layered, nal(0, 1, 9), false},
		{"another codec", "V_AV1", nil, nal(0x01, 9), false},
	}
	for _, tt := range tests {
		if got := New(tt.codec, tt.private).Disposable(tt.payload); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
