package mp4

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

func TestTinyClipsAreSound(t *testing.T) {
	for name, b := range map[string][]byte{"plain": tiny{}.bytes(), "fragments": tinyFragments()} {
		t.Run(name, func(t *testing.T) {
			f, err := openBytes(b)
			if err != nil {
				t.Fatal(err)
			}
			info := f.Tracks()[0].Info()
			if info.Codec != "V_MPEG4/ISO/AVC" || info.Width != 160 || info.Height != 90 || !info.Complete || info.ID != 1 {
				t.Errorf("%+v", info)
			}
			keys := f.Tracks()[0].Keyframes()
			if len(keys) < 2 || keys[0].At != 0 {
				t.Errorf("keyframes %v", keys)
			}
		})
	}
}

func TestOtherFormatsAreNotMine(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":       nil,
		"one byte":    {0},
		"seven bytes": []byte("\x00\x00\x00\x20fty"),
		"text":        []byte(strings.Repeat("It was a dark and stormy night. ", 100)),
		"free text":   []byte("    free beer for all of us"),
		"matroska":    append([]byte("\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f"), make([]byte, 100)...),
		"jpeg":        []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
		"jpeg 2000":   mk("jP  ", "\r\n\x87\n"),
		"zeros":       make([]byte, 4096),
		"heic":        slices.Concat(mk("ftyp", "heic", uint32(0), "mif1heic"), mk("meta", make([]byte, 200)), mk("mdat", make([]byte, 500))),
		"ts":          bytes.Repeat(append([]byte{0x47}, make([]byte, 187)...), 20),
	} {
		if _, err := openBytes(b); !errors.Is(err, container.ErrNotMine) {
			t.Errorf("%s: error %v, want one that wraps ErrNotMine", name, err)
		}
	}
}

func TestUnfinishedRecordings(t *testing.T) {
	ftyp := mk("ftyp", "isom", uint32(512), "isomiso2")
	whole := tiny{}.bytes()
	moov := bytes.Index(whole, []byte("moov")) - 4
	for name, b := range map[string][]byte{
		"only ftyp":              ftyp,
		"mdat of unknown size":   slices.Concat(ftyp, []byte("\x00\x00\x00\x00mdat"), make([]byte, 1000)),
		"mdat cut":               whole[:moov-10],
		"cut before moov":        whole[:moov],
		"cut in moov's header":   whole[:moov+5],
		"cut in moov":            whole[:len(whole)-10],
		"segment without moov":   slices.Concat(mk("styp", "msdh", uint32(0)), fragment(3, 0)),
		"64-bit size is cut off": slices.Concat(ftyp, []byte("\x00\x00\x00\x01mdat\x00\x00")),
	} {
		_, err := openBytes(b)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "moov") {
			t.Errorf("%s: error %v, want one that names the moov and wraps io.ErrUnexpectedEOF", name, err)
		}
	}
}

func TestTablesThatMakeNoSense(t *testing.T) {
	big := uint32(math.MaxUint32)
	for name, b := range map[string][]byte{
		"compressed moov":         slices.Concat(mk("ftyp", "qt  ", uint32(0)), mk("moov", mk("cmov", make([]byte, 40)))),
		"encrypted":               tiny{entry: visualEntry("encv")}.bytes(),
		"stts rows":               tiny{stbl: [][]byte{mk("stts", uint32(0), big, uint64(1))}}.bytes(),
		"ctts rows":               tiny{stbl: [][]byte{mk("ctts", uint32(0), uint32(2), uint64(1))}}.bytes(),
		"stss rows":               tiny{stbl: [][]byte{mk("stss", uint32(0), big)}}.bytes(),
		"stsc rows":               tiny{stbl: [][]byte{mk("stsc", uint32(0), big, make([]byte, 12))}}.bytes(),
		"stsz rows":               tiny{stbl: [][]byte{mk("stsz", uint32(0), uint32(0), uint32(4_000_000_000), make([]byte, 800))}}.bytes(),
		"stz2 rows":               tiny{stbl: [][]byte{mk("stz2", uint32(0), uint32(4), big)}}.bytes(),
		"stz2 width":              tiny{stbl: [][]byte{mk("stz2", uint32(0), uint32(7), uint32(4), uint32(0))}}.bytes(),
		"stco rows":               tiny{stbl: [][]byte{mk("stco", uint32(0), big, uint32(0))}}.bytes(),
		"co64 offset":             tiny{stbl: [][]byte{mk("co64", uint32(0), uint32(1), uint64(math.MaxUint64))}}.bytes(),
		"more samples than bytes": tiny{stbl: [][]byte{mk("stsz", uint32(0), uint32(1), big)}}.bytes(),
		"no stts":                 tiny{stbl: [][]byte{mk("stts", uint64(0))}}.bytes(),
		"no stco":                 tiny{stbl: [][]byte{mk("stco", uint64(0))}}.bytes(),
		"no stsc":                 tiny{stbl: [][]byte{mk("stsc", uint64(0))}}.bytes(),
		"stss empty":              tiny{stbl: [][]byte{mk("stss", uint64(0))}}.bytes(),
		"negative duration":       tiny{stbl: [][]byte{mk("stts", uint32(0), uint32(1), uint32(4), int32(-5))}}.bytes(),
		"absurd offset":           tiny{stbl: [][]byte{mk("ctts", uint32(0), uint32(1), uint32(4), int32(1<<30))}}.bytes(),
		"stsc starts late":        tiny{stbl: [][]byte{mk("stsc", uint32(0), uint32(1), uint32(2), uint32(4), uint32(1))}}.bytes(),
		"stsc without samples":    tiny{stbl: [][]byte{mk("stsc", uint32(0), uint32(1), uint32(1), uint32(0), uint32(1))}}.bytes(),
		"stsc with another entry": tiny{stbl: [][]byte{mk("stsc", uint32(0), uint32(1), uint32(1), uint32(4), uint32(9))}}.bytes(),
		"two descriptions": tiny{stbl: [][]byte{
			mk("stsd", uint32(0), uint32(2), avc1(), avc1()),
			mk("stsc", uint32(0), uint32(2), uint32(1), uint32(2), uint32(1), uint32(2), uint32(2), uint32(2)),
			mk("stco", uint32(0), uint32(2), uint32(40), uint32(240)),
		}}.bytes(),
		"no stsd":          tiny{stbl: [][]byte{mk("stsd", uint64(0))}}.bytes(),
		"short entry":      tiny{entry: mk("avc1", make([]byte, 20))}.bytes(),
		"box in entry":     tiny{entry: visualEntry("avc1", []byte("\x00\x00\x10\x00avcC\x01"))}.bytes(),
		"short elst":       tiny{trak: [][]byte{mk("edts", mk("elst", uint32(0)))}}.bytes(),
		"elst beyond time": tiny{trak: [][]byte{mk("edts", mk("elst", uint32(1<<24), uint32(1), int64(math.MaxInt64), int64(0), uint32(1<<16)))}}.bytes(),
		"short tkhd":       tiny{trak: [][]byte{mk("tkhd", uint32(1))}}.bytes(),
		"box larger than its parent": func() []byte {
			b := tiny{}.bytes()
			copy(b[bytes.Index(b, []byte("stco"))-4:], "\x00\x10")
			return b
		}(),
	} {
		f, err := openBytes(b)
		if !errors.Is(err, container.ErrNoIndex) {
			t.Errorf("%s: error %v, want one that wraps ErrNoIndex", name, err)
			if err == nil {
				t.Log(f.Tracks()[0].Info(), f.Tracks()[0].Keyframes())
			}
			continue
		}
		if e, ok := errors.AsType[*container.Error](err); !ok || e.What == "" {
			t.Errorf("%s: %v says nothing", name, err)
		}
	}
}

func TestFragmentsThatMakeNoSense(t *testing.T) {
	whole := tinyFragments()
	start := bytes.Index(whole, []byte("moof")) - 4
	traf := func(boxes ...[]byte) []byte {
		return append(bytes.Clone(whole[:start]), mk("moof", mk("traf", slices.Concat(boxes...)))...)
	}
	tfhd := mk("tfhd", uint32(0), uint32(1))
	big := uint32(math.MaxUint32)
	for name, b := range map[string][]byte{
		"trun before tfhd":    traf(mk("trun", uint64(0))),
		"trun rows":           traf(tfhd, mk("trun", uint32(trunSize), big, uint32(5))),
		"trun without rows":   traf(tfhd, mk("trun", uint32(0), big)),
		"trun too short":      traf(tfhd, mk("trun", uint32(trunOffset), uint32(1))),
		"trun offset":         traf(tfhd, mk("trun", uint32(trunOffset), uint32(1), int32(math.MinInt32))),
		"tfhd too short":      traf(mk("tfhd", uint32(tfhdSize), uint32(1))),
		"tfhd base":           traf(mk("tfhd", uint32(tfhdBase), uint32(1), uint64(math.MaxUint64))),
		"tfdt in the future":  traf(tfhd, mk("tfdt", uint32(1<<24), uint64(math.MaxUint64)), mk("trun", uint64(1))),
		"another description": traf(mk("tfhd", uint32(tfhdEntry), uint32(1), uint32(2)), mk("trun", uint64(1))),
		"sidx but no tfdt": func() []byte {
			return slices.Concat(whole[:start], mk("sidx", make([]byte, 30)), mk("moof", mk("traf", tfhd, mk("trun", uint64(1)))))
		}(),
	} {
		_, err := openBytes(b)
		if !errors.Is(err, container.ErrNoIndex) {
			t.Errorf("%s: error %v, want one that wraps ErrNoIndex", name, err)
		}
	}
}

// prefix reports whether the keyframes of a cut file are those of the whole one that lie before the cut.
func prefix(t *testing.T, whole, cut container.Track, size int64) {
	t.Helper()
	var want []container.Sample
	for k := range whole.Keyframes() {
		s, err := whole.Key(k)
		if err != nil {
			t.Fatal(err)
		}
		if s.Offset+int64(s.Size) <= size {
			want = append(want, s)
		}
	}
	var got []container.Sample
	for k := range cut.Keyframes() {
		s, err := cut.Key(k)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
		group, err := cut.Group(k)
		if err != nil {
			t.Fatalf("cut at %d: group %d: %v", size, k, err)
		}
		for _, s := range group {
			if _, err := cut.Read(s, nil); err != nil {
				t.Errorf("cut at %d: %v", size, err)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("cut at %d: keyframes %+v, want %+v", size, got, want)
	}
}

func TestFilesCutOffInTheMiddle(t *testing.T) {
	for name, c := range map[string][]string{
		"moov in front": args(source(4, 24), h264, "-movflags faststart"),
		"fragments":     args(source(4, 24), h264, "-movflags frag_keyframe+empty_moov"),
	} {
		t.Run(name, func(t *testing.T) {
			b := readFile(t, ffmpeg(t, append(c, "a.mp4")...))
			f, err := openBytes(b)
			if err != nil {
				t.Fatal(err)
			}
			whole := f.Tracks()[0]
			first, _ := whole.Key(0)
			for size := int(first.Offset) + first.Size; size < len(b)-200; size += 997 {
				f, err := openBytes(b[:size])
				if err != nil {
					t.Fatalf("cut at %d: %v", size, err)
				}
				prefix(t, whole, f.Tracks()[0], int64(size))
				if name == "moov in front" && f.Tracks()[0].Info().Complete {
					t.Errorf("cut at %d: said to be complete", size)
				}
				if name == "moov in front" && f.Tracks()[0].Info().Duration != whole.Info().Duration {
					t.Errorf("cut at %d: the index no longer says %v but %v", size, whole.Info().Duration, f.Tracks()[0].Info().Duration)
				}
			}
		})
	}
}

func TestAnyByteMayBeWrong(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, b := range [][]byte{tiny{}.bytes(), tinyFragments(), tiny{trak: [][]byte{mk("edts", elst([2]int32{4000, 0}).bytes())}}.bytes()} {
		for cut := range len(b) {
			poke(t, b[:cut])
		}
		for range 4000 {
			c := bytes.Clone(b)
			for range 1 + rnd.IntN(3) {
				c[rnd.IntN(len(c))] = byte(rnd.IntN(256)) >> rnd.IntN(8)
			}
			poke(t, c)
		}
	}
}

// poke does everything that can be done with a file, and expects errors of the kind that callers understand.
func poke(t *testing.T, b []byte) {
	t.Helper()
	f, err := openBytes(b)
	if err != nil {
		if _, ok := errors.AsType[*container.Error](err); !ok && !errors.Is(err, container.ErrNotMine) {
			t.Fatalf("error %v (%T)", err, err)
		}
		return
	}
	for _, tr := range f.Tracks() {
		keys := tr.Keyframes()
		if !slices.IsSortedFunc(keys, func(a, b container.Keyframe) int { return int(min(max(a.At-b.At, -1), 1)) }) {
			t.Fatalf("keyframes not in order: %v", keys)
		}
		for _, k := range []int{0, len(keys) / 2, len(keys) - 1} {
			if k < 0 || k >= len(keys) {
				continue
			}
			s, err := tr.Key(k)
			if err != nil {
				t.Fatal(err)
			}
			if data, err := tr.Read(s, nil); err != nil || len(data) != s.Size {
				t.Fatalf("read %+v: %d bytes, %v", s, len(data), err)
			}
			group, err := tr.Group(k)
			if err != nil {
				if _, ok := errors.AsType[*container.Error](err); !ok {
					t.Fatalf("error %v (%T)", err, err)
				}
				continue
			}
			if len(group) == 0 || group[0] != s {
				t.Fatalf("group %d starts with %v, the keyframe is %v", k, group[:min(1, len(group))], s)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte{})
	f.Add(tiny{}.bytes())
	f.Add(tinyFragments())
	f.Add(tiny{trak: [][]byte{mk("edts", elst([2]int32{500, -1}, [2]int32{1000, 1500}, [2]int32{1000, 0}).bytes())}}.bytes())
	f.Add(tiny{stbl: [][]byte{mk("ctts", uint32(0), uint32(3), uint32(1), uint32(1000), uint32(1), uint32(2000), uint32(2), uint32(0))}}.bytes())
	f.Add(tiny{entry: visualEntry("mp4v", mk("esds", uint32(0), esds(0x20, "\x00\x00\x01\xb0")))}.bytes())
	f.Add(tiny{stbl: [][]byte{mk("sbgp", uint32(0), "rap ", uint32(1), uint32(4), uint32(1)), mk("stps", uint32(0), uint32(1), uint32(2))}}.bytes())
	small := []string{"-f", "lavfi", "-i", "color=size=32x32:rate=8:duration=2"}
	if _, err := exec.LookPath("ffmpeg"); err == nil {
		f.Add(readFile(f, ffmpeg(f, append(args(small, h264, "-g 6"), "a.mp4")...)))
		f.Add(readFile(f, ffmpeg(f, append(args(small, h264, "-g 6 -movflags frag_keyframe"), "a.mp4")...)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		poke(t, b)
		runtime.ReadMemStats(&after)
		if used, allowed := after.TotalAlloc-before.TotalAlloc, uint64(1<<20+256*len(b)); used > allowed {
			t.Errorf("%d bytes allocated for a file of %d", used, len(b))
		}
	})
}

// broken is a source whose drive fails behind a place.
type broken struct {
	b    []byte
	from int64
}

var errDrive = errors.New("the drive is gone")

func (r broken) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > r.from {
		return 0, errDrive
	}
	return copy(p, r.b[off:]), nil
}

func TestReadErrorsArePassedOn(t *testing.T) {
	b := tiny{}.bytes()
	if _, err := Open(container.Source{R: broken{b, 0}, Size: int64(len(b))}); !errors.Is(err, errDrive) {
		t.Errorf("at the start: %v", err)
	}
	for from := range int64(len(b)) {
		_, err := Open(container.Source{R: broken{b, from}, Size: int64(len(b))})
		if err != nil && !errors.Is(err, errDrive) {
			t.Fatalf("the drive fails from %d on: %v", from, err)
		}
	}
	// The file shrinks behind our back.
	f, err := Open(container.Source{R: bytes.NewReader(b), Size: int64(len(b))})
	if err != nil {
		t.Fatal(err)
	}
	tr := f.Tracks()[0].(*track)
	tr.src.R = bytes.NewReader(b[:50])
	s, _ := tr.Key(1)
	if _, err := tr.Read(s, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read from a shrunken file: %v", err)
	}
}

func TestKeyframesThatAreNotThere(t *testing.T) {
	f, err := openBytes(tiny{}.bytes())
	if err != nil {
		t.Fatal(err)
	}
	tr := f.Tracks()[0]
	for _, k := range []int{-1, 2, math.MaxInt} {
		if _, err := tr.Key(k); err == nil {
			t.Errorf("key %d: no error", k)
		}
		if _, err := tr.Group(k); err == nil {
			t.Errorf("group %d: no error", k)
		}
	}
	for _, s := range []container.Sample{{Offset: -1, Size: 1}, {Offset: 5, Size: math.MaxInt}, {Offset: math.MaxInt64, Size: 5}, {Offset: 5, Size: -5}} {
		if _, err := tr.Read(s, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("read %+v: %v", s, err)
		}
	}
}
