package mkv

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// indexed builds a file of the film in clusters of n packets, with Cues made by cue, which gets the number of the
// packet, the offset of its cluster from the segment's payload, and that of its block from the cluster's payload,
// and returns the CuePoint or nil. With back the Cues are at the end.
type indexed struct {
	n    int
	cue  func(i int, cluster, rel uint64) []byte
	back bool
	down bool // the last cue comes first
	// seek makes what stands in front; it gets the offset of the Cues from the segment's payload.
	seek func(cues uint64) []byte
}

func (x indexed) build(f film) []byte {
	if x.seek == nil {
		x.seek = func(uint64) []byte { return nil }
	}
	headers := slices.Concat(segmentInfo(defaultTimeScale), entries(videoEntry(1, "V_VP8", f.private)))
	clusters := f.clusters(x.n)
	cues := func(front uint64) []byte {
		var all [][]byte
		for i := range f.packets {
			from := i - i%x.n
			before := f.clustersBefore(from, x.n)
			rel := uint64(len(f.cluster(from, i)))
			all = append(all, x.cue(i, front+uint64(before), rel))
		}
		if x.down {
			slices.Reverse(all)
		}
		return el(idCues, all...)
	}
	// The offset of the clusters depends on the size of the cues in front of them and the other way round.
	front, cuesAt := uint64(0), uint64(0)
	for range 8 {
		head := slices.Concat(x.seek(cuesAt), headers)
		cuesAt = uint64(len(head))
		if x.back {
			front, cuesAt = cuesAt, cuesAt+uint64(len(clusters))
		} else {
			front = cuesAt + uint64(len(cues(front)))
		}
	}
	parts := [][]byte{x.seek(cuesAt), headers, cues(front), clusters}
	if x.back {
		parts[2], parts[3] = parts[3], parts[2]
	}
	return slices.Concat(ebmlHead(), el(idSegment, parts...))
}

func (f film) clustersBefore(packet, n int) int {
	size := 0
	for from := 0; from < packet; from += n {
		size += len(el(idCluster, f.cluster(from, min(from+n, len(f.packets)))))
	}
	return size
}

func cuePoint(at uint64, positions ...[]byte) []byte {
	return el(idCuePoint, num(idCueTime, at), slices.Concat(positions...))
}

func cuePos(track, cluster, rel uint64) []byte {
	return el(idCueTrackPos, num(idCueTrack, track), num(idCueClusterPos, cluster), num(idCueRelativePos, rel))
}

func seekHead(entries ...[]byte) []byte { return el(idSeekHead, entries...) }

// seekTo has a position of eight bytes, so that its size does not depend on it.
func seekTo(id uint32, pos uint64) []byte {
	var p []byte
	for i := 7; i >= 0; i-- {
		p = append(p, byte(pos>>(8*i)))
	}
	return el(idSeek, appendBytes(nil, idSeekID, appendID(nil, id)), appendBytes(nil, idSeekPos, p))
}

// TestCues reads all kinds of Cues, true ones and others.
func TestCues(t *testing.T) {
	f := toyFilm(100)
	whole := func(i int, cluster, rel uint64) []byte {
		if !f.keys[i] {
			return nil
		}
		return cuePoint(f.at(i), cuePos(1, cluster, rel))
	}
	cases := []struct {
		name  string
		used  bool // the Cues are what the keyframes come from
		index indexed
	}{
		{"in front", true, indexed{n: 10, cue: whole}},
		{"in the middle of clusters", true, indexed{n: 37, cue: whole}},
		{"at the end, found by hopping", true, indexed{n: 10, cue: whole, back: true}},
		{"at the end, found by SeekHead", true, indexed{n: 10, cue: whole, back: true, seek: func(cues uint64) []byte {
			return seekHead(seekTo(idCues, cues))
		}}},
		{"at the end, found by a second SeekHead", true, indexed{n: 10, cue: whole, back: true, seek: func(cues uint64) []byte {
			second := seekHead(seekTo(idCues, cues), seekTo(idSeekHead, 0))
			first := seekHead(seekTo(idSeekHead, 0))
			return slices.Concat(seekHead(seekTo(idSeekHead, uint64(len(first)))), second)
		}}},
		{"SeekHead points nowhere", false, indexed{n: 10, cue: whole, back: true, seek: func(uint64) []byte {
			return seekHead(seekTo(idCues, 3), seekTo(idTracks, 9), seekTo(0x7F, 1))
		}}},
		{"without relative positions", true, indexed{n: 37, cue: func(i int, cluster, _ uint64) []byte {
			if !f.keys[i] {
				return nil
			}
			return cuePoint(f.at(i), el(idCueTrackPos, num(idCueTrack, 1), num(idCueClusterPos, cluster)))
		}}},
		{"with wrong relative positions", true, indexed{n: 37, cue: func(i int, cluster, rel uint64) []byte {
			if !f.keys[i] {
				return nil
			}
			return cuePoint(f.at(i), cuePos(1, cluster, rel/2+1))
		}}},
		{"unsorted and twice", true, indexed{n: 10, down: true, cue: func(i int, cluster, rel uint64) []byte {
			if !f.keys[i] {
				return nil
			}
			return slices.Concat(whole(i, cluster, rel), whole(i, cluster, rel))
		}}},
		{"of other tracks as well", true, indexed{n: 10, cue: func(i int, cluster, rel uint64) []byte {
			if !f.keys[i] {
				return cuePoint(f.at(i), cuePos(2, cluster, rel))
			}
			return cuePoint(f.at(i), cuePos(2, cluster, rel), cuePos(1, cluster, rel), cuePos(9, cluster, rel))
		}}},
		{"of other tracks only", false, indexed{n: 10, cue: func(i int, cluster, rel uint64) []byte {
			return cuePoint(f.at(i), cuePos(2, cluster, rel))
		}}},
		{"lying: packets that are no keyframes", false, indexed{n: 10, cue: func(i int, cluster, rel uint64) []byte {
			if i%10 != 5 {
				return nil
			}
			return cuePoint(f.at(i), cuePos(1, cluster, rel))
		}}},
		{"lying: every cluster is one further", false, indexed{n: 10, cue: func(i int, cluster, rel uint64) []byte {
			if !f.keys[i] {
				return nil
			}
			return cuePoint(f.at(i), cuePos(1, cluster+uint64(len(el(idCluster, f.cluster(0, 10)))), rel))
		}}},
		{"lying: no cluster there", false, indexed{n: 10, cue: func(i int, cluster, rel uint64) []byte {
			return cuePoint(f.at(i), cuePos(1, cluster+5, rel))
		}}},
		{"damaged in the middle", false, indexed{n: 10, cue: func(i int, cluster, rel uint64) []byte {
			if i == 51 {
				return []byte{0, 0, 0}
			}
			return whole(i, cluster, rel)
		}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			track := only(t, c.index.build(f))
			f.matches(t, track)
			if !track.Info().Complete {
				t.Error("not complete")
			}
			if used := track.Keyframes()[0].Ref <= 0; used != c.used {
				t.Errorf("the Cues were used: %v", used)
			}
		})
	}
}

// TestSparseCues: other muxers write a cue each few seconds. What they leave out is still in the groups.
func TestSparseCues(t *testing.T) {
	f := toyFilm(100)
	track := only(t, indexed{n: 15, cue: func(i int, cluster, rel uint64) []byte {
		if i%30 != 0 {
			return nil
		}
		return cuePoint(f.at(i), cuePos(1, cluster, rel))
	}}.build(f))
	if n := len(track.Keyframes()); n != 4 {
		t.Fatalf("%d keyframes, not the 4 of the cues", n)
	}
	f.holds(t, track)
	g, err := track.Group(1)
	if err != nil || len(g) != 30 || !g[10].Key || !g[20].Key || g[11].Key {
		t.Fatalf("%+v, %v", g, err)
	}
}

// TestCutOffFiles cuts real files at many places. What was whole before the cut is found, and nothing else.
func TestCutOffFiles(t *testing.T) {
	for name, args := range map[string][]string{
		"index at the end":   h264("-c:a", "aac"),
		"index in front":     h264("-c:a", "aac", "-cues_to_front", "1"),
		"no index, no sizes": h264("-c:a", "aac", "-live", "1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := clip(t, "clip.mkv", 8, slices.Concat(audio, args)...)
			all := packets(t, path, 0)
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := all[len(all)-1]
			for i := range 40 {
				size := len(file) * (i + 3) / 43
				if int64(size) >= last.pos {
					break
				}
				f, err := Open(inMemory(file[:size]))
				if err != nil {
					t.Fatalf("cut at %d: %v", size, err)
				}
				track := f.Tracks()[0]
				if track.Info().Complete && name != "no index, no sizes" {
					t.Errorf("cut at %d: complete", size)
				}
				whole := slices.DeleteFunc(slices.Clone(all), func(p packet) bool { return p.pos+4+int64(p.size) > int64(size) })
				sameKeys(t, track, whole)
				sameGroups(t, track, whole)
			}
		})
	}
}

// TestLiveFileCutInABlockIsNotComplete: without any size in the file only a broken last block tells.
func TestLiveFileCutInABlockIsNotComplete(t *testing.T) {
	f := toyFilm(20)
	file := slices.Concat(ebmlHead(), endless(idSegment, segmentInfo(defaultTimeScale),
		entries(videoEntry(1, "V_VP8", nil)), endless(idCluster, f.cluster(0, 20))))
	if i := only(t, file).Info(); !i.Complete || i.Duration != 760*time.Millisecond {
		t.Errorf("whole: %+v", i)
	}
	if i := only(t, file[:len(file)-3]).Info(); i.Complete {
		t.Errorf("cut: %+v", i)
	}
}

// TestDamagedSpot: what lies before it is kept when there are no Cues, and what lies on both sides with them.
func TestDamagedSpot(t *testing.T) {
	f := toyFilm(100)
	blind := slices.Concat(ebmlHead(), el(idSegment, segmentInfo(defaultTimeScale), entries(videoEntry(1, "V_VP8", nil)), f.clusters(10)))
	cued := indexed{n: 10, cue: func(i int, cluster, rel uint64) []byte {
		if !f.keys[i] {
			return nil
		}
		return cuePoint(f.at(i), cuePos(1, cluster, rel))
	}}.build(f)
	for _, file := range [][]byte{blind, cued} {
		clear(file[len(file)*6/10:][:600])
	}
	track := only(t, blind)
	if n := len(track.Keyframes()); n < 4 || n > 7 || track.Info().Complete {
		t.Errorf("without Cues: %d keyframes, %+v", n, track.Info())
	}
	track = only(t, cued)
	good := 0
	for k := range track.Keyframes() {
		if _, err := track.Key(k); err == nil {
			good++
		} else if _, ok := errors.AsType[*container.Error](err); !ok {
			t.Error(err)
		}
	}
	if n := len(track.Keyframes()); n != 10 || good < 7 || good == n {
		t.Errorf("with Cues: %d of %d keyframes", good, n)
	}
}

// TestReadErrorsAreNotDamage: a network that breaks off must not pass for a short video.
func TestReadErrorsAreNotDamage(t *testing.T) {
	f := toyFilm(1000)
	blind := slices.Concat(ebmlHead(), el(idSegment, segmentInfo(defaultTimeScale), entries(videoEntry(1, "V_VP8", nil)), f.clusters(10)))
	gone := errors.New("gone")
	src := container.Source{R: brokenAt{bytes.NewReader(blind), int64(len(blind) / 2), gone}, Size: int64(len(blind))}
	if _, err := Open(src); !errors.Is(err, gone) {
		t.Error(err)
	}
}

// brokenAt reads like r up to a place and then fails.
type brokenAt struct {
	r    io.ReaderAt
	from int64
	err  error
}

func (b brokenAt) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		return 0, b.err
	}
	return b.r.ReadAt(p, off)
}

// TestTracksServeManyGoroutines is for the race detector.
func TestTracksServeManyGoroutines(t *testing.T) {
	f := toyFilm(400)
	track := only(t, indexed{n: 10, cue: func(i int, cluster, rel uint64) []byte {
		if !f.keys[i] {
			return nil
		}
		return cuePoint(f.at(i), cuePos(1, cluster, rel))
	}}.build(f))
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			var buf []byte
			for i := range track.Keyframes() {
				k := (i + 5*g) % len(track.Keyframes())
				s, err := track.Key(k)
				if err == nil {
					buf, err = track.Read(s, buf)
				}
				if err != nil || !bytes.Equal(buf, f.packets[10*k]) {
					t.Errorf("keyframe %d: %v", k, err)
				}
				if group, err := track.Group(k); err != nil || len(group) != 10 {
					t.Errorf("group %d: %d samples, %v", k, len(group), err)
				}
				track.Info()
			}
		})
	}
	all.Wait()
}

// TestSamplesThatAreNotOfThisFile: Read is asked for what cannot be.
func TestSamplesThatAreNotOfThisFile(t *testing.T) {
	f := toyFilm(10)
	track := only(t, slices.Concat(ebmlHead(), el(idSegment, segmentInfo(defaultTimeScale), entries(videoEntry(1, "V_VP8", nil)), f.clusters(10))))
	for _, s := range []container.Sample{{Offset: -1, Size: 1}, {Offset: 1, Size: -1}, {Offset: 1, Size: 1 << 40}, {Offset: 1 << 40, Size: 1}, {Offset: 10, Size: 1 << 20}} {
		if _, err := track.Read(s, nil); err == nil {
			t.Errorf("%+v was read", s)
		}
	}
	for _, k := range []int{-1, 1, 1 << 40} {
		if _, err := track.Key(k); err == nil {
			t.Errorf("keyframe %d was found", k)
		}
		if _, err := track.Group(k); err == nil {
			t.Errorf("group %d was found", k)
		}
	}
}
