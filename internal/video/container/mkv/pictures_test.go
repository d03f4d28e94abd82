package mkv

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
)

// mjpegStream is what FFmpeg writes to a pipe: n pictures, a second apart.
func mjpegStream(t *testing.T, args ...string) []byte {
	t.Helper()
	needFFmpeg(t)
	args = slices.Concat([]string{
		"-hide_banner", "-nostdin", "-loglevel", "error", "-f", "lavfi",
		"-i", "testsrc2=size=192x108:rate=1:duration=20",
	}, args, []string{"-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "matroska", "pipe:1"})
	out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// collect reads a stream to its end or first error.
func collect(r io.Reader) (pics []Picture, err error) {
	for p, err := range Pictures(r) {
		if err != nil {
			return pics, err
		}
		pics = append(pics, Picture{p.At, bytes.Clone(p.JPEG)})
	}
	return pics, nil
}

func TestPicturesOfFFmpeg(t *testing.T) {
	for name, args := range map[string][]string{
		"as it is":       nil,
		"one a cluster":  {"-cluster_time_limit", "0"},
		"small clusters": {"-cluster_size_limit", "1000"},
		"live":           {"-live", "1"},
		"with tags":      {"-metadata", "title=A long story", "-metadata", "comment=told twice"},
	} {
		t.Run(name, func(t *testing.T) {
			stream := mjpegStream(t, args...)
			for reader, r := range map[string]io.Reader{
				"at once":       bytes.NewReader(stream),
				"byte by byte":  iotest.OneByteReader(bytes.NewReader(stream)),
				"with late EOF": iotest.DataErrReader(bytes.NewReader(stream)),
			} {
				pics, err := collect(r)
				if err != nil || len(pics) != 20 {
					t.Fatalf("%s: %d pictures, %v", reader, len(pics), err)
				}
				for i, p := range pics {
					if p.At != time.Duration(i)*time.Second || !bytes.HasPrefix(p.JPEG, []byte{0xFF, 0xD8}) || !bytes.Contains(stream, p.JPEG) {
						t.Errorf("%s: picture %d at %v", reader, i, p.At)
					}
				}
			}
		})
	}
}

// TestPicturesUpToTheCut cuts a stream everywhere: what was whole comes out, and then the news that it is cut.
func TestPicturesUpToTheCut(t *testing.T) {
	var stream bytes.Buffer
	mux, err := NewWriter(&stream, StreamHeader{Codec: "V_MJPEG", Width: 1, Height: 1})
	if err != nil {
		t.Fatal(err)
	}
	ends := map[int]int{stream.Len(): 0} // where the stream may end: how many pictures before that
	for i := range 5 {
		if err := mux.Packet(time.Duration(i)*time.Hour, true, bytes.Repeat([]byte{byte(i)}, 50)); err != nil {
			t.Fatal(err)
		}
		ends[stream.Len()] = i + 1
	}
	whole := 0
	for size := range stream.Len() + 1 {
		pics, err := collect(bytes.NewReader(stream.Bytes()[:size]))
		if n, ok := ends[size]; ok {
			whole = n
			if err != nil {
				t.Errorf("%d bytes: %v", size, err)
			}
		} else if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if len(pics) != whole {
			t.Errorf("%d bytes: %d pictures, not %d", size, len(pics), whole)
		}
	}
}

func TestPicturesOddStreams(t *testing.T) {
	mjpeg := el(idTracks, videoEntry(1, "V_MJPEG", nil))
	other := el(idTracks, videoEntry(2, "V_VP8", nil), videoEntry(1, "V_MJPEG", nil))
	info := segmentInfo(100_000)
	head := ebmlHead()
	time0 := num(idTimestamp, 20)
	jpeg := []byte("JPEG")
	cases := []struct {
		name   string
		stream []byte
		times  []time.Duration
		mine   bool // it is Matroska all the same
		bad    bool
	}{
		{"nothing but headers", slices.Concat(head, endless(idSegment, info, mjpeg)), nil, true, false},
		{"groups, filling, Cues", slices.Concat(head, el(idVoid), endless(idSegment, el(idVoid, make([]byte, 99)), info, mjpeg,
			el(idCluster, el(idCRC32, make([]byte, 4)), time0,
				el(idBlockGroup, num(idBlockDuration, 4), el(idBlock, body(1, 5, 0, jpeg)), num(idReferenceBlock, 1))),
			el(idCues, make([]byte, 0)), el(idTags))), []time.Duration{2500 * time.Microsecond}, true, false},
		{"unknown cluster sizes", slices.Concat(head, endless(idSegment, info, mjpeg, endless(idCluster, time0, simple(1, 0, true, jpeg)),
			endless(idCluster, time0, simple(1, -30, true, jpeg)), el(idTags))), []time.Duration{2 * time.Millisecond, -time.Millisecond}, true, false},
		{
			"another track", slices.Concat(head, endless(idSegment, info, other, el(idCluster, time0, simple(2, 0, true, jpeg), simple(1, 1, true, jpeg)))),
			[]time.Duration{2100 * time.Microsecond},
			true, false,
		},
		{
			"a known segment", slices.Concat(head, el(idSegment, info, mjpeg, el(idCluster, time0, simple(1, 0, true, jpeg))), []byte("trailing")),
			[]time.Duration{2 * time.Millisecond},
			true, false,
		},
		{"text", []byte("Usage: ffmpeg [options] ... and so on, for a long while"), nil, false, true},
		{"a JPEG", []byte("\xFF\xD8\xFF\xE0 and so on, for a long while"), nil, false, true},
		{"another EBML", el(idEBML, appendText(nil, idDocType, "cbor")), nil, false, true},
		{"laced", slices.Concat(head, endless(idSegment, info, mjpeg, el(idCluster, time0, el(idSimpleBlock, body(1, 0, 0x82, jpeg))))), nil, true, true},
		{"too large", slices.Concat(head, endless(idSegment, info, mjpeg, endless(idCluster, time0, appendSize(appendID(nil, idSimpleBlock), 1<<30), body(1, 0, 0x80, jpeg)))), nil, true, true},
		{"empty picture", slices.Concat(head, endless(idSegment, info, mjpeg, el(idCluster, time0, simple(1, 0, true)))), nil, true, true},
		{"no timestamp", slices.Concat(head, endless(idSegment, info, mjpeg, el(idCluster, simple(1, 0, true, jpeg)))), nil, true, true},
		{"no tracks", slices.Concat(head, endless(idSegment, info, el(idCluster, time0, simple(1, 0, true, jpeg)))), nil, true, true},
		{
			"rubbish after a picture", slices.Concat(head, endless(idSegment, info, mjpeg, el(idCluster, time0, simple(1, 0, true, jpeg)), make([]byte, 100))),
			[]time.Duration{2 * time.Millisecond},
			true, true,
		},
		{"a block larger than its cluster", slices.Concat(head, endless(idSegment, info, mjpeg, el(idCluster, time0, appendSize(appendID(nil, idSimpleBlock), 500)), make([]byte, 600))), nil, true, true},
		{"a gigabyte of filling", slices.Concat(head, endless(idSegment, info, mjpeg, appendSize(appendID(nil, idVoid), 1<<30), make([]byte, 600))), nil, true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pics, err := collect(bytes.NewReader(c.stream))
			var times []time.Duration
			for _, p := range pics {
				times = append(times, p.At)
				if string(p.JPEG) != "JPEG" {
					t.Errorf("picture %q", p.JPEG)
				}
			}
			if !slices.Equal(times, c.times) {
				t.Errorf("pictures at %v, not at %v", times, c.times)
			}
			if (err != nil) != c.bad {
				t.Fatal(err)
			}
			if c.bad && preview.ReasonOf(err) != preview.FFmpegGarbage {
				t.Errorf("%v has reason %q", err, preview.ReasonOf(err))
			}
			if _, ok := errors.AsType[*container.Error](err); c.bad && !ok {
				t.Errorf("%v is no container.Error", err)
			}
			if errors.Is(err, container.ErrNotMine) == c.mine && c.bad {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestGarbageIsRefusedAtOnce: an FFmpeg that prints for ever must not be read for ever.
func TestGarbageIsRefusedAtOnce(t *testing.T) {
	endlessText := &repeater{text: "This is not the FFmpeg that you are looking for. "}
	if _, err := collect(endlessText); !errors.Is(err, container.ErrNotMine) {
		t.Error(err)
	}
	if endlessText.given > 128<<10 {
		t.Errorf("%d bytes were read", endlessText.given)
	}
}

type repeater struct {
	text  string
	given int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := copy(p, r.text)
	r.given += n
	return n, nil
}

// TestPictureComesBeforeTheNextIsWritten: progress is seen picture by picture.
func TestPictureComesBeforeTheNextIsWritten(t *testing.T) {
	r, w := io.Pipe()
	seen := make(chan time.Duration)
	go func() {
		defer close(seen)
		for p, err := range Pictures(r) {
			if err != nil {
				t.Error(err)
				return
			}
			seen <- p.At
		}
	}()
	mux, err := NewWriter(w, StreamHeader{Codec: "V_MJPEG", Width: 1, Height: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		at := time.Duration(i) * time.Second
		if err := mux.Packet(at, true, []byte("JPEG")); err != nil {
			t.Fatal(err)
		}
		if got := <-seen; got != at {
			t.Errorf("%v, not %v", got, at)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	<-seen
}

// TestLeavingTheLoop must not read on nor panic.
func TestLeavingTheLoop(t *testing.T) {
	var stream bytes.Buffer
	mux, err := NewWriter(&stream, StreamHeader{Codec: "V_MJPEG", Width: 1, Height: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := mux.Packet(time.Duration(i)*time.Second, true, []byte("JPEG")); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for range Pictures(&stream) {
		n++
		break
	}
	if n != 1 {
		t.Error(n)
	}
}

// TestPicturesReportsAReadError as what it is.
func TestPicturesReportsAReadError(t *testing.T) {
	gone := errors.New("gone")
	var stream bytes.Buffer
	mux, err := NewWriter(&stream, StreamHeader{Codec: "V_MJPEG", Width: 1, Height: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := mux.Packet(0, true, []byte("JPEG")); err != nil {
		t.Fatal(err)
	}
	pics, err := collect(io.MultiReader(&stream, iotest.ErrReader(gone)))
	if len(pics) != 1 || !errors.Is(err, gone) {
		t.Errorf("%d pictures, %v", len(pics), err)
	}
}
