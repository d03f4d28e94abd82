package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

// workshop is a machine where everything can be seen: a good card, one that this user may not open, one that fails
// with one codec, one that was not tested, and the CPU.
func workshop() []preview.DeviceReport {
	proofs := func(outcomes ...preview.Outcome) (out []preview.Proof) {
		for i, codec := range []string{"h264", "hevc", "vp9", "av1"} {
			out = append(out, preview.Proof{Codec: codec, Outcome: outcomes[i]})
		}
		return out
	}
	const yes, no, fails, untried = preview.Works, preview.NoDecoder, preview.DoesNot, preview.NotTried
	sick := proofs(yes, fails, yes, no)
	sick[1].Because = "The pictures come out green."
	return []preview.DeviceReport{
		{Device: preview.Device{ID: "cuda:GPU-1c6f", Kind: preview.CUDA, Name: "NVIDIA RTX 3060", Handle: "0"}, Outcome: yes, Proofs: proofs(yes, yes, yes, no)},
		{
			Device: preview.Device{ID: "vaapi:0000:00:02.0", Kind: preview.VAAPI, Name: "Intel UHD 770"}, Outcome: fails,
			Because: "This user may not open /dev/dri/renderD128.", Hint: "sudo usermod -aG render alice\nThen sign in again.",
			Proofs: proofs(untried, untried, untried, untried),
		},
		{Device: preview.Device{ID: "vaapi:0000:03:00.0", Kind: preview.VAAPI, Name: "AMD RX 580"}, Outcome: yes, Proofs: sick},
		{
			Device: preview.Device{ID: "cuda:GPU-2", Kind: preview.CUDA, Name: "Busy card"}, Outcome: untried,
			Because: "The device has no decoder free.", Proofs: proofs(untried, untried, untried, untried),
		},
		{Device: preview.CPUDevice(), Outcome: yes, Proofs: proofs(yes, yes, yes, yes)},
	}
}

func TestTableOfDevices(t *testing.T) {
	w := newWorld(t)
	w.reports = workshop()
	w.notes = []gpu.Note{{Text: "A driver without a card.", Hint: "Look inside."}}
	if status := w.run(t, "devices"); status != exitDone {
		t.Errorf("exit status %d; stderr: %s", status, w.err.String())
	}
	want := strings.TrimPrefix(`
   DEVICE           STATE      H.264  HEVC 10 bit  VP9  AV1  ID
✓  NVIDIA RTX 3060  works      yes    yes          yes  no   cuda:GPU-1c6f
✗  Intel UHD 770    does not   -      -            -    -    vaapi:0000:00:02.0
   This user may not open /dev/dri/renderD128.
   sudo usermod -aG render alice
   Then sign in again.
✓  AMD RX 580       works      yes    fails        yes  no   vaapi:0000:03:00.0
   HEVC 10 bit: The pictures come out green.
·  Busy card        not tried  -      -            -    -    cuda:GPU-2
   The device has no decoder free.
✓  CPU              works      yes    yes          yes  yes  cpu

A machine of our own making.
A driver without a card.
   Look inside.
`, "\n")
	if d := cmp.Diff(want, w.out.String()); d != "" {
		t.Error(d)
	}
}

func TestJSONOfDevices(t *testing.T) {
	w := newWorld(t)
	w.reports = workshop()[:1]
	if status := w.run(t, "devices", "--json"); status != exitDone {
		t.Errorf("exit status %d", status)
	}
	const want = `{"id":"cuda:GPU-1c6f","kind":"cuda","name":"NVIDIA RTX 3060","handle":"0","outcome":"works","because":"","hint":"","codecs":[` +
		`{"codec":"h264","outcome":"works","because":""},{"codec":"hevc","outcome":"works","because":""},` +
		`{"codec":"vp9","outcome":"works","because":""},{"codec":"av1","outcome":"not supported","because":""}]}` + "\n"
	if d := cmp.Diff(want, w.out.String()); d != "" {
		t.Error(d)
	}
}

// What was not tried is neither good nor bad, and nothing is said by colour alone.
func TestColoursSayNothingThatTheWordsDoNot(t *testing.T) {
	w := newWorld(t)
	w.reports = workshop()
	w.Screen = func(io.Writer) (int, int, bool) { return 100, 40, true }
	w.run(t, "devices")
	coloured := w.out.String()
	for line := range strings.Lines(coloured) {
		green := strings.Contains(line, "\x1b[32m")
		if strings.Contains(line, "Busy card") && green || strings.Contains(line, "NVIDIA") && !green {
			t.Errorf("green in the wrong place: %q", line)
		}
	}
	plainly := newWorld(t)
	plainly.reports = workshop()
	plainly.run(t, "devices")
	if d := cmp.Diff(plainly.out.String(), plain(coloured)); d != "" {
		t.Error(d)
	}

	w = newWorld(t)
	w.reports = workshop()
	w.Screen = func(io.Writer) (int, int, bool) { return 100, 40, true }
	w.Getenv = func(name string) string { return map[string]string{"NO_COLOR": "1"}[name] }
	w.run(t, "devices")
	if strings.Contains(w.out.String(), "\x1b[3") {
		t.Errorf("colours although NO_COLOR is set: %q", w.out.String())
	}
}
