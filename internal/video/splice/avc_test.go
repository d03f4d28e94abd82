package splice

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/container/mkv"
)

// TestKeyframesComeOutAsTheyWere takes the keyframes of open-GOP videos by themselves: each must come out, in order and
// the same to the last bit as when the whole video is decoded.
func TestKeyframesComeOutAsTheyWere(t *testing.T) {
	clip.Need(t)
	const open = "open-gop=1:keyint=24:min-keyint=24:scenecut=0:bframes=3:"
	kinds := map[string][]string{
		"h264 cabac":       {"libx264", "-x264-params", open + "b-pyramid=normal"},
		"h264 cavlc":       {"libx264", "-x264-params", open + "cabac=0"},
		"h264 slices":      {"libx264", "-x264-params", open + "slices=5"},
		"h264 interlaced":  {"libx264", "-x264-params", open + "tff=1"},
		"h264 cavlc field": {"libx264", "-x264-params", open + "tff=1:cabac=0:slices=3"},
		"h264 10 bit":      {"libx264", "-pix_fmt", "yuv420p10le", "-x264-params", open},
		"h264 4:4:4":       {"libx264", "-pix_fmt", "yuv444p", "-x264-params", open},
		"h264 no deblock":  {"libx264", "-x264-params", open + "no-deblock=1"},
		"h264 closed":      {"libx264", "-x264-params", "keyint=24:bframes=3"},
		"h264 wrapping":    {"libx264", "-x264-params", "open-gop=1:keyint=40:min-keyint=40:scenecut=0:bframes=3"},
		"hevc":             {"libx265", "-x265-params", "log-level=none:open-gop=1:keyint=24:min-keyint=24:scenecut=0:bframes=3"},
		"hevc slices":      {"libx265", "-x265-params", "log-level=none:open-gop=1:keyint=24:min-keyint=24:scenecut=0:bframes=3:slices=3"},
	}
	for name, encoder := range kinds {
		t.Run(name, func(t *testing.T) {
			video := filepath.Join(t.TempDir(), "video.mkv")
			ffmpeg(t, nil, append(append([]string{"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=12", "-preset", "ultrafast", "-c:v"}, encoder...), video)...)
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
			var times []time.Duration
			for k, key := range track.Keyframes() {
				sample, err := track.Key(k)
				if err != nil {
					t.Fatal(err)
				}
				payload, err := track.Read(sample, nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Packet(key.At, true, s.Keyframe(payload)); err != nil {
					t.Fatal(err)
				}
				times = append(times, key.At)
			}
			if len(times) < 7 {
				t.Fatalf("the clip has only %d keyframes", len(times))
			}
			alone := ffmpeg(t, &feed, "-f", "matroska", "-i", "pipe:0", "-copyts", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-f", "framemd5", "-")
			whole := ffmpeg(t, nil, "-i", video, "-copyts", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-f", "framemd5", "-")
			if diff := cmp.Diff(sums(whole, times), sums(alone, nil)); diff != "" {
				t.Errorf("time and checksum of the pictures (-decoded with the whole video +by themselves):\n%s", diff)
			}
		})
	}
}

// sums lists "pts checksum" of FFmpeg's framemd5, of the given times only unless there are none.
func sums(framemd5 []byte, only []time.Duration) []string {
	var out []string
	for line := range strings.Lines(string(framemd5)) {
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
		if strings.HasPrefix(line, "#") || len(fields) < 6 {
			continue
		}
		wanted := only == nil
		for _, at := range only {
			ms, err := time.ParseDuration(fields[2] + "ms")
			wanted = wanted || err == nil && ms == at
		}
		if wanted {
			out = append(out, fields[2]+" "+fields[5])
		}
	}
	return out
}

func ffmpeg(t *testing.T, stdin io.Reader, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("ffmpeg", append([]string{"-hide_banner", "-loglevel", "error", "-y"}, args...)...)
	cmd.Stdin = stdin
	out, err := cmd.Output()
	if err != nil {
		e, _ := errors.AsType[*exec.ExitError](err)
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, e.Stderr)
	}
	return out
}

// TestBitsThereAndBack holds for any codes: what was written is read.
func TestBitsThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codes := rapid.SliceOf(rapid.Uint32Range(0, 1<<31-2)).Draw(t, "codes")
		tail := rapid.SliceOf(rapid.Byte()).Draw(t, "tail")
		w := &bitWriter{}
		for _, c := range codes {
			w.ue(c)
		}
		w.bits(5, 3)
		w.copy(&bitReader{b: tail}, 0, 8*len(tail))
		r := &bitReader{b: w.b}
		for _, c := range codes {
			if got := r.ue(); got != c {
				t.Fatalf("read %d, wrote %d", got, c)
			}
		}
		if r.bits(3) != 5 {
			t.Fatal("the bits between are wrong")
		}
		for _, b := range tail {
			if byte(r.bits(8)) != b {
				t.Fatal("the tail is wrong")
			}
		}
		if r.err != nil {
			t.Fatal(r.err)
		}
	})
}

func TestEscapeThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rbsp := rapid.SliceOf(rapid.SampledFrom([]byte{0, 0, 0, 1, 2, 3, 4, 255})).Draw(t, "rbsp")
		nal := escape(nil, rbsp)
		for i := 2; i < len(nal); i++ {
			if nal[i-2] == 0 && nal[i-1] == 0 && nal[i] < 3 {
				t.Fatalf("%x holds a start code", nal)
			}
		}
		if diff := cmp.Diff(rbsp, unescape(nal)); diff != "" && len(rbsp) > 0 {
			t.Fatal(diff)
		}
	})
}

// TestLengthsFit makes IDR pictures of slices that are as long as their length field can say: they grow by a bit and
// would not fit any more.
func TestLengthsFit(t *testing.T) {
	nal := func(header byte, codes func(w *bitWriter)) []byte {
		w := &bitWriter{}
		codes(w)
		w.align()
		return append([]byte{header}, w.b...)
	}
	set := func(nal []byte) []byte { return append([]byte{0, byte(len(nal))}, nal...) }
	sps := nal(0x67, func(w *bitWriter) {
		w.bits(66<<16|30, 24)                    // baseline 3.0
		for _, v := range []uint32{0, 0, 2, 1} { // ID, bits of frame_num, order of output, references
			w.ue(v)
		}
		w.bit(0)
		w.ue(9)
		w.ue(9)
		w.bit(1) // no fields
	})
	pps := nal(0x68, func(w *bitWriter) {
		w.ue(0)
		w.ue(0)
		w.bits(0b10, 2) // CABAC
		for range 3 {
			w.ue(0)
		}
		w.bits(0, 3)
		for range 3 {
			w.ue(0)
		}
		w.bits(0, 3)
	})
	avcC := slices.Concat([]byte{1, 66, 0, 30, 0xfc, 0xe1}, set(sps), []byte{1}, set(pps))
	changed := 0
	for size := 5; size <= 255; size++ {
		nal := nal(0x61, func(w *bitWriter) {
			w.ue(0)
			w.ue(7) // an I slice
			w.ue(0)
			w.bits(0, 4+1) // frame_num, no marking
			w.ue(0)
		})
		nal = append(nal, bytes.Repeat([]byte{0x55}, size-len(nal))...)
		payload := append([]byte{byte(size)}, nal...)
		got := New("V_MPEG4/ISO/AVC", avcC).Keyframe(bytes.Clone(payload))
		if !bytes.Equal(got, payload) {
			changed++
		}
		if int(got[0]) != len(got)-1 || len(got) < len(payload) {
			t.Fatalf("a slice of %d bytes became one of %d, and its length says %d", size, len(got)-1, got[0])
		}
	}
	if changed == 0 {
		t.Error("no slice was made an IDR picture's")
	}
}

// FuzzKeyframe gives the splicers anything: they may leave it alone, never panic.
func FuzzKeyframe(f *testing.F) {
	avcC := []byte{1, 100, 0, 13, 0xff, 0xe1, 0, 8, 0x67, 100, 0, 13, 0xac, 0xd9, 0x41, 0x41, 1, 0, 4, 0x68, 0xeb, 0xec, 0xb2}
	f.Add(avcC, []byte{0, 0, 0, 5, 0x61, 0x88, 0x84, 0, 0x33})
	f.Add(append([]byte{1}, make([]byte, 22)...), []byte{21 << 1, 1, 0})
	f.Fuzz(func(_ *testing.T, private, payload []byte) {
		for _, codec := range []string{"V_MPEG4/ISO/AVC", "V_MPEGH/ISO/HEVC", "V_AV1"} {
			s := New(codec, private)
			s.Disposable(payload)
			s.Keyframe(bytes.Clone(payload))
		}
	})
}
