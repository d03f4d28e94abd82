package mkv

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

var audio = []string{"-f", "lavfi", "-i", "sine=frequency=440:duration=8"}

// h264 encodes small and quickly, with B-frames.
func h264(more ...string) []string {
	return append([]string{"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p"}, more...)
}

// TestClipsAgreeWithFFprobe holds keyframes, groups and payloads of real files against FFmpeg's own demuxer.
func TestClipsAgreeWithFFprobe(t *testing.T) {
	clips := []struct {
		name string
		ext  string
		args []string
	}{
		{"h264 with B-frames", "mkv", h264()},
		{"h264 and audio", "mkv", slices.Concat(audio, h264("-c:a", "aac"))},
		{"h264 open GOP", "mkv", h264("-x264-params", "open-gop=1:keyint=25:bframes=3:scenecut=0")},
		{"h264 cues in front", "mkv", slices.Concat(audio, h264("-c:a", "aac", "-cues_to_front", "1"))},
		{"h264 room for cues", "mkv", h264("-reserve_index_space", "4096")},
		{"h264 live", "mkv", slices.Concat(audio, h264("-c:a", "aac", "-live", "1"))},
		{"h264 small clusters", "mkv", slices.Concat(audio, h264("-c:a", "aac", "-cluster_size_limit", "3000"))},
		{"h264 short clusters", "mkv", slices.Concat(audio, h264("-c:a", "aac", "-cluster_time_limit", "90"))},
		{"h264 late", "mkv", h264("-output_ts_offset", "5")},
		{"h264 late by odd time", "mkv", h264("-output_ts_offset", "5.0137")},
		{"h264 odd rate", "mkv", h264("-r", "24000/1001")},
		{"two video tracks", "mkv", slices.Concat(h264("-map", "0:v", "-map", "0:v", "-g:v:1", "10"))},
		{"audio first", "mkv", slices.Concat(audio, h264("-c:a", "aac", "-map", "1:a", "-map", "0:v"))},
		{"hevc", "mkv", []string{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=25:open-gop=1:bframes=3"}},
		{"mpeg2", "mkv", []string{"-c:v", "mpeg2video", "-g", "12", "-bf", "2"}},
		{"mpeg4", "mkv", []string{"-c:v", "mpeg4", "-g", "12", "-bf", "2"}},
		{"all intra", "mkv", []string{"-c:v", "mjpeg", "-q:v", "10"}},
		{"vp9", "webm", []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25"}},
		{"vp8 with audio", "webm", slices.Concat(audio, []string{"-c:v", "libvpx", "-deadline", "realtime", "-g", "25", "-c:a", "libopus"})},
		{"vp9 dash", "webm", []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25", "-dash", "1"}},
		{"av1", "mkv", []string{"-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-g", "25", "-row-mt", "1"}},
		{"vfw", "mkv", []string{"-c:v", "msmpeg4", "-g", "12"}},
	}
	for _, c := range clips {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := clip(t, "clip."+c.ext, 6, c.args...)
			agree(t, path)
		})
	}
}

// agree checks every video track of a file, whose packets are stored as they are, against ffprobe.
func agree(t *testing.T, path string) *File {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	if len(f.Tracks()) == 0 {
		t.Fatal("no track")
	}
	for n, track := range f.Tracks() {
		want := packets(t, path, n)
		if !track.Info().Complete {
			t.Error("not complete")
		}
		sameKeys(t, track, want)
		sameGroups(t, track, want)
		sameAsOracle(t, path, track)
		for _, p := range want {
			// ffprobe's position is that of the block's header: a byte of track number, two of time, one of flags.
			got, err := track.Read(container.Sample{Offset: p.pos + 4, Size: p.size}, nil)
			if err != nil || !bytes.Equal(got, whole[p.pos+4:][:p.size]) {
				t.Fatalf("payload at %d: %v", p.pos, err)
			}
		}
	}
	return f
}

// sameKeys checks Keyframes and Key.
func sameKeys(t *testing.T, track container.Track, want []packet) {
	t.Helper()
	want = slices.DeleteFunc(slices.Clone(want), func(p packet) bool { return !p.key })
	slices.SortFunc(want, func(a, b packet) int { return int(a.at - b.at) })
	got := track.Keyframes()
	if len(got) != len(want) || len(got) == 0 {
		t.Fatalf("%d keyframes, ffprobe has %d", len(got), len(want))
	}
	for k, w := range want {
		if !sameTime(got[k].At, w.at) {
			t.Fatalf("keyframe %d at %v, ffprobe has %v", k, got[k].At, w.at)
		}
		s, err := track.Key(k)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Key || s.At != got[k].At || s.Offset != w.pos+4 || s.Size != w.size {
			t.Fatalf("keyframe %d is %+v, ffprobe has %+v", k, s, w)
		}
	}
}

// sameGroups checks that all groups one after the other are the packets of the file.
func sameGroups(t *testing.T, track container.Track, want []packet) {
	t.Helper()
	got := samples(t, track)
	if len(got) != len(want) {
		t.Fatalf("%d samples in all groups, ffprobe has %d", len(got), len(want))
	}
	for i, w := range want {
		if s := got[i]; !sameTime(s.At, w.at) || s.Offset != w.pos+4 || s.Size != w.size || s.Key != w.key {
			t.Fatalf("sample %d is %+v, ffprobe has %+v", i, s, w)
		}
	}
}

func TestTrackSaysWhatTheFileSays(t *testing.T) {
	path := clip(t, "clip.mkv", 6, slices.Concat(audio, h264("-c:a", "aac"))...)
	tracks := open(t, path).Tracks()
	if len(tracks) != 1 {
		t.Fatalf("%d tracks", len(tracks))
	}
	i := tracks[0].Info()
	if i.ID != 1 || i.Codec != "V_MPEG4/ISO/AVC" || i.Width != 192 || i.Height != 108 || !i.Complete {
		t.Errorf("%+v", i)
	}
	if len(i.Private) < 7 || i.Private[0] != 1 {
		t.Errorf("CodecPrivate % x is no avcC", i.Private)
	}
	if i.Duration < 6*time.Second || i.Duration > 9*time.Second {
		t.Errorf("duration %v", i.Duration)
	}
}
