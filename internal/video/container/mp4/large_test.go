package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// sparse is a file that holds its first bytes and is zero behind them.
type sparse struct {
	head []byte
	size int64
	read int64
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	s.read += int64(len(p))
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-off))
	clear(p[:n])
	if off < int64(len(s.head)) {
		copy(p[:n], s.head[off:])
	}
	return n, nil
}

// film makes a file of so many pictures at 24 a second, two seconds to a group, reordered, one picture of 20 KB to a
// chunk. The edit list is the given one.
func film(pictures uint32, edits ...[2]int32) *sparse {
	const size = 20_000
	be := binary.BigEndian
	ctts := be.AppendUint32(make([]byte, 4), pictures)
	stsz := be.AppendUint32(make([]byte, 8), pictures)
	co64 := be.AppendUint32(make([]byte, 4), pictures)
	stss := be.AppendUint32(make([]byte, 4), (pictures+47)/48)
	for i := range pictures {
		ctts = be.AppendUint32(be.AppendUint32(ctts, 1), 512*(1+i%3))
		stsz = be.AppendUint32(stsz, size)
		co64 = be.AppendUint64(co64, 1<<28+uint64(i)*size)
		if i%48 == 0 {
			stss = be.AppendUint32(stss, i+1)
		}
	}
	b := tiny{noMdat: true, trak: [][]byte{mk("edts", elst(edits...).bytes())}, stbl: [][]byte{
		mk("stts", uint32(0), uint32(1), pictures, uint32(512)), mk("stsc", uint32(0), uint32(1), uint32(1), uint32(1), uint32(1)),
		mk("ctts", ctts), mk("stsz", stsz), mk("stss", stss), mk("co64", co64), // the last one wins over tiny's stco
	}}.bytes()
	return &sparse{head: b, size: 1<<28 + int64(pictures)*size}
}

func TestMemoryDoesNotGrowWithTheTables(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 50 MB of tables")
	}
	const pictures = 30 * 3600 * 24
	s := film(pictures, [2]int32{math.MaxInt32, 512})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f, err := Open(container.Source{R: s, Size: s.size})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	tr := f.Tracks()[0]
	if n := len(tr.Keyframes()); n != pictures/48 {
		t.Fatalf("%d keyframes, want %d", n, pictures/48)
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 4<<20 {
		t.Errorf("%d bytes kept for %d keyframes", kept, pictures/48)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("%d bytes allocated on the way", used)
	}
	s.read = 0
	g, err := tr.Group(pictures/48 - 1)
	if err != nil || len(g) != 48 {
		t.Fatalf("%d packets in the last group, %v", len(g), err)
	}
	if want := int64(1<<28 + (pictures-1)*20_000); g[47].Offset != want || g[47].Size != 20_000 {
		t.Errorf("last packet %+v, want one at %d", g[47], want)
	}
	if s.read > 64<<10 {
		t.Errorf("%d bytes read for one group", s.read)
	}
	runtime.KeepAlive(f)
}

func TestEditsDoNotWalkThroughTheTablesAgainAndAgain(t *testing.T) {
	edits := make([][2]int32, maxEdits)
	for i := range edits {
		edits[i] = [2]int32{math.MaxInt32 / maxEdits, 512}
	}
	s := film(100_000, edits...)
	s.size = int64(len(s.head)) + 1<<33
	if _, err := Open(container.Source{R: s, Size: s.size}); !errors.Is(err, container.ErrNoIndex) {
		t.Errorf("error %v, want one that wraps ErrNoIndex", err)
	}
}

func BenchmarkOpenTwoHours(b *testing.B) {
	s := film(2*3600*24, [2]int32{math.MaxInt32, 512})
	for b.Loop() {
		if _, err := Open(container.Source{R: s, Size: s.size}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTimesAreRoundedToTheNearestNanosecond(t *testing.T) {
	for _, c := range []struct {
		v         int64
		timescale uint32
		want      time.Duration
		ok        bool
	}{
		{0, 1, 0, true},
		{1, 3, 333333333, true},
		{2, 3, 666666667, true},
		{-2, 3, -666666667, true},
		{1001, 24000, 41708333, true},
		{9_000_000_000_000, 90000, 100_000_000 * time.Second, true},
		{9_223_372_036, 1, 9_223_372_036 * time.Second, true},
		{9_223_372_037, 1, 0, false},
		{-1 << 63, 1, 0, false},
		{1, 0, 0, false},
	} {
		got, ok := ticks(c.v, c.timescale)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%d/%d s is %v, %v; want %v, %v", c.v, c.timescale, got, ok, c.want, c.ok)
		}
	}
}

func TestSeveralTracks(t *testing.T) {
	second := func(id uint32, flags uint32, entry []byte) []byte {
		b := tiny{flags: flags, entry: entry}.bytes()
		nodes := parseNodes(b)
		trak := nodes[len(nodes)-1].find("trak")
		binary.BigEndian.PutUint32(trak.find("tkhd").body[12:], id)
		return trak.bytes()
	}
	ids := func(b []byte) (ids []uint64) {
		f, err := openBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, tr := range f.Tracks() {
			ids = append(ids, tr.Info().ID)
		}
		return ids
	}
	if got := ids(tiny{moov: [][]byte{second(2, 7, nil)}}.bytes()); !slices.Equal(got, []uint64{1, 2}) {
		t.Errorf("two tracks: %v", got)
	}
	if got := ids(tiny{flags: 6, moov: [][]byte{second(2, 7, nil)}}.bytes()); !slices.Equal(got, []uint64{2, 1}) {
		t.Errorf("the first one is disabled: %v", got)
	}
	if got := ids(tiny{moov: [][]byte{second(2, 7, visualEntry("encv"))}}.bytes()); !slices.Equal(got, []uint64{1}) {
		t.Errorf("the second one is encrypted: %v", got)
	}
	sound := bytes.Replace(tiny{}.bytes(), []byte("vide"), []byte("soun"), 1)
	if got := ids(sound); len(got) != 0 {
		t.Errorf("sound only: %v", got)
	}
}
