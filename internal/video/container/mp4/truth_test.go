package mp4

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// clip is one way to write an MP4.
type clip struct {
	name  string
	file  string
	args  []string
	codec string
}

const (
	h264  = "-c:v libx264 -preset ultrafast -bf 2 -b_strategy 0 -g 12 -pix_fmt yuv420p"
	tones = "-f lavfi -i sine=duration=4"
)

func clips() []clip {
	v := source(4, 24)
	return []clip{
		{"h264 with B-frames", "a.mp4", args(v, h264), "V_MPEG4/ISO/AVC"},
		{"h264 without B-frames", "a.mp4", args(v, h264, "-bf 0"), "V_MPEG4/ISO/AVC"},
		{"h264 open GOP", "a.mp4", args(v, "-c:v libx264 -bf 3 -g 12 -x264-params open-gop=1:scenecut=0"), "V_MPEG4/ISO/AVC"},
		{"moov in front", "a.mp4", args(v, h264, "-movflags faststart"), "V_MPEG4/ISO/AVC"},
		{"with sound", "a.mp4", args(v, tones, h264, "-c:a aac -shortest"), "V_MPEG4/ISO/AVC"},
		{"with sound first", "a.mp4", args(v, tones, "-map 1 -map 0", h264, "-c:a aac -shortest"), "V_MPEG4/ISO/AVC"},
		{"mov", "a.mov", args(v, h264), "V_MPEG4/ISO/AVC"},
		{"3gp", "a.3gp", args(v, h264), "V_MPEG4/ISO/AVC"},
		{"m4v", "a.m4v", args(v, h264), "V_MPEG4/ISO/AVC"},
		{"negative offsets", "a.mp4", args(v, h264, "-movflags negative_cts_offsets"), "V_MPEG4/ISO/AVC"},
		{"no edit list", "a.mp4", args(v, h264, "-use_editlist 0"), "V_MPEG4/ISO/AVC"},
		{"odd time base", "a.mp4", args(v, h264, "-video_track_timescale 90000"), "V_MPEG4/ISO/AVC"},
		{"fractional rate", "a.mp4", args("-f lavfi -i testsrc2=size=160x90:rate=24000/1001:duration=4", h264), "V_MPEG4/ISO/AVC"},
		{"variable rate", "a.mp4", args(v, "-vf", "setpts='PTS+0.3*floor(N/7)/TB'", "-vsync vfr", h264), "V_MPEG4/ISO/AVC"},
		{"all keyframes", "a.mp4", args(v, h264, "-g 1"), "V_MPEG4/ISO/AVC"},
		{"sound comes late", "a.mp4", args(v, "-itsoffset 1.5", tones, h264, "-c:a aac"), "V_MPEG4/ISO/AVC"},
		{"picture comes late", "a.mp4", args("-itsoffset 1.5", v, tones, h264, "-c:a aac"), "V_MPEG4/ISO/AVC"},
		{"hevc", "a.mp4", args(v, "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=12:bframes=3:open-gop=1"), "V_MPEGH/ISO/HEVC"},
		{"hevc hvc1", "a.mp4", args(v, "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=12:open-gop=0 -tag:v hvc1"), "V_MPEGH/ISO/HEVC"},
		{"av1", "a.mp4", args(v, "-c:v libsvtav1 -preset 12 -g 24"), "V_AV1"},
		{"vp9", "a.mp4", args(v, "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 24"), "V_VP9"},
		{"mpeg4", "a.mp4", args(v, "-c:v mpeg4 -bf 2 -g 12"), "V_MPEG4/ISO/ASP"},
		{"mpeg2 in mp4", "a.mp4", args(v, "-c:v mpeg2video -bf 2 -g 12"), "V_MPEG2"},
		{"mpeg2 in mov", "a.mov", args(v, "-c:v mpeg2video -bf 2 -g 12"), "V_MPEG2"},
		{"mpeg1 in mp4", "a.mp4", args(v, "-c:v mpeg1video -g 12"), "V_MPEG1"},
		{"prores", "a.mov", args(v, "-c:v prores_ks -profile:v 1"), "V_PRORES"},
		{"mjpeg", "a.mov", args(v, "-c:v mjpeg -pix_fmt yuvj420p"), "V_MJPEG"},
		{"a codec without a name", "a.mov", args(v, "-c:v qtrle"), ""},

		{"fragments", "a.mp4", args(v, h264, "-movflags frag_keyframe+empty_moov"), "V_MPEG4/ISO/AVC"},
		{"fragments, base is moof", "a.mp4", args(v, h264, "-movflags frag_keyframe+empty_moov+default_base_moof"), "V_MPEG4/ISO/AVC"},
		{"fragments, one for each picture", "a.mp4", args(v, h264, "-movflags frag_every_frame+empty_moov+default_base_moof"), "V_MPEG4/ISO/AVC"},
		{"fragments, moov late", "a.mp4", args(v, tones, h264, "-c:a aac -movflags frag_keyframe+delay_moov"), "V_MPEG4/ISO/AVC"},
		{"fragments behind samples", "a.mp4", args(v, tones, h264, "-c:a aac -movflags frag_keyframe"), "V_MPEG4/ISO/AVC"},
		{"fragments behind samples, negative offsets", "a.mp4", args(v, tones, h264, "-c:a aac -movflags frag_keyframe+negative_cts_offsets"), "V_MPEG4/ISO/AVC"},
		{"fragments behind samples, late start", "a.mp4", args("-itsoffset 1.5", v, tones, h264, "-c:a aac -movflags frag_keyframe"), "V_MPEG4/ISO/AVC"},
		{"fragments, vp9", "a.mp4", args(v, "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 24 -movflags frag_keyframe+empty_moov"), "V_VP9"},
		{"fragments, several keyframes each", "a.mp4", args(v, tones, h264, "-c:a aac -movflags empty_moov -frag_duration 1300000"), "V_MPEG4/ISO/AVC"},
		{"fragments cut anywhere", "a.mp4", args(v, tones, h264, "-c:a aac -movflags delay_moov+default_base_moof -frag_duration 300000"), "V_MPEG4/ISO/AVC"},
		{"fragments, dash", "a.mp4", args(v, tones, h264, "-c:a aac -movflags dash+delay_moov+global_sidx -frag_duration 1000000"), "V_MPEG4/ISO/AVC"},
		{"fragments, negative offsets", "a.mp4", args(v, h264, "-movflags frag_keyframe+empty_moov+negative_cts_offsets"), "V_MPEG4/ISO/AVC"},
		{"fragments, cmaf", "a.mp4", args(v, tones, h264, "-c:a aac -movflags cmaf -frag_duration 1000000"), "V_MPEG4/ISO/AVC"},
		{"fragments, separate moofs", "a.mp4", args(v, tones, h264, "-c:a aac -movflags separate_moof+frag_keyframe+empty_moov"), "V_MPEG4/ISO/AVC"},
		{"fragments, offsets from the start", "a.mp4", args(v, tones, h264, "-c:a aac -movflags frag_keyframe+empty_moov+omit_tfhd_offset"), "V_MPEG4/ISO/AVC"},
		{"fragments, ismv", "a.ismv", args(v, tones, h264, "-c:a aac -movflags isml+frag_keyframe -f ismv"), "V_MPEG4/ISO/AVC"},
		{"fragments, late start", "a.mp4", args("-itsoffset 1.5", v, tones, h264, "-c:a aac -movflags frag_keyframe+delay_moov"), "V_MPEG4/ISO/AVC"},
		{"fragments, av1", "a.mp4", args(v, "-c:v libsvtav1 -preset 12 -g 24 -movflags frag_keyframe+empty_moov"), "V_AV1"},
		{"fragments, hevc", "a.mp4", args(v, "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=12 -movflags frag_keyframe+delay_moov"), "V_MPEGH/ISO/HEVC"},
	}
}

func TestKeyframesAndGroupsAreThoseOfFFprobe(t *testing.T) {
	for _, c := range clips() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := ffmpeg(t, append(c.args, c.file)...)
			f, src := openFile(t, path)
			if len(f.Tracks()) != 1 {
				t.Fatalf("%d video tracks, want 1", len(f.Tracks()))
			}
			tr := f.Tracks()[0]
			if got := tr.Info().Codec; got != c.codec {
				t.Errorf("codec %q, want %q", got, c.codec)
			}
			agree(t, tr, src, probe(t, path))
		})
	}
}

// agree holds a track against what ffprobe says of the same file.
func agree(t *testing.T, tr container.Track, src container.Source, want stream) {
	t.Helper()
	info := tr.Info()
	if info.ID != want.id {
		t.Errorf("track ID %d, want %d", info.ID, want.id)
	}
	if !info.Complete {
		t.Error("not complete")
	}
	if want.duration > 0 && (info.Duration-want.duration).Abs() > 100*time.Millisecond {
		t.Errorf("duration %v, ffprobe says %v", info.Duration, want.duration)
	}

	var keys []truth
	for _, p := range want.packets {
		if p.key && !p.hidden {
			keys = append(keys, p)
		}
	}
	slices.SortStableFunc(keys, func(a, b truth) int { return cmp.Compare(a.at, b.at) })
	if len(keys) == 0 {
		t.Fatal("ffprobe sees no keyframe: the clip tests nothing")
	}
	if tr.Keyframes()[0].Hidden {
		tr = shownOnly{tr}
	}
	if len(tr.Keyframes()) != len(keys) {
		t.Fatalf("%d keyframes, ffprobe sees %d", len(tr.Keyframes()), len(keys))
	}
	var seen int
	for k, w := range keys {
		got, err := tr.Key(k)
		if err != nil {
			t.Fatal(err)
		}
		if !near(tr.Keyframes()[k].At, w.at) || !near(got.At, w.at) || got.Offset != w.offset || got.Size != w.size || !got.Key {
			t.Errorf("keyframe %d: %+v at %v, ffprobe says %+v", k, got, tr.Keyframes()[k].At, w)
		}
		group, err := tr.Group(k)
		if err != nil {
			t.Fatalf("group %d: %v", k, err)
		}
		if len(group) == 0 || group[0] != got {
			t.Fatalf("group %d does not start with its keyframe: %+v", k, group)
		}
		seen += len(group)
		agreeGroup(t, k, group, w, want.packets)
		data, err := tr.Read(got, make([]byte, 10))
		if err != nil {
			t.Fatal(err)
		}
		direct := make([]byte, got.Size)
		if _, err := src.R.ReadAt(direct, got.Offset); err != nil || !bytes.Equal(data, direct) {
			t.Errorf("keyframe %d: other bytes than in the file (%v)", k, err)
		}
	}
	// Pictures whose keyframe is cut out by an edit list are in no group.
	shown, listed := 0, false
	for _, p := range want.packets {
		if p.key {
			listed = !p.hidden
		}
		if listed && !p.hidden {
			shown++
		}
	}
	if seen < shown {
		t.Errorf("%d packets in all groups, ffprobe shows %d", seen, shown)
	}
}

// agreeGroup finds the group's keyframe in ffprobe's list and compares what follows.
func agreeGroup(t *testing.T, k int, group []container.Sample, key truth, packets []truth) {
	t.Helper()
	i := slices.Index(packets, key)
	n := 0
	for ; i < len(packets) && n < len(group); i++ {
		w, got := packets[i], group[n]
		if n > 0 && w.key {
			break
		}
		if !near(got.At, w.at) || got.Offset != w.offset || got.Size != w.size || got.Key != w.key {
			t.Errorf("group %d, packet %d: %+v, ffprobe says %+v", k, n, got, w)
			return
		}
		n++
	}
	if n < len(group) {
		t.Errorf("group %d has %d packets, ffprobe has %d", k, len(group), n)
	}
	for ; i < len(packets) && !packets[i].key; i++ {
		if !packets[i].hidden {
			t.Errorf("group %d ends after %d packets, ffprobe shows one more: %+v", k, len(group), packets[i])
			return
		}
	}
}

// shownOnly is a track without its first keyframe, which is hidden: ffprobe's list of what is shown knows it not.
type shownOnly struct{ container.Track }

func (t shownOnly) Keyframes() []container.Keyframe         { return t.Track.Keyframes()[1:] }
func (t shownOnly) Group(k int) ([]container.Sample, error) { return t.Track.Group(k + 1) }
func (t shownOnly) Key(k int) (container.Sample, error)     { return t.Track.Key(k + 1) }
