package bif_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// reference is three pictures of three bytes at 0, 5 and 10 s, as another program wrote them.
var reference = []byte{
	0x89, 'B', 'I', 'F', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 3, 0, 0, 0,
	0x88, 0x13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0, 0x63, 0, 0, 0,
	2, 0, 0, 0, 0x66, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x69, 0, 0, 0,
	0xff, 0xd8, 0xff, 0xff, 0xd8, 0xff, 0xff, 0xd8, 0xff,
}

func TestWriterWritesWhatOthersWrite(t *testing.T) {
	p := []byte{0xff, 0xd8, 0xff}
	if diff := cmp.Diff(reference, write(t, 5*time.Second, p, p, p)); diff != "" {
		t.Errorf("not byte for byte the reference (-want +got):\n%s", diff)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(1, 1<<32-1).Draw(t, "ms")
		pictures := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 300), 1, 40).Draw(t, "pictures")
		if rapid.Bool().Draw(t, "large") { // past the Writer's buffer
			pictures = append(pictures, bytes.Repeat([]byte{7}, rapid.IntRange(60_000, 140_000).Draw(t, "size")))
		}
		interval := time.Duration(ms) * time.Millisecond

		var m memory
		w, err := bif.NewWriter(&m, interval, len(pictures))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pictures {
			if err := w.Add(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := bif.Open(bytes.NewReader(m.data), int64(len(m.data)))
		if err != nil {
			t.Fatal(err)
		}
		if r.Len() != len(pictures) || r.Interval() != interval || r.Multiplier() != interval {
			t.Fatalf("%d pictures every %v (unit %v), not %d every %v", r.Len(), r.Interval(), r.Multiplier(), len(pictures), interval)
		}
		for i, want := range pictures {
			got, err := r.Image(i, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) || r.At(i) != time.Duration(i)*interval {
				t.Fatalf("picture %d at %v is %q, not %q", i, r.At(i), got, want)
			}
		}
	})
}

func TestRealFileIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.bif")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := bif.NewWriter(f, time.Second, 2000)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range words(2000) {
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := bif.Open(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := r.Image(1999, nil); err != nil || string(p) != "picture 1999" {
		t.Errorf("the last picture is %q, %v", p, err)
	}
}

func TestInterruptedWritingIsNoBIF(t *testing.T) {
	var m memory
	w, err := bif.NewWriter(&m, time.Second, 1000)
	if err != nil {
		t.Fatal(err)
	}
	picture := bytes.Repeat([]byte("x"), 10_000)
	for i := range 1000 {
		if err := w.Add(picture); err != nil {
			t.Fatal(err)
		}
		if i%100 == 50 {
			if p := problem(t, m.data); p != bif.Unfinished {
				t.Fatalf("after %d pictures: problem %q", i+1, p)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if p := problem(t, m.data); p != "" {
		t.Errorf("closed: problem %q", p)
	}
}

func TestWriterRefuses(t *testing.T) {
	for name, start := range map[string]struct {
		interval time.Duration
		count    int
		reason   preview.Reason
	}{
		"no interval":               {0, 1, preview.Unknown},
		"an interval below zero":    {-time.Second, 1, preview.Unknown},
		"fractions of milliseconds": {1500 * time.Microsecond, 1, preview.Unknown},
		"an interval past 32 bits":  {time.Duration(1<<32) * time.Millisecond, 1, preview.Unknown},
		"no pictures":               {time.Second, 0, preview.Unknown},
		"fewer than no pictures":    {time.Second, -1, preview.Unknown},
		"an index past 4 GiB":       {time.Second, 1 << 29, preview.PreviewTooLarge},
		"times past 292 years":      {time.Duration(1<<32-1) * time.Millisecond, 1 << 20, preview.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bif.NewWriter(&memory{}, start.interval, start.count)
			if err == nil || preview.ReasonOf(err) != start.reason {
				t.Errorf("error %v with reason %q", err, preview.ReasonOf(err))
			}
		})
	}

	for name, tc := range map[string]struct {
		count    int
		pictures [][]byte
	}{
		"an empty picture": {1, [][]byte{{}}},
		"one too many":     {1, words(2)},
		"one too few":      {3, words(2)},
		"none at all":      {1, nil},
		"a huge picture":   {1, [][]byte{make([]byte, bif.MaxPicture+1)}},
	} {
		t.Run(name, func(t *testing.T) {
			var m memory
			w, err := bif.NewWriter(&m, time.Second, tc.count)
			if err != nil {
				t.Fatal(err)
			}
			var added error
			for _, p := range tc.pictures {
				added = errors.Join(added, w.Add(p))
			}
			err = w.Close()
			if err == nil {
				t.Fatal("closed without an error")
			}
			if added != nil && added.Error() != err.Error() {
				t.Errorf("Add said %q and Close %q", added, err)
			}
			if p := problem(t, m.data); p != bif.NotBIF && p != bif.Unfinished {
				t.Errorf("what it left is a file with problem %q", p)
			}
		})
	}
}

func TestClosedWriterStaysClosed(t *testing.T) {
	var m memory
	w, err := bif.NewWriter(&m, time.Second, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Add([]byte("x")), w.Close()); err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(m.data)
	if w.Add([]byte("y")) == nil || w.Close() == nil {
		t.Error("a closed Writer went on")
	}
	if !bytes.Equal(before, m.data) {
		t.Error("a closed Writer changed the file")
	}
}

// farthest forgets what it is given and remembers how far it went.
type farthest struct{ end int64 }

func (f *farthest) WriteAt(p []byte, off int64) (int, error) {
	f.end = max(f.end, off+int64(len(p)))
	return len(p), nil
}

func TestWriterStopsBefore4GiB(t *testing.T) {
	const limit = 1<<32 - 1
	const full = (limit - 64 - 8) / (bif.MaxPicture + 8) // largest pictures that fit
	var f farthest
	w, err := bif.NewWriter(&f, time.Second, full+2)
	if err != nil {
		t.Fatal(err)
	}
	picture := make([]byte, bif.MaxPicture)
	for range full {
		if err := w.Add(picture); err != nil {
			t.Fatal(err)
		}
	}
	rest := limit - (64 + 8*(full+3)) - full*bif.MaxPicture
	if err := w.Add(picture[:rest]); err != nil {
		t.Fatalf("the last byte that fits was refused: %v", err)
	}
	err = w.Add([]byte{1})
	if !errors.Is(err, bif.ErrTooLarge) || preview.ReasonOf(err) != preview.PreviewTooLarge {
		t.Errorf("error %v", err)
	}
	if f.end > limit {
		t.Errorf("wrote up to byte %d", f.end)
	}
	if err := w.Close(); !errors.Is(err, bif.ErrTooLarge) {
		t.Errorf("Close said %v", err)
	}
}

func TestFullDiskIsTold(t *testing.T) {
	pictures := words(3000)
	size := len(write(t, time.Second, pictures...))
	for _, short := range []bool{false, true} {
		for left := 0; left < size; left += 997 {
			t.Run(fmt.Sprintf("short %v after %d bytes", short, left), func(t *testing.T) {
				w, err := bif.NewWriter(&fullDisk{left: left, short: short}, time.Second, len(pictures))
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range pictures {
					if w.Add(p) != nil {
						break
					}
				}
				want := errDisk
				if short {
					want = io.ErrShortWrite
				}
				if err := w.Close(); !errors.Is(err, want) {
					t.Errorf("Close said %v", err)
				}
			})
		}
	}
	w, err := bif.NewWriter(&fullDisk{left: size - 1}, time.Second, len(pictures))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); !errors.Is(err, errDisk) {
		t.Errorf("one byte of the header was lost, and Close said %v", err)
	}
}

func TestWriterMemoryDoesNotGrowWithTheVideo(t *testing.T) {
	picture := make([]byte, 9_000)
	cost := func(count int) (allocs float64, total uint64) {
		run := func() {
			w, err := bif.NewWriter(&farthest{}, time.Second, count)
			if err != nil {
				t.Fatal(err)
			}
			for range count {
				if err := w.Add(picture); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		allocs = testing.AllocsPerRun(3, run)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run()
		runtime.ReadMemStats(&after)
		return allocs, after.TotalAlloc - before.TotalAlloc
	}
	few, _ := cost(10)
	many, bytes := cost(100_000)
	if many > few+2 {
		t.Errorf("10 pictures take %v allocations, 100,000 take %v", few, many)
	}
	if bytes > 128<<10 {
		t.Errorf("100,000 pictures take %d bytes", bytes)
	}
}
