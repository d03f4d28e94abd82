package daemon

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestSlots(t *testing.T) {
	gpu := preview.Device{ID: "cuda:GPU-1", Kind: preview.CUDA}
	sick := preview.Device{ID: "vaapi:0000:03:00.0", Kind: preview.VAAPI}
	reports := []preview.DeviceReport{
		{Device: gpu, Outcome: preview.Works}, {Device: sick, Outcome: preview.DoesNot}, {Device: preview.CPUDevice(), Outcome: preview.Works},
	}
	for name, c := range map[string]struct {
		want slotCounts
		gpus bool
		out  map[string]int
	}{
		"as the machine has it": {slotCounts{cpu: -1, gpu: -1, cores: 16}, true, map[string]int{gpu.ID: 2, "cpu": 4}},
		"a small machine":       {slotCounts{cpu: -1, gpu: -1, cores: 2}, true, map[string]int{gpu.ID: 2, "cpu": 1}},
		"no GPUs":               {slotCounts{cpu: 3, gpu: 0, cores: 16}, false, map[string]int{"cpu": 3}},
		"no CPU":                {slotCounts{cpu: 0, gpu: 5, cores: 16}, true, map[string]int{gpu.ID: 5}},
		"one of its own":        {slotCounts{cpu: 0, gpu: 0, each: map[string]int{gpu.ID: 7, sick.ID: 7}, cores: 16}, true, map[string]int{gpu.ID: 7}},
		"nothing at all":        {slotCounts{}, false, map[string]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			out := map[string]int{}
			for _, s := range slots(reports, c.want) {
				out[s.Device.ID] = s.Count
			}
			if diff := cmp.Diff(c.out, out); diff != "" || c.want.gpus() != c.gpus {
				t.Errorf("GPUs are looked at: %v; %s", c.want.gpus(), diff)
			}
		})
	}
}
