package bif_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

func TestReferenceIsRead(t *testing.T) {
	r := open(t, reference)
	want := bif.Header{
		Multiplier: 5000, Count: 3, Last: 10 * time.Second,
		Smallest: 3, Mean: 3, Largest: 3, Size: 105,
	}
	if diff := cmp.Diff(want, r.Header()); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	for i := range 3 {
		p, err := r.Image(i, nil)
		if err != nil || !bytes.Equal(p, []byte{0xff, 0xd8, 0xff}) || r.At(i) != time.Duration(i)*5*time.Second {
			t.Errorf("picture %d at %v is % X, %v", i, r.At(i), p, err)
		}
	}
}

func TestOthersFilesAreRead(t *testing.T) {
	for name, tc := range map[string]struct {
		file     layout
		interval time.Duration
		times    []time.Duration
	}{
		"Plex: seconds with a stride of 2 and multiplier 0": {
			layout{reserved: 44, timestamps: []uint32{0, 2, 4}, pictures: words(3)},
			2 * time.Second,
			[]time.Duration{0, 2 * time.Second, 4 * time.Second},
		},
		"half seconds": {
			layout{reserved: 44, multiplier: 500, timestamps: []uint32{0, 1, 2}, pictures: words(3)},
			500 * time.Millisecond,
			[]time.Duration{0, 500 * time.Millisecond, time.Second},
		},
		"not evenly spaced": {
			layout{reserved: 44, multiplier: 1, timestamps: []uint32{40, 1000, 5000}, pictures: words(3)},
			0,
			[]time.Duration{40 * time.Millisecond, time.Second, 5 * time.Second},
		},
		"uneven and even again": {
			layout{reserved: 44, timestamps: []uint32{0, 2, 3, 5, 7}, pictures: words(5)},
			0,
			[]time.Duration{0, 2 * time.Second, 3 * time.Second, 5 * time.Second, 7 * time.Second},
		},
		"a single picture": {
			layout{reserved: 44, multiplier: 10_000, timestamps: []uint32{0}, pictures: words(1)},
			10 * time.Second,
			[]time.Duration{0},
		},
		"no picture at all": {layout{reserved: 44}, time.Second, nil},
		"picture size and flags in the reserved bytes": {
			layout{reserved: 44, timestamps: []uint32{0, 1}, pictures: words(2), mend: func(b []byte) {
				copy(b[20:64], bytes.Repeat([]byte{0xA5}, 44))
			}},
			time.Second,
			[]time.Duration{0, time.Second},
		},
		"a gap before the first picture": {
			layout{reserved: 44, timestamps: []uint32{0, 1}, pictures: words(2), mend: func(b []byte) {
				binary.LittleEndian.PutUint32(b[64+4:], uint32(64+3*8+4)) // four bytes of the first picture are the gap
			}},
			time.Second,
			[]time.Duration{0, time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, tc.file.bytes())
			if r.Interval() != tc.interval {
				t.Errorf("interval %v, not %v", r.Interval(), tc.interval)
			}
			var times []time.Duration
			for i := range r.Len() {
				times = append(times, r.At(i))
			}
			if diff := cmp.Diff(tc.times, times); diff != "" {
				t.Errorf("times (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	le := binary.LittleEndian
	three := func(mend func([]byte)) []byte {
		return layout{reserved: 44, timestamps: []uint32{0, 2, 4}, pictures: words(3), mend: mend}.bytes()
	}
	const first, closing, data = 64, 64 + 3*8, 64 + 4*8
	for name, tc := range map[string]struct {
		file []byte
		want bif.Problem
	}{
		"nothing":                          {nil, bif.NotBIF},
		"text":                             {[]byte("this is not a preview\n"), bif.NotBIF},
		"a JPEG":                           {bytes.Repeat([]byte{0xff, 0xd8}, 100), bif.NotBIF},
		"a header that was never written":  {make([]byte, 500), bif.Unfinished},
		"half a magic":                     {reference[:5], bif.NotBIF},
		"version 1":                        {three(func(b []byte) { b[8] = 1 }), bif.Version},
		"a count that is one too high":     {three(func(b []byte) { b[12] = 4 }), bif.BadIndex},
		"a count that is one too low":      {three(func(b []byte) { b[12] = 2 }), bif.BadIndex},
		"a count of zero":                  {three(func(b []byte) { b[12] = 0 }), bif.BadIndex},
		"a count past the file":            {three(func(b []byte) { b[13] = 1 }), bif.CutOff},
		"the highest count":                {three(func(b []byte) { le.PutUint32(b[12:], math.MaxUint32) }), bif.CutOff},
		"no sentinel":                      {three(func(b []byte) { le.PutUint32(b[closing:], 6) }), bif.BadIndex},
		"a sentinel before the end":        {three(func(b []byte) { le.PutUint32(b[closing+4:], data+5) }), bif.CutOff},
		"a sentinel after the end":         {three(func(b []byte) { b[closing+4]++ }), bif.CutOff},
		"bytes after the end":              {append(three(nil), 0), bif.CutOff},
		"a picture in the index":           {three(func(b []byte) { b[first+4] = 70 }), bif.BadIndex},
		"pictures in the wrong order":      {three(func(b []byte) { b[first+4], b[first+12] = b[first+12], b[first+4] }), bif.BadIndex},
		"an empty picture":                 {three(func(b []byte) { b[first+12] = b[first+4] }), bif.BadIndex},
		"a picture past the end":           {three(func(b []byte) { b[first+15] = 1 }), bif.BadIndex},
		"a last picture of no bytes":       {three(func(b []byte) { copy(b[first+20:first+24], b[closing+4:]) }), bif.BadIndex},
		"two pictures at one time":         {three(func(b []byte) { b[first+8] = 0 }), bif.BadIndex},
		"times that fall":                  {three(func(b []byte) { b[first+16] = 1 }), bif.BadIndex},
		"times past 292 years":             {three(func(b []byte) { le.PutUint32(b[16:], math.MaxUint32); le.PutUint32(b[first+16:], 1<<31) }), bif.TooLong},
		"a header of 43 reserved bytes":    {layout{reserved: 43, timestamps: []uint32{0, 1, 2}, pictures: words(3)}.bytes(), bif.Shifted},
		"the same, with one picture":       {layout{reserved: 43, timestamps: []uint32{0}, pictures: words(1)}.bytes(), bif.Shifted},
		"the same, with multiplier 0, 300": {layout{reserved: 43, timestamps: seconds(300), pictures: words(300)}.bytes(), bif.Shifted},
		"the same, offsets as if 44": {layout{reserved: 43, timestamps: []uint32{0, 1, 2}, pictures: words(3), mend: func(b []byte) {
			for i := range 4 {
				b[63+8*i+4]++
			}
		}}.bytes(), bif.Shifted},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bif.Open(bytes.NewReader(tc.file), int64(len(tc.file)))
			bad, ok := errors.AsType[*bif.Malformed](err)
			if !ok || bad.Problem != tc.want {
				t.Fatalf("error %v, not %q", err, tc.want)
			}
			if preview.ReasonOf(err) != preview.PreviewDamaged {
				t.Errorf("reason %q", preview.ReasonOf(err))
			}
		})
	}
}

func seconds(n int) []uint32 {
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(i)
	}
	return out
}

func TestFileCutAnywhereIsRefused(t *testing.T) {
	whole := write(t, time.Second, words(40)...)
	for n := range whole {
		if p := problem(t, whole[:n]); p == "" {
			t.Errorf("cut to %d of %d bytes, and taken", n, len(whole))
		}
	}
}

func TestFileThatShrinksIsTold(t *testing.T) {
	whole := write(t, time.Second, words(40)...)
	for n := range whole {
		// The size was asked before somebody cut the file.
		r, err := bif.Open(bytes.NewReader(whole[:n]), int64(len(whole)))
		if err == nil {
			_, err = r.Image(39, nil)
		}
		if bad, ok := errors.AsType[*bif.Malformed](err); !ok || (bad.Problem != bif.CutOff && bad.Problem != bif.NotBIF) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

func TestErrorOfTheDiskIsNotTheFiles(t *testing.T) {
	whole := write(t, time.Second, words(3)...)
	for _, from := range []int64{0, 64, 70} {
		_, err := bif.Open(brokenDisk{whole, from}, int64(len(whole)))
		if _, bad := errors.AsType[*bif.Malformed](err); bad || !errors.Is(err, errDisk) {
			t.Errorf("broken from byte %d: %v", from, err)
		}
	}
	r, err := bif.Open(brokenDisk{whole, 64 + 4*8}, int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Image(1, nil); !errors.Is(err, errDisk) {
		t.Errorf("picture: %v", err)
	}
}

// sparse is a file of a size that has nothing but a beginning; the rest is zero, as in a file with a hole.
type sparse struct{ head []byte }

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(s.head)) {
		copy(p, s.head[off:])
	}
	return len(p), nil
}

func TestLyingCountCostsNoMemory(t *testing.T) {
	head := layout{reserved: 44}.bytes()[:64]
	binary.LittleEndian.PutUint32(head[12:], 450_000_000) // fits into 4 GiB by a hair
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := bif.Open(sparse{head}, math.MaxUint32)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("taken")
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated for an index that is a hole", n)
	}
}

func TestHugePictureIsRefused(t *testing.T) {
	le := binary.LittleEndian
	head := layout{reserved: 44, timestamps: []uint32{0}, pictures: words(1)}.bytes()[:80]
	le.PutUint32(head[64+8+4:], 80+bif.MaxPicture+1)
	_, err := bif.Open(sparse{head}, 80+bif.MaxPicture+1)
	if bad, ok := errors.AsType[*bif.Malformed](err); !ok || bad.Problem != bif.TooLong {
		t.Errorf("error %v", err)
	}
	le.PutUint32(head[64+8+4:], 80+bif.MaxPicture)
	if _, err := bif.Open(sparse{head}, 80+bif.MaxPicture); err != nil {
		t.Errorf("the largest picture was refused: %v", err)
	}
	if _, err := bif.Open(sparse{head}, 1<<33); err == nil {
		t.Error("a file past 4 GiB was taken")
	}
}

func TestManyReadersOfOneFile(t *testing.T) {
	pictures := words(200)
	r := open(t, write(t, time.Second, pictures...))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			var buf []byte
			for i := range pictures {
				i = (i*7 + g*50) % len(pictures)
				var err error
				if buf, err = r.Image(i, buf); err != nil || !bytes.Equal(buf, pictures[i]) {
					t.Errorf("picture %d is %q, %v", i, buf, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestImageUsesTheBuffer(t *testing.T) {
	r := open(t, write(t, time.Second, words(10)...))
	buf := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(10, func() {
		for i := range r.Len() {
			if _, err := r.Image(i, buf); err != nil {
				t.Fatal(err)
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzOpen holds Open to: no panic, no file taken whose pictures cannot all be read, and the same with Check.
func FuzzOpen(f *testing.F) {
	f.Add(reference)
	f.Add([]byte{})
	f.Add(make([]byte, 100))
	f.Add(layout{reserved: 44, timestamps: []uint32{0, 2, 4}, pictures: words(3)}.bytes())
	f.Add(layout{reserved: 43, timestamps: []uint32{0, 2, 4}, pictures: words(3)}.bytes())
	f.Add(layout{reserved: 44}.bytes())
	small := image.Pt(16, 8)
	f.Add(write(f, time.Second, photo(f, small, blue, 0), photo(f, small, blue, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := bif.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if _, ok := errors.AsType[*bif.Malformed](err); !ok {
				t.Fatalf("not a *Malformed: %v", err)
			}
			return
		}
		var total int
		last := time.Duration(-1)
		for i := range r.Len() {
			p, err := r.Image(i, nil)
			if err != nil || len(p) == 0 || r.At(i) <= last {
				t.Fatalf("picture %d at %v after %v: %d bytes, %v", i, r.At(i), last, len(p), err)
			}
			last = r.At(i)
			total += len(p)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of pictures in %d bytes", total, len(data))
		}
		_ = fmt.Sprint(r.Interval(), r.Header())
		rep := bif.Check(r, bif.Want{Interval: time.Second, Duration: time.Minute})
		if n := len(rep.Verdict.Checks); n != 6 {
			t.Fatalf("%d checks", n)
		}
	})
}
