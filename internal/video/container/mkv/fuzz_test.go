package mkv

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// allocated returns how many bytes do allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzOpen: whatever the bytes are, Open answers with a typed error or a file whose samples lie within it, and
// takes no more memory than they justify.
func FuzzOpen(f *testing.F) {
	toy := toyFilm(30).mapped(func(p []byte) []byte { return p[:5] }) // small files are changed to more effect
	headers := slices.Concat(segmentInfo(defaultTimeScale), entries(videoEntry(1, "V_VP8", toy.private)))
	whole := func(i int, cluster, rel uint64) []byte {
		if !toy.keys[i] {
			return nil
		}
		return cuePoint(toy.at(i), cuePos(1, cluster, rel))
	}
	seek := func(cues uint64) []byte { return seekHead(seekTo(idCues, cues)) }
	f.Add(indexed{n: 10, cue: whole}.build(toy))
	f.Add(indexed{n: 7, cue: whole, back: true, seek: seek}.build(toy))
	f.Add(slices.Concat(ebmlHead(), endless(idSegment, headers, endless(idCluster, toy.cluster(0, 15)), endless(idCluster, toy.cluster(15, 30)), el(idTags))))
	f.Add(slices.Concat(ebmlHead(), el(idSegment, el(idCluster, num(idTimestamp, 0),
		el(idBlockGroup, el(idBlock, body(1, 0, 3<<1, lace(3, toy.packets[:5]...))), num(idBlockDuration, 9)),
		el(idSimpleBlock, body(1, 9, 0x80|1<<1, lace(1, toy.packets[:5]...))),
		el(idSimpleBlock, body(1, 9, 0x80|2<<1, lace(2, toy.packets[0], toy.packets[0])))), headers)))
	f.Add(slices.Concat(ebmlHead(), el(idSegment, segmentInfo(11_111), entries(videoEntry(1, "V_VP8", []byte("x"), encodings(1, 3, []byte{0}))), toy.clusters(10))))
	f.Add(slices.Concat(ebmlHead(), el(idSegment, segmentInfo(1), entries(videoEntry(1, "V_VP8", nil, encodings(1, 0, nil))), toy.clusters(10))))
	f.Fuzz(func(t *testing.T, data []byte) {
		var file *File
		var err error
		took := allocated(func() { file, err = Open(inMemory(data)) })
		if limit := uint64(4<<20 + 200*len(data)); took > limit {
			t.Errorf("%d bytes allocated for a file of %d", took, len(data))
		}
		if err != nil {
			typed(t, err)
			return
		}
		for _, track := range file.Tracks() {
			keys := track.Keyframes()
			if !slices.IsSortedFunc(keys, func(a, b container.Keyframe) int { return int(min(max(a.At-b.At, -1), 1)) }) {
				t.Error("keyframes are not sorted")
			}
			for k := range min(len(keys), 10) {
				s, err := track.Key(k)
				if err != nil {
					typed(t, err)
					continue
				}
				group, err := track.Group(k)
				if err != nil || len(group) == 0 || group[0] != s || !s.Key || s.At != keys[k].At {
					t.Fatalf("keyframe %d at %v is %+v, its group %d samples: %v", k, keys[k].At, s, len(group), err)
				}
				for _, s := range group[:min(len(group), 10)] {
					if s.Offset < 0 || s.Size <= 0 || s.Offset+int64(s.Size) > int64(len(data)) {
						t.Fatalf("%+v in a file of %d", s, len(data))
					}
					if _, err := track.Read(s, nil); err != nil {
						typed(t, err)
					}
				}
			}
		}
	})
}

// FuzzPictures: whatever the bytes are, Pictures ends, with a typed error or none.
func FuzzPictures(f *testing.F) {
	var stream bytes.Buffer
	mux, err := NewWriter(&stream, StreamHeader{Codec: "V_MJPEG", Private: []byte{1}, Width: 1, Height: 1, Colour: Colour{1, 1, 1, RangeFull}})
	if err != nil {
		f.Fatal(err)
	}
	for range 3 {
		if err := mux.Packet(5, true, []byte("JPEG")); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(stream.Bytes())
	f.Add(slices.Concat(ebmlHead(), el(idSegment, segmentInfo(100_000), el(idTracks, videoEntry(1, "V_MJPEG", nil)),
		endless(idCluster, num(idTimestamp, 3), el(idBlockGroup, el(idBlock, body(1, 5, 0, []byte("JPEG"))))), el(idVoid), el(idCues))))
	f.Fuzz(func(t *testing.T, data []byte) {
		took := allocated(func() {
			total := 0
			for p, err := range Pictures(bytes.NewReader(data)) {
				if err != nil {
					typed(t, err)
				}
				total += len(p.JPEG)
			}
			if total > len(data) {
				t.Errorf("%d bytes of pictures in %d", total, len(data))
			}
		})
		if limit := uint64(2<<20 + 200*len(data)); took > limit {
			t.Errorf("%d bytes allocated for a stream of %d", took, len(data))
		}
	})
}

// typed checks that callers can tell what an error is about.
func typed(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*container.Error](err); !ok && !errors.Is(err, container.ErrNotMine) {
		t.Errorf("%v has no type", err)
	}
	if errors.Is(err, io.EOF) {
		t.Errorf("%v is a bare EOF", err)
	}
}
