package render

import (
	"testing"

	"github.com/scrubjay/scrubjay/assets"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/probe"
)

// TestSample decodes the embedded clips on the device that every machine has.
func TestSample(t *testing.T) {
	r := renderer(t)
	for _, codec := range assets.ProbeCodecs() {
		t.Run(codec, func(t *testing.T) {
			v := probe.Info{Codec: codec, PixFmt: "yuv420p", BitDepth: 8, Width: 640, Height: 360, SampleAspect: 1, Matrix: "bt709", HDR: probe.SDR}
			if codec == "hevc" {
				v.PixFmt, v.BitDepth = "yuv420p10le", 10
			}
			got, err := r.Sample(t.Context(), preview.CPUDevice(), v, assets.ProbeClip(codec))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 2 {
				t.Errorf("%d pictures came, want one for each keyframe", len(got))
			}
			for _, picture := range got {
				img := decode(t, picture)
				for i, want := range assets.ProbeBars() {
					if c := at(img, (float64(i)+0.5)/8); !alike(c, want, 12) {
						t.Errorf("bar %d is %v, want %v", i, c, want)
					}
				}
			}
		})
	}
	gpu := preview.Device{ID: "cuda:none", Kind: preview.CUDA, Handle: "99"}
	if _, err := r.Sample(t.Context(), gpu, probe.Info{Codec: "h264", PixFmt: "yuv420p", Width: 640, Height: 360}, assets.ProbeClip("h264")); err == nil {
		t.Error("a GPU that is not there decoded a picture")
	}
}
