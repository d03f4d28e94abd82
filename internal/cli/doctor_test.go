package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

func TestDoctorFindsAllWell(t *testing.T) {
	w := newWorld(t)
	w.reports = []preview.DeviceReport{workshop()[4]}
	if status := w.run(t, "doctor"); status != exitDone {
		t.Errorf("exit status %d", status)
	}
	out := w.out.String()
	want(t, "stdout", out, "✓ ok    FFmpeg 7.1 at /usr/bin/ffmpeg\n")
	want(t, "stdout", out, "✓ ok    CPU works for H.264, HEVC 10 bit, VP9, AV1\n")
	want(t, "stdout", out, "✓ ok    Cache: "+w.Dirs.Cache+" (will be made when it is needed)\n")
	if !strings.HasSuffix(out, "\nAll is well.\n") {
		t.Errorf("stdout ends with %q", out[max(0, len(out)-60):])
	}
	entries, err := os.ReadDir(w.dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("looking around left %v behind (%v)", entries, err)
	}
}

// Each line is ok, warn or bad, says what it means, and what to do.
func TestDoctorSaysWhatCouldBeBetter(t *testing.T) {
	w := newWorld(t)
	w.reports = workshop()
	poor := fullTools()
	poor.Features.Filters = map[string]bool{}
	poor.Features.Options = map[string]bool{}
	delete(poor.Features.Decoders, "libdav1d")
	w.Engine.FFmpeg = func(context.Context, bool) (*ffmpeg.Tools, []ffmpeg.Candidate, error) {
		return poor, []ffmpeg.Candidate{{Path: "/opt/old/ffmpeg", What: "PATH", Note: "4.4 is too old"}, {Path: poor.FFmpeg, Taken: true}}, nil
	}
	if status := w.run(t, "doctor", "--json"); status != exitDone {
		t.Errorf("exit status %d, want 0: nothing is bad", status)
	}
	got := map[string]string{}
	for _, r := range w.records(t) {
		got[r["check"].(string)] = r["status"].(string)
		if (r["status"] == "ok") != (r["hint"] == "") && r["check"] != "device.cuda:GPU-2" {
			t.Errorf("%v: what is not ok has something to do about it, and the rest has not", r)
		}
	}
	expect := map[string]string{
		"scrubjay": "ok", "ffmpeg": "ok", "ffmpeg.others": "ok", "ffprobe": "ok",
		"ffmpeg.decoders": "warn", "ffmpeg.hdr": "warn", "ffmpeg.dolby-vision-5": "warn",
		"device.cuda:GPU-1c6f": "warn", "device.vaapi:0000:00:02.0": "warn", "device.vaapi:0000:03:00.0": "warn",
		"device.cuda:GPU-2": "warn", "device.cpu": "ok", "devices": "ok",
		"folder.config": "ok", "folder.data": "ok", "folder.state": "ok", "folder.cache": "ok", "space": got["space"],
	}
	if d := cmp.Diff(expect, got); d != "" {
		t.Error(d)
	}
}

func TestDoctorFailsWhenSomethingIsBad(t *testing.T) {
	w := newWorld(t)
	file := w.file(t, "file")
	w.Dirs.State = filepath.Join(file, "state")
	w.noFFmpeg = preview.Because(preview.FFmpegMissing, "nowhere")
	w.candidates = []ffmpeg.Candidate{{Path: "/opt/x/ffmpeg", What: "setting", Note: "no such program"}}
	if status := w.run(t, "doctor"); status != exitError {
		t.Errorf("exit status %d, want 1", status)
	}
	out := w.out.String()
	want(t, "stdout", out, "✗ bad   FFmpeg was not found. Passed over: /opt/x/ffmpeg (setting): no such program.\n        Install FFmpeg 5.1")
	want(t, "stdout", out, "✗ bad   Log and history cannot be kept in "+w.Dirs.State+": ")
	want(t, "stdout", out, "2 things need to be mended first.\n")
}
