package mkv

import (
	"bytes"
	"compress/zlib"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
)

// lace packs frames into one block body after the header.
func lace(kind byte, frames ...[]byte) []byte {
	out := []byte{byte(len(frames) - 1)}
	for i, f := range frames[:len(frames)-1] {
		switch kind {
		case 1:
			out = append(out, bytes.Repeat([]byte{255}, len(f)/255)...)
			out = append(out, byte(len(f)%255))
		case 3: // four bytes each
			v := len(f)
			if i > 0 {
				v += 1<<27 - 1 - len(frames[i-1])
			}
			out = append(out, 0x10|byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
		}
	}
	return append(out, slices.Concat(frames...)...)
}

// encodings is a ContentEncodings of one compression.
func encodings(scope, algo uint64, settings []byte) []byte {
	return el(idContentEncodings, el(idContentEncoding, num(idEncodingScope, scope),
		el(idCompression, num(idCompAlgo, algo), appendBytes(nil, idCompSettings, settings))))
}

func deflated(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// mapped returns the film with every packet changed.
func (f film) mapped(change func([]byte) []byte) film {
	out := film{private: f.private, keys: f.keys}
	for _, p := range f.packets {
		out.packets = append(out.packets, change(p))
	}
	return out
}

// TestOddFiles reads files that FFmpeg's muxer does not write, and holds them against what FFmpeg's demuxer makes
// of them where that knows the feature.
func TestOddFiles(t *testing.T) {
	needFFmpeg(t)
	f := realFilm(t)
	head := slices.Concat(ebmlHead())
	info := segmentInfo(defaultTimeScale)
	tracks := entries(videoEntry(1, "V_MPEG4/ISO/AVC", f.private))
	void := el(idVoid, make([]byte, 40))
	crc := el(idCRC32, []byte{1, 2, 3, 4})
	front := []byte{0, 0} // of every H.264 packet with sizes of four bytes

	var unknownClusters, groups []byte
	for from := 0; from < 100; from += 25 {
		unknownClusters = append(unknownClusters, endless(idCluster, crc, f.cluster(from, from+25), void)...)
		blocks := [][]byte{crc, num(idTimestamp, f.at(from))}
		for i := from; i < from+25; i++ {
			group := [][]byte{el(idBlock, body(1, int16(f.at(i)-f.at(from)), 0, f.packets[i]))}
			if !f.keys[i] {
				group = append(group, num(idReferenceBlock, 40))
			}
			if i%2 == 0 {
				slices.Reverse(group)
			}
			blocks = append(blocks, el(idBlockGroup, group...), el(0xAF, body(1, 0, 0x80, []byte("encrypted"))))
		}
		groups = append(groups, el(idCluster, blocks...)...)
	}
	stripped := f.mapped(func(p []byte) []byte { return p[len(front):] })
	small := f.mapped(func(p []byte) []byte { return deflated(t, p) })

	cases := []struct {
		name string
		file []byte
	}{
		{"plain", slices.Concat(head, el(idSegment, info, tracks, f.clusters(25)))},
		{"unknown sizes", slices.Concat(head, void, endless(idSegment, void, info, tracks, unknownClusters, el(idTags)))},
		{"unknown cluster sizes in a known segment", slices.Concat(head, el(idSegment, info, tracks, unknownClusters))},
		{"tracks behind clusters of known size", slices.Concat(head, el(idSegment, f.clusters(25), info, tracks))},
		{"tracks behind clusters of unknown size", slices.Concat(head, endless(idSegment, unknownClusters, info, tracks))},
		{"block groups", slices.Concat(head, el(idSegment, info, tracks, groups))},
		{"an unknown element here and there", slices.Concat(head, el(idSegment, el(0x4FFF, void), info, tracks, f.clusters(50)))},
		{"header stripped", slices.Concat(head, el(idSegment, info,
			entries(videoEntry(1, "V_MPEG4/ISO/AVC", f.private, encodings(1, 3, front))), stripped.clusters(25)))},
		{"zlib", slices.Concat(head, el(idSegment, info,
			entries(videoEntry(1, "V_MPEG4/ISO/AVC", f.private, encodings(1, 0, nil))), small.clusters(25)))},
		{"zlib CodecPrivate too", slices.Concat(head, el(idSegment, info,
			entries(videoEntry(1, "V_MPEG4/ISO/AVC", deflated(t, f.private), encodings(3, 0, nil))), small.clusters(25)))},
		{"appended to by another file", slices.Concat(head, el(idSegment, info, tracks, f.clusters(25)), head, el(idSegment, info))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			track := only(t, c.file)
			f.matches(t, track)
			if i := track.Info(); !i.Complete || !bytes.Equal(i.Private, f.private) {
				t.Errorf("%+v", i)
			}
			path := filepath.Join(t.TempDir(), "odd.mkv")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			if c.name == "tracks behind clusters of known size" || c.name == "tracks behind clusters of unknown size" {
				return // FFmpeg wants a SeekHead for that
			}
			for i, p := range packets(t, path, 0) {
				if p.size != len(f.packets[i]) || p.key != f.keys[i] || !sameTime(p.at, time.Duration(f.at(i))*time.Millisecond) {
					t.Fatalf("ffprobe sees packet %d as %+v", i, p)
				}
			}
		})
	}
}

func TestLacedBlocks(t *testing.T) {
	needFFmpeg(t)
	f := realFilm(t)
	for kind, name := range map[byte]string{1: "Xiph", 2: "fixed", 3: "EBML"} {
		for _, strip := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				f := f
				if kind == 2 { // all of one size; FFmpeg lets a decoder worry about the filling
					longest := len(slices.MaxFunc(f.packets, func(a, b []byte) int { return len(a) - len(b) }))
					f = f.mapped(func(p []byte) []byte { return append(slices.Clip(p), make([]byte, longest-len(p))...) })
				}
				stored, more := f, num(idDefaultDuration, 40_000_000)
				if strip {
					stored = f.mapped(func(p []byte) []byte { return p[2:] })
					more = append(more, encodings(1, 3, []byte{0, 0})...)
				}
				blocks := [][]byte{num(idTimestamp, 0)}
				for i := 0; i < 100; i += 5 {
					flags := kind << 1
					if f.keys[i] {
						flags |= 0x80
					}
					blocks = append(blocks, el(idSimpleBlock, body(1, int16(f.at(i)), flags, lace(kind, stored.packets[i:i+5]...))))
				}
				file := slices.Concat(ebmlHead(), el(idSegment, segmentInfo(defaultTimeScale),
					entries(videoEntry(1, "V_MPEG4/ISO/AVC", f.private, more)), el(idCluster, blocks...)))
				track := only(t, file)
				all := samples(t, track)
				path := filepath.Join(t.TempDir(), "laced.mkv")
				if err := os.WriteFile(path, file, 0o600); err != nil {
					t.Fatal(err)
				}
				probed := packets(t, path, 0)
				if len(all) != 100 || len(probed) != 100 || len(track.Keyframes()) != 10 {
					t.Fatalf("%d samples, %d packets, %d keyframes", len(all), len(probed), len(track.Keyframes()))
				}
				for i, s := range all {
					got, err := track.Read(s, nil)
					if err != nil || !bytes.Equal(got, f.packets[i]) {
						t.Fatalf("payload %d is wrong: %v", i, err)
					}
					if p := probed[i]; !sameTime(s.At, p.at) || s.Key != p.key || len(got) != p.size {
						t.Fatalf("sample %d is %+v, ffprobe has %+v", i, s, p)
					}
				}
			})
		}
	}
}

func TestTimestampScales(t *testing.T) {
	needFFmpeg(t)
	f := realFilm(t)
	for _, scale := range []uint64{1, 11_111, 100_000, 1_000_000, 41_708_333, 1_000_000_000} {
		file := slices.Concat(ebmlHead(), el(idSegment, segmentInfo(scale),
			entries(videoEntry(1, "V_MPEG4/ISO/AVC", f.private)), f.clusters(50)))
		path := filepath.Join(t.TempDir(), "scale.mkv")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		agree(t, path)
	}
}

// TestTrackTimestampScale: an element that nobody writes any more, but that FFmpeg obeys.
func TestTrackTimestampScale(t *testing.T) {
	needFFmpeg(t)
	f := realFilm(t)
	file := slices.Concat(ebmlHead(), el(idSegment, segmentInfo(defaultTimeScale),
		entries(videoEntry(1, "V_MPEG4/ISO/AVC", f.private, appendBytes(nil, idTrackScale, []byte{0x40, 0x00, 0, 0}))),
		f.clusters(1)))
	path := filepath.Join(t.TempDir(), "scale.mkv")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	agree(t, path)
}

func TestBlocksBeforeTheirCluster(t *testing.T) {
	f := toyFilm(20)
	file := slices.Concat(ebmlHead(), el(idSegment, segmentInfo(defaultTimeScale), entries(videoEntry(1, "V_VP8", nil)),
		el(idCluster, num(idTimestamp, 100), simple(1, -140, true, f.packets[0]), simple(1, -100, false, f.packets[1]))))
	keys := only(t, file).Keyframes()
	if len(keys) != 1 || keys[0].At != -40*time.Millisecond {
		t.Fatalf("%+v", keys)
	}
}

func TestPacketsThatCannotBeHad(t *testing.T) {
	f := toyFilm(20)
	encrypted := el(idContentEncodings, el(idContentEncoding, num(idEncodingType, 1)))
	one := el(idContentEncoding, el(idCompression, num(idCompAlgo, 3)))
	for name, c := range map[string]struct {
		more   []byte
		reason preview.Reason
	}{
		"encrypted":     {encrypted, preview.VideoEncrypted},
		"bzip2":         {encodings(1, 1, nil), preview.Unknown},
		"two encodings": {el(idContentEncodings, one, one), preview.Unknown},
		"zlib rubbish":  {encodings(1, 0, nil), preview.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			track := only(t, slices.Concat(ebmlHead(), el(idSegment, segmentInfo(defaultTimeScale),
				entries(videoEntry(1, "V_VP8", nil, c.more)), f.clusters(10))))
			s, err := track.Key(0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = track.Read(s, nil); !errors.Is(err, container.ErrNoIndex) || preview.ReasonOf(err) != c.reason {
				t.Errorf("%v, %v", err, preview.ReasonOf(err))
			}
		})
	}
}

// TestInflatedSizeIsLimited: a packet that claims to be a gigabyte of zeros.
func TestInflatedSizeIsLimited(t *testing.T) {
	f := film{packets: [][]byte{deflated(t, make([]byte, maxInflated+1))}, keys: []bool{true}}
	track := only(t, slices.Concat(ebmlHead(), el(idSegment, segmentInfo(defaultTimeScale),
		entries(videoEntry(1, "V_VP8", nil, encodings(1, 0, nil))), f.clusters(10))))
	s, err := track.Key(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = track.Read(s, nil); !errors.Is(err, container.ErrNoIndex) {
		t.Error(err)
	}
}

func TestNotMine(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":       "",
		"text":          "This is a text that was renamed to .mkv. It goes on for a while.",
		"mp4":           "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
		"zeros":         string(make([]byte, 1000)),
		"another EBML":  string(el(idEBML, appendText(nil, idDocType, "cbor"))),
		"a huge header": string(appendSize(appendID(nil, idEBML), 1<<40)),
	} {
		if _, err := Open(inMemory([]byte(b))); !errors.Is(err, container.ErrNotMine) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
