package ffmpeg

import (
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestEveryRowExplainsItsSample(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table {
		got, ok := reasonIn([]byte(r.sample))
		if !ok || got != r.reason {
			t.Errorf("%q is %q, want %q", r.sample, got, r.reason)
		}
		key := strings.Join(r.words, "|")
		if seen[key] {
			t.Errorf("%q stands in the table twice", key)
		}
		seen[key] = true
		if r.from == "" || r.reason.Text() == "" || !containsAll([]byte("\n"+r.sample), r.words) {
			t.Errorf("row %q lacks a source, a text or its own words", key)
		}
	}
}

func TestReasonOfWordsBesideEachOther(t *testing.T) {
	for name, c := range map[string]struct {
		stderr string
		want   preview.Reason
	}{
		"nothing":         {"", preview.FFmpegFailed},
		"unknown words":   {"Conversion failed!\n", preview.FFmpegFailed},
		"bytes, not text": {"file:\xff\xfe: No such file or directory\r\n", preview.VideoMissing},
		"a name like a reason": {
			"[in#0 @ 0x1] Error opening input: Invalid data found when processing input\nError opening input file file:/films/moov atom.mkv.\n",
			preview.VideoNotVideo,
		},
		"CUDA gone, then the decoder's own words": {
			"[AVHWDeviceContext @ 0x1] cu->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected\nDevice creation failed: -542398533.\n[h264 @ 0x1] No device available for decoder: device type cuda needed for codec h264.\nDevice setup failed for decoder on input stream #0:0 : Generic error in an external library\n",
			preview.DeviceLost,
		},
		"software frames after a refused profile": {
			"[hevc @ 0x1] Failed setup for format cuda: hwaccel initialisation returned error.\nImpossible to convert between the formats supported by the filter 'graph 0 input from stream 0:0' and the filter 'auto_scale_0'\nError reinitializing filters!\n",
			preview.DeviceUnsupported,
		},
		"out of memory behind 7.1's chatter": {
			"[vf#0:0 @ 0x1] Error while filtering: Cannot allocate memory\n[vf#0:0 @ 0x1] Task finished with error code: -12 (Cannot allocate memory)\n[out#0/matroska @ 0x1] Nothing was written into output file, because at least one of its streams received no packets.\n",
			preview.MemoryFull,
		},
		"a kind of device that the build lacks": {
			"Device creation failed: -12.\nFailed to set value 'vaapi=va:/dev/dri/renderD128' for option 'init_hw_device': Cannot allocate memory\nError parsing global options: Cannot allocate memory\n",
			preview.FFmpegLacks,
		},
	} {
		f := &Failed{Name: "ffmpeg", Code: 1, Tail: []byte(c.stderr)}
		if got := f.Reason(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestReasonOfSignals(t *testing.T) {
	for _, c := range []struct {
		failed Failed
		want   preview.Reason
	}{
		{Failed{Code: -1, Signal: "killed"}, preview.FFmpegKilled},
		{Failed{Code: -1, Signal: "terminated"}, preview.FFmpegKilled},
		{Failed{Code: 255}, preview.FFmpegKilled}, // what FFmpeg makes of a SIGTERM, silent at -loglevel error
		{Failed{Code: -1, Signal: "segmentation fault"}, preview.FFmpegFailed},
		{Failed{Code: -1, Signal: "killed", Tail: []byte("Cannot allocate memory")}, preview.MemoryFull},
	} {
		if got := c.failed.Reason(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.failed, got, c.want)
		}
	}
}

func TestFailedShowsTheLastLines(t *testing.T) {
	f := &Failed{Name: "ffprobe", Code: 1, Tail: []byte("one\r\ntwo\n\n three\x1b[0m\xff\nfour\n")}
	if got, want := f.Error(), "run ffprobe: exit status 1: two | three [0m\uFFFD | four"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
