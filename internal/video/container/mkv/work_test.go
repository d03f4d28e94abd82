package mkv

import (
	"bytes"
	"runtime"
	"slices"
	"testing"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// TestIndexReadsNoPayloads counts the bytes and the reads that it takes to know the keyframes of a video.
func TestIndexReadsNoPayloads(t *testing.T) {
	noise := []string{"-vf", "scale=1280:720,noise=alls=60:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-qp", "18", "-pix_fmt", "yuv420p"}
	for name, c := range map[string]struct {
		args         []string
		reads, bytes int64
	}{
		// Front, Cues, three keyframes to prove them.
		"cues": {noise, 8, 64 << 10},
		// The blocks are of 300 KiB, and each costs a page.
		"no cues": {append(slices.Clone(noise), "-live", "1"), 200, 700 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := clip(t, "noise.mkv", 4, c.args...)
			src, count := source(t, path)
			f, err := Open(src)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(f.Tracks()[0].Keyframes()); n != 4 {
				t.Fatalf("%d keyframes", n)
			}
			t.Logf("%d reads, %d of %d bytes", count.reads.Load(), count.bytes.Load(), src.Size)
			if count.reads.Load() > c.reads || count.bytes.Load() > c.bytes || count.bytes.Load() > src.Size/20 {
				t.Errorf("%d reads of %d bytes in all, of %d", count.reads.Load(), count.bytes.Load(), src.Size)
			}
		})
	}
}

// TestKeyAndReadDoNotReadTwice: over a network each read is a round trip.
func TestKeyAndReadDoNotReadTwice(t *testing.T) {
	path := clip(t, "noise.mkv", 30, "-vf", "scale=640:360,noise=alls=20:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")
	src, count := source(t, path)
	f, err := Open(src)
	if err != nil {
		t.Fatal(err)
	}
	track := f.Tracks()[0]
	count.reads.Store(0)
	count.bytes.Store(0)
	wanted := int64(0)
	var buf []byte
	for k := range track.Keyframes() {
		s, err := track.Key(k)
		if err != nil {
			t.Fatal(err)
		}
		if buf, err = track.Read(s, buf); err != nil {
			t.Fatal(err)
		}
		wanted += int64(s.Size)
	}
	n := int64(len(track.Keyframes()))
	t.Logf("%d keyframes of %d bytes: %d reads of %d bytes", n, wanted, count.reads.Load(), count.bytes.Load())
	if n != 30 || count.reads.Load() > 2*n || count.bytes.Load() > wanted*5/4 {
		t.Errorf("%d reads of %d bytes for %d keyframes of %d bytes", count.reads.Load(), count.bytes.Load(), n, wanted)
	}
}

// TestLongVideo opens 30 hours with a keyframe each second.
func TestLongVideo(t *testing.T) {
	const n = 108_000
	var clusters []byte
	var at []uint64
	for i := range n {
		at = append(at, uint64(len(clusters)))
		clusters = append(clusters, el(idCluster, num(idTimestamp, uint64(i)*1000), simple(1, 0, true, []byte("picture")))...)
	}
	headers := slices.Concat(segmentInfo(defaultTimeScale), entries(videoEntry(1, "V_VP8", nil)))
	front := len(headers) + len(seekHead(seekTo(idCues, 0)))
	var cues []byte
	for i, off := range at {
		cues = append(cues, cuePoint(uint64(i)*1000,
			el(idCueTrackPos, num(idCueTrack, 1), num(idCueClusterPos, uint64(front)+off)))...)
	}
	file := slices.Concat(ebmlHead(), el(idSegment, seekHead(seekTo(idCues, uint64(front+len(clusters)))), headers, clusters, el(idCues, cues)))

	count := &counter{r: bytes.NewReader(file)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Open(container.Source{R: count, Size: int64(len(file))})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(f.Tracks()[0].Keyframes()); got != n {
		t.Fatalf("%d keyframes", got)
	}
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d reads, %d bytes, %d bytes allocated", count.reads.Load(), count.bytes.Load(), allocated)
	if count.reads.Load() > 30 || allocated > 32<<20 {
		t.Errorf("%d reads, %d bytes allocated", count.reads.Load(), allocated)
	}
}
