package mkv

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// TestFFmpegDecodesWhatWeWrite feeds the keyframes of a real file to FFmpeg's standard input, a thousand seconds
// apart, and takes the pictures from its standard output, as a render does. What must be done to pictures of an
// open GOP before they are fed is not this package's matter.
func TestFFmpegDecodesWhatWeWrite(t *testing.T) {
	for name, args := range map[string][]string{
		"h264":  h264(),
		"hevc":  {"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=25:open-gop=0"},
		"av1":   {"-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-g", "25", "-row-mt", "1"},
		"vp9":   {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25"},
		"mpeg2": {"-c:v", "mpeg2video", "-g", "25", "-bf", "2"},
		"mpeg4": {"-c:v", "mpeg4", "-g", "25"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			track := open(t, clip(t, "clip.mkv", 8, args...)).Tracks()[0]
			info := track.Info()
			decode := exec.CommandContext(t.Context(), "ffmpeg", "-hide_banner", "-nostats", "-loglevel", "error",
				"-f", "matroska", "-i", "pipe:0", "-fps_mode", "passthrough",
				"-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "matroska", "pipe:1")
			in, err := decode.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := decode.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			var complaints bytes.Buffer
			decode.Stderr = &complaints
			if err := decode.Start(); err != nil {
				t.Fatal(err)
			}
			fed := make(chan error, 1)
			go func() { fed <- feed(in, track, info) }()
			var times []time.Duration
			for p, err := range Pictures(out) {
				if err != nil {
					t.Fatalf("%v\n%s", err, &complaints)
				}
				if !bytes.HasPrefix(p.JPEG, []byte{0xFF, 0xD8}) {
					t.Errorf("the picture at %v is no JPEG", p.At)
				}
				times = append(times, p.At)
			}
			if err := errors.Join(<-fed, decode.Wait()); err != nil {
				t.Fatalf("%v\n%s", err, &complaints)
			}
			var want []time.Duration
			for k := range track.Keyframes() {
				want = append(want, time.Duration(k)*1000*time.Second)
			}
			if !slices.Equal(times, want) || len(times) < 8 {
				t.Errorf("pictures at %v, not at %v", times, want)
			}
		})
	}
}

// feed writes all keyframes of a track, a thousand seconds apart.
func feed(w io.WriteCloser, track container.Track, info container.TrackInfo) (err error) {
	defer func() { err = errors.Join(err, w.Close()) }()
	mux, err := NewWriter(w, StreamHeader{Codec: info.Codec, Private: info.Private, Width: info.Width, Height: info.Height})
	if err != nil {
		return err
	}
	var buf []byte
	for k := range track.Keyframes() {
		s, err := track.Key(k)
		if err != nil {
			return err
		}
		if buf, err = track.Read(s, buf); err != nil {
			return err
		}
		if err := mux.Packet(time.Duration(k)*1000*time.Second, true, buf); err != nil {
			return err
		}
	}
	return nil
}

// TestFFprobeSeesColour: what the packets do not say must come from the header.
func TestFFprobeSeesColour(t *testing.T) {
	track := open(t, clip(t, "clip.mkv", 1, h264()...)).Tracks()[0]
	info := track.Info()
	for _, c := range []struct {
		colour                             Colour
		space, transfer, primaries, ranged string
	}{
		{Colour{Matrix: 9, Transfer: 16, Primaries: 9, Range: RangeLimited}, "bt2020nc", "smpte2084", "bt2020", "tv"},
		{Colour{Matrix: 1, Transfer: 1, Primaries: 1, Range: RangeFull}, "bt709", "bt709", "bt709", "pc"},
		{Colour{Matrix: 6, Transfer: 2, Primaries: 0}, "smpte170m", "", "", ""},
		{Colour{}, "", "", "", ""},
	} {
		path := filepath.Join(t.TempDir(), "colour.mkv")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		mux, err := NewWriter(file, StreamHeader{info.Codec, info.Private, info.Width, info.Height, c.colour})
		if err != nil {
			t.Fatal(err)
		}
		key, err := track.Key(0)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := track.Read(key, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(mux.Packet(100_000_000*time.Second, true, payload), file.Close()); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_streams", "-of", "json", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Streams []struct {
				Space     string `json:"color_space"`
				Transfer  string `json:"color_transfer"`
				Primaries string `json:"color_primaries"`
				Range     string `json:"color_range"`
			} `json:"streams"`
		}
		if err := json.Unmarshal(out, &got); err != nil || len(got.Streams) != 1 {
			t.Fatalf("%s: %v", out, err)
		}
		s := got.Streams[0]
		if s.Space != c.space || s.Transfer != c.transfer || s.Primaries != c.primaries || s.Range != c.ranged {
			t.Errorf("%+v came out as %+v", c.colour, s)
		}
		if got := packets(t, path, 0); len(got) != 1 || got[0].at != 100_000_000*time.Second || !got[0].key {
			t.Errorf("packets %+v", got)
		}
	}
}

// TestWriterRoundTrip: whatever is written comes back from Open, which hops, and from Pictures.
func TestWriterRoundTrip(t *testing.T) {
	type pack struct {
		at      time.Duration
		key     bool
		payload []byte
	}
	rapid.Check(t, func(t *rapid.T) {
		header := StreamHeader{
			Codec: "V_MJPEG", Private: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "private"),
			Width: rapid.IntRange(1, 1<<20).Draw(t, "width"), Height: rapid.IntRange(1, 1<<20).Draw(t, "height"),
			Colour: Colour{rapid.Byte().Draw(t, "matrix"), 1, 2, RangeFull},
		}
		var file bytes.Buffer
		mux, err := NewWriter(&file, header)
		if err != nil {
			t.Fatal(err)
		}
		var want []pack
		at := time.Duration(0)
		for range rapid.IntRange(0, 20).Draw(t, "packets") {
			p := pack{at, len(want) == 0 || rapid.Bool().Draw(t, "key"), rapid.SliceOfN(rapid.Byte(), 1, 40_000).Draw(t, "payload")}
			if err := mux.Packet(p.at, p.key, p.payload); err != nil {
				t.Fatal(err)
			}
			want = append(want, p)
			at += time.Duration(rapid.Int64Range(1, 1e11).Draw(t, "step")) * time.Millisecond / 20
			at = at.Truncate(time.Millisecond) + time.Millisecond
		}

		f, err := Open(inMemory(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		track := f.Tracks()[0]
		info := track.Info()
		if info.Width != header.Width || info.Height != header.Height || !bytes.Equal(info.Private, header.Private) || !info.Complete {
			t.Fatalf("%+v", info)
		}
		i := 0
		for k, key := range track.Keyframes() {
			group, err := track.Group(k)
			if err != nil {
				t.Fatal(err)
			}
			for n, s := range group {
				p, err := track.Read(s, nil)
				if err != nil || s.At != want[i].at || s.Key != want[i].key || !bytes.Equal(p, want[i].payload) || n == 0 && s.At != key.At {
					t.Fatalf("packet %d is %+v: %v", i, s, err)
				}
				i++
			}
		}
		if i != len(want) {
			t.Fatalf("%d of %d packets", i, len(want))
		}

		i = 0
		for p, err := range Pictures(&file) {
			if err != nil || p.At != want[i].at || !bytes.Equal(p.JPEG, want[i].payload) {
				t.Fatalf("picture %d at %v: %v", i, p.At, err)
			}
			i++
		}
		if i != len(want) {
			t.Fatalf("%d of %d pictures", i, len(want))
		}
	})
}

func TestWriterRefusesWhatCannotBeSaid(t *testing.T) {
	for _, h := range []StreamHeader{{Width: 1, Height: 1}, {Codec: "V_VP8", Width: 1}, {Codec: "V_VP8", Width: -1, Height: 1}} {
		if _, err := NewWriter(io.Discard, h); err == nil {
			t.Errorf("%+v was written", h)
		}
	}
	mux, err := NewWriter(io.Discard, StreamHeader{Codec: "V_VP8", Width: 1, Height: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(mux.Packet(-1, true, []byte{1})); err == nil {
		t.Error("a negative time was written")
	}
	if err := mux.Packet(0, true, nil); err == nil {
		t.Error("an empty packet was written")
	}
}

// TestWriterReportsABrokenPipe: FFmpeg may be gone.
func TestWriterReportsABrokenPipe(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		_, _ = io.ReadFull(r, make([]byte, 200))
		_ = r.CloseWithError(io.ErrClosedPipe)
	}()
	mux, err := NewWriter(w, StreamHeader{Codec: "V_VP8", Width: 1, Height: 1})
	for i := 0; err == nil && i < 100; i++ {
		err = mux.Packet(0, true, make([]byte, 100))
	}
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}
