package gpu_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/assets"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

// saying is the error of an FFmpeg run, as the package ffmpeg makes it.
func saying(r preview.Reason, stderr string) error {
	return preview.Because(r, "decode clip: %w", &ffmpeg.Failed{Name: "ffmpeg", Code: 1, Tail: []byte(stderr)})
}

// fails makes a Decode that fails for the codecs named, and counts what was asked of it.
type fails map[string]error

func (f fails) decode(asked *[]string) gpu.Decode {
	return func(_ context.Context, _ preview.Device, codec string, clip []byte) error {
		*asked = append(*asked, codec)
		if !bytes.Equal(clip, assets.ProbeClip(codec)) {
			return errors.New("that is not the clip")
		}
		return f[codec]
	}
}

func verify(t *testing.T, c gpu.Candidate, f fails) (preview.DeviceReport, []string) {
	t.Helper()
	var asked []string
	r := gpu.Verify(t.Context(), c, f.decode(&asked))
	if len(r.Proofs) != len(assets.ProbeCodecs()) {
		t.Errorf("every codec has a line in the report, got %+v", r.Proofs)
	}
	for _, p := range r.Proofs {
		if (p.Outcome == preview.Works) != (p.Because == "") {
			t.Errorf("what works needs no reason and everything else does: %+v", p)
		}
	}
	return r, asked
}

func nvidiaCard(t *testing.T, more ...map[string]string) gpu.Candidate {
	t.Helper()
	return only(t, list(t, smi{query: gpu.Answer{Stdout: oneCard}}.on(linux(more...))))
}

func outcomes(r preview.DeviceReport) map[string]preview.Outcome {
	out := map[string]preview.Outcome{}
	for _, p := range r.Proofs {
		out[p.Codec] = p.Outcome
	}
	return out
}

func TestDeviceThatDecodesEverythingWorks(t *testing.T) {
	c := nvidiaCard(t)
	r, asked := verify(t, c, nil)
	if r.Outcome != preview.Works || r.Because != "" || r.Hint != "" || r.Device != c.Device {
		t.Errorf("got %+v", r)
	}
	for _, codec := range assets.ProbeCodecs() {
		if !r.Decodes(codec) {
			t.Errorf("%s does not work", codec)
		}
	}
	if diff := cmp.Diff(assets.ProbeCodecs(), asked); diff != "" {
		t.Error(diff)
	}
}

func TestOldCardWithoutAV1Works(t *testing.T) {
	r, _ := verify(t, nvidiaCard(t), fails{"av1": saying(preview.DeviceUnsupported, "")})
	if r.Outcome != preview.Works || r.Decodes("av1") {
		t.Errorf("got %+v", r)
	}
	if got := r.Proofs[3]; got.Outcome != preview.NoDecoder || got.Because != "This device does not decode AV1." {
		t.Errorf("got %+v", got)
	}
}

func TestDeviceLevelFailuresEndTheTest(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		err     error
		because string
		hint    string
	}{
		"no decoding library": {
			nil, saying(preview.DeviceDriver, "[h264 @ 0x55d0] Cannot load libnvcuvid.so.1\n[h264 @ 0x55d0] Failed loading nvcuvid.\n"),
			"The part of NVIDIA's driver that decodes is missing: libnvcuvid.", "sudo apt install libnvidia-decode-535",
		},
		"no decoding library in docker": {
			map[string]string{"/.dockerenv": ""},
			saying(preview.DeviceDriver, "[h264 @ 0x55d0] Cannot load libnvcuvid.so.1\n"),
			"The part of NVIDIA's driver that decodes is missing: libnvcuvid.", "NVIDIA_DRIVER_CAPABILITIES=all",
		},
		"no CUDA": {
			nil, saying(preview.DeviceLost, "[AVHWDeviceContext @ 0x55d0] cu->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected\n"),
			"CUDA finds no card that it can use.", "Restart the machine.",
		},
		"unknown words of a driver": {nil, saying(preview.DeviceDriver, "boo"), "The device's driver did not start.", "Install NVIDIA's driver"},
		"no right":                  {nil, saying(preview.DevicePermission, "boo"), "This user may not open the device.", "/dev/nvidia0"},
		"lost":                      {nil, saying(preview.DeviceLost, "boo"), "The device vanished while it worked.", "Restart the machine."},
		"lost in docker":            {map[string]string{"/.dockerenv": ""}, saying(preview.DeviceLost, "boo"), "vanished", "daemon-reload"},
		"no FFmpeg":                 {nil, preview.Because(preview.FFmpegMissing, "run ffmpeg"), "FFmpeg was not found.", "Install FFmpeg"},
	} {
		t.Run(name, func(t *testing.T) {
			r, asked := verify(t, nvidiaCard(t, c.files), fails{"h264": c.err})
			if r.Outcome != preview.DoesNot {
				t.Errorf("outcome %q", r.Outcome)
			}
			mentions(t, r.Because, c.because)
			mentions(t, r.Hint, c.hint)
			if diff := cmp.Diff([]string{"h264"}, asked); diff != "" {
				t.Error(diff)
			}
			if got := r.Proofs[1]; got.Outcome != preview.NotTried || got.Because != "Not tried, because the device failed with H.264." {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestDriverThatFailsWithOneCodecAloneIsTriedWithTheOthers(t *testing.T) {
	r, asked := verify(t, nvidiaCard(t), fails{"hevc": saying(preview.DeviceDriver, "boo")})
	if r.Outcome != preview.Works || len(asked) != 4 || r.Decodes("hevc") || !r.Decodes("av1") {
		t.Errorf("asked %q, got %+v", asked, r)
	}
}

func TestIntelWithoutItsDriver(t *testing.T) {
	noDisplay := saying(preview.DevicePermission, "[AVHWDeviceContext @ 0x55d0] No VA display found for device /dev/dri/renderD128.\nDevice creation failed: -22.\n")
	noVA := saying(preview.DeviceDriver, "[AVHWDeviceContext @ 0x55d0] Failed to initialise VAAPI connection: -1 (unknown libva error).\nDevice creation failed: -5.\n")
	for name, c := range map[string]struct {
		files map[string]string
		env   map[string]string
		hint  string
	}{
		"host":          {nil, nil, "Install Intel's VA-API driver. Debian and Ubuntu: sudo apt install intel-media-va-driver"},
		"container":     {map[string]string{"/.dockerenv": ""}, nil, "The driver must be inside the container; the host's does not count. Install Intel's"},
		"wrong setting": {nil, map[string]string{"LIBVA_DRIVER_NAME": "nvidia"}, `LIBVA_DRIVER_NAME is set to "nvidia"; unset it first.`},
	} {
		t.Run(name, func(t *testing.T) {
			m := intelMachine(c.files)
			m.Env = env(c.env)
			for _, err := range []error{noVA, noDisplay} {
				r, _ := verify(t, only(t, list(t, m)), fails{"h264": err})
				if r.Because != "No VA-API driver starts on this device." {
					t.Errorf("because %q", r.Because)
				}
				mentions(t, r.Hint, c.hint)
			}
		})
	}
}

func TestMesaWithoutPatents(t *testing.T) {
	m := linux(pciDevice(other, "1002", "73ff", "amdgpu"), renderNode("renderD128", other))
	no := saying(preview.DeviceUnsupported, "")
	r, _ := verify(t, only(t, list(t, m)), fails{"h264": no, "hevc": no})
	if r.Outcome != preview.Works || !r.Decodes("vp9") {
		t.Errorf("got %+v", r)
	}
	mentions(t, r.Hint, "mesa-va-drivers-freeworld")
}

func TestDeviceThatDecodesNothing(t *testing.T) {
	no := saying(preview.DeviceUnsupported, "")
	r, asked := verify(t, only(t, list(t, intelMachine())), fails{"h264": no, "hevc": no, "av1": no, "vp9": no})
	if r.Outcome != preview.NoDecoder || len(asked) != 4 {
		t.Errorf("asked %q, got %+v", asked, r)
	}
	if r.Because != "The device decodes none of H.264, HEVC 10 bit, VP9 and AV1." {
		t.Errorf("because %q", r.Because)
	}
	mentions(t, r.Hint, "intel-media-va-driver")
}

func TestWrongPicturesAreNoProof(t *testing.T) {
	green := gpu.LooksRight(bars(t, func(int, int) (r, g, b uint8) { return 0, 135, 0 }))
	r, _ := verify(t, nvidiaCard(t), fails{"h264": green, "hevc": green, "av1": green, "vp9": green})
	if r.Outcome != preview.DoesNot {
		t.Errorf("got %+v", r)
	}
	mentions(t, r.Because, "wrong picture", "green")
	mentions(t, r.Hint, "Update the graphics driver.")
}

func TestBusyDeviceIsNeitherGoodNorBad(t *testing.T) {
	busy := saying(preview.DeviceBusy, "")
	r, asked := verify(t, nvidiaCard(t), fails{"h264": busy, "hevc": busy, "av1": busy, "vp9": busy})
	if r.Outcome != preview.NotTried || len(asked) != 4 {
		t.Errorf("asked %q, got %+v", asked, r)
	}
	mentions(t, r.Because, "no decoder free")

	r, _ = verify(t, nvidiaCard(t), fails{"h264": busy})
	if r.Outcome != preview.Works || r.Decodes("h264") {
		t.Errorf("got %+v", r)
	}
}

func TestUnknownFailureShowsFFmpegsLastWord(t *testing.T) {
	for _, err := range []error{
		saying(preview.FFmpegFailed, "frame=0\n[h264 @ 0x1] hwaccel initialisation returned error.\x1b[0m\n\n"),
		fmt.Errorf("decode: %w", &ffmpeg.Failed{Name: "ffmpeg", Tail: []byte("[h264 @ 0x1] hwaccel initialisation returned error.")}),
	} {
		r, asked := verify(t, nvidiaCard(t), fails{"h264": err, "hevc": err, "av1": err, "vp9": err})
		if r.Outcome != preview.DoesNot || len(asked) != 4 {
			t.Errorf("asked %q, got %+v", asked, r)
		}
		mentions(t, r.Because, "FFmpeg could not decode H.264 on it: [h264 @ 0x1] hwaccel initialisation returned error.")
	}
	r, _ := verify(t, nvidiaCard(t), fails{"h264": errors.New("boo")})
	if got := r.Proofs[0].Because; got != "FFmpeg could not decode H.264 on it." {
		t.Errorf("got %q", got)
	}
}

func TestFFmpegWithoutADecoder(t *testing.T) {
	r, _ := verify(t, gpu.Candidate{Device: preview.CPUDevice()}, fails{"av1": saying(preview.FFmpegLacks, "")})
	if r.Outcome != preview.Works || r.Proofs[3].Outcome != preview.NoDecoder {
		t.Errorf("got %+v", r)
	}
	mentions(t, r.Proofs[3].Because, "no decoder of AV1")
}

func TestBlockedDeviceIsNotTried(t *testing.T) {
	c := only(t, list(t, smi{query: mismatch}.on(linux(pciDevice("0000:01:00.0", "10de", "2504", "nvidia")))))
	r, asked := verify(t, c, nil)
	if r.Outcome != preview.DoesNot || r.Because != c.Because || r.Hint != c.Hint || len(asked) != 0 {
		t.Errorf("asked %q, got %+v", asked, r)
	}
}

func TestHangingDeviceIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		r := gpu.Verify(t.Context(), nvidiaCard(t), func(ctx context.Context, _ preview.Device, _ string, _ []byte) error {
			calls++
			<-ctx.Done()
			return preview.Because(preview.Cancelled, "decode clip: %w", ctx.Err())
		})
		if r.Outcome != preview.DoesNot || calls != 1 {
			t.Errorf("%d calls, got %+v", calls, r)
		}
		mentions(t, r.Because, "not decoded within 30s")
		mentions(t, r.Hint, "Update the driver")
	})
}

func TestStoppedTestSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := gpu.Verify(ctx, nvidiaCard(t), func(ctx context.Context, _ preview.Device, codec string, _ []byte) error {
		if codec == "hevc" {
			cancel()
			return ctx.Err()
		}
		return nil
	})
	want := map[string]preview.Outcome{"h264": preview.Works, "hevc": preview.NotTried, "av1": preview.NotTried, "vp9": preview.NotTried}
	if diff := cmp.Diff(want, outcomes(r)); diff != "" {
		t.Error(diff)
	}

	r = gpu.Verify(ctx, nvidiaCard(t), func(context.Context, preview.Device, string, []byte) error {
		t.Error("nothing may be decoded any more")
		return nil
	})
	if r.Outcome != preview.NotTried || r.Because != "The test was stopped." {
		t.Errorf("got %+v", r)
	}
}
