package mkv

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// The functions here make Matroska files by hand, to say what FFmpeg's muxer never says.

func el(id uint32, parts ...[]byte) []byte { return appendBytes(nil, id, slices.Concat(parts...)) }
func num(id uint32, v uint64) []byte       { return appendUint(nil, id, v) }

// endless is an element of unknown size.
func endless(id uint32, parts ...[]byte) []byte {
	return append(append(appendID(nil, id), 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), slices.Concat(parts...)...)
}

func ebmlHead() []byte {
	return el(idEBML, appendText(nil, idDocType, "matroska"), num(idDocTypeVersion, 4), num(idDocTypeRead, 2))
}

func segmentInfo(scale uint64) []byte {
	return el(idInfo, num(idTimestampScale, scale), appendText(nil, idMuxingApp, "x"), appendText(nil, idWritingApp, "x"))
}

// videoEntry is the TrackEntry of a video track.
func videoEntry(number uint64, codec string, private []byte, more ...[]byte) []byte {
	return el(idTrackEntry, num(idTrackNumber, number), num(idTrackUID, number), num(idTrackType, 1),
		appendText(nil, idCodecID, codec), appendBytes(nil, idCodecPrivate, private),
		el(idVideo, num(idPixelWidth, 192), num(idPixelHeight, 108)), slices.Concat(more...))
}

// entries is Tracks with one of video and one of subtitles, which the films have as well.
func entries(video []byte) []byte {
	return el(idTracks, video, el(idTrackEntry, num(idTrackNumber, 2), num(idTrackUID, 2), num(idTrackType, 17),
		appendText(nil, idCodecID, "S_TEXT/UTF8")))
}

// body is what a SimpleBlock or Block holds.
func body(track byte, rel int16, flags byte, payload ...[]byte) []byte {
	return slices.Concat([]byte{0x80 | track, byte(uint16(rel) >> 8), byte(rel), flags}, slices.Concat(payload...))
}

func simple(track byte, rel int16, key bool, payload ...[]byte) []byte {
	flags := byte(0)
	if key {
		flags = 0x80
	}
	return el(idSimpleBlock, body(track, rel, flags, payload...))
}

// film is what a hand-made file is filled with: packets of a real encoder, at whole multiples of 40 ms.
type film struct {
	private []byte
	packets [][]byte
	keys    []bool
}

// at is the time of packet i in milliseconds.
func (f film) at(i int) uint64 { return uint64(40 * i) }

// realFilm encodes four seconds of H.264 without B-frames, a keyframe every ten pictures.
func realFilm(t *testing.T) film {
	t.Helper()
	path := clip(t, "film.mkv", 4, "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "10", "-pix_fmt", "yuv420p")
	track := open(t, path).Tracks()[0]
	f := film{private: track.Info().Private}
	for _, s := range samples(t, track) {
		p, err := track.Read(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		f.packets = append(f.packets, p)
		f.keys = append(f.keys, s.Key)
	}
	if len(f.packets) != 100 {
		t.Fatalf("%d packets", len(f.packets))
	}
	return f
}

// toyFilm has the same rhythm and no sense: for tests that need no FFmpeg.
func toyFilm(n int) film {
	f := film{private: []byte{1, 2, 3}}
	for i := range n {
		f.packets = append(f.packets, bytes.Repeat([]byte{byte(i), byte(i >> 8), 0xAA}, 20+i%7))
		f.keys = append(f.keys, i%10 == 0)
	}
	return f
}

// cluster holds the packets from one to another as SimpleBlocks of track 1, with some filling.
func (f film) cluster(from, to int) []byte {
	blocks := [][]byte{num(idTimestamp, f.at(from))}
	for i := from; i < to; i++ {
		blocks = append(blocks, simple(1, int16(f.at(i)-f.at(from)), f.keys[i], f.packets[i]))
		if i%4 == 1 {
			blocks = append(blocks, simple(2, int16(f.at(i)-f.at(from)), true, []byte("sound")))
		}
	}
	return slices.Concat(blocks...)
}

// clusters cuts the film into clusters of n packets.
func (f film) clusters(n int) []byte {
	var out []byte
	for from := 0; from < len(f.packets); from += n {
		out = append(out, el(idCluster, f.cluster(from, min(from+n, len(f.packets))))...)
	}
	return out
}

// matches checks that a track has exactly the packets of the film, with its keyframes at the film's keys.
func (f film) matches(t *testing.T, track container.Track) {
	t.Helper()
	var keys []time.Duration
	for i, key := range f.keys {
		if key {
			keys = append(keys, time.Duration(f.at(i))*time.Millisecond)
		}
	}
	var got []time.Duration
	for _, k := range track.Keyframes() {
		got = append(got, k.At)
	}
	if !slices.Equal(got, keys) {
		t.Fatalf("keyframes %v, not %v", got, keys)
	}
	f.holds(t, track)
}

// holds checks that all groups together are the packets of the film, and that Key agrees with Group.
func (f film) holds(t *testing.T, track container.Track) {
	t.Helper()
	all := samples(t, track)
	if len(all) != len(f.packets) {
		t.Fatalf("%d samples, not %d", len(all), len(f.packets))
	}
	for i, s := range all {
		if at := time.Duration(f.at(i)) * time.Millisecond; s.At != at || s.Key != f.keys[i] {
			t.Fatalf("sample %d is %+v", i, s)
		}
		p, err := track.Read(s, nil)
		if err != nil || !bytes.Equal(p, f.packets[i]) {
			t.Fatalf("payload %d is wrong: %v", i, err)
		}
	}
	for k := range track.Keyframes() {
		s, err := track.Key(k)
		g, gerr := track.Group(k)
		if err != nil || gerr != nil || s != g[0] {
			t.Fatalf("keyframe %d is %+v (%v), its group starts with %+v (%v)", k, s, err, g, gerr)
		}
	}
}

// only opens a file that must have one track.
func only(t *testing.T, file []byte) container.Track {
	t.Helper()
	f, err := Open(inMemory(file))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.Tracks()); n != 1 {
		t.Fatalf("%d tracks", n)
	}
	return f.Tracks()[0]
}
