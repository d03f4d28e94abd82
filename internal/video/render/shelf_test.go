package render

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// shelved fills a shelf by use and returns what stands in the BIF's slots, without the stamp.
func shelved(t *testing.T, slots int, use func(*shelf) error) (*shelf, []string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out.bif"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := bif.NewWriter(f, time.Second, slots)
	if err != nil {
		t.Fatal(err)
	}
	s := newShelf(w, slots, "", nil)
	if err := use(s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	stat, _ := f.Stat()
	r, err := bif.Open(f, stat.Size())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range r.Len() {
		b, err := r.Image(i, nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return s, out
}

func TestShelf(t *testing.T) {
	put := func(s *shelf, slots ...int) error {
		for _, n := range slots {
			if err := s.put(n, placed{jpeg: []byte(fmt.Sprint(n)), last: n}, time.Second); err != nil {
				return err
			}
		}
		return s.finish(time.Second)
	}
	tests := []struct {
		name    string
		slots   int
		come    []int
		want    string
		missing int
	}{
		{"in order", 4, []int{0, 1, 2, 3}, "0 1 2 3", 0},
		{"out of order", 5, []int{2, 0, 1, 4, 3}, "0 1 2 3 4", 0},
		{"one is missing", 4, []int{0, 1, 3}, "0 1 1 3", 1},
		{"the first is missing", 3, []int{1, 2}, "1 1 2", 1},
		{"the last is missing", 3, []int{0, 1}, "0 1 1", 1},
		{"one comes too often and one out of range", 2, []int{0, 0, 1, 7}, "0 1", 0},
		{
			"a late one is dropped when many wait", 30,
			[]int{0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 1, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29},
			"0 0 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29", 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, got := shelved(t, tt.slots, func(s *shelf) error { return put(s, tt.come...) })
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			if s.missing != tt.missing {
				t.Errorf("%d slots are missing, want %d", s.missing, tt.missing)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	tests := []struct {
		name   string
		slots  int // a second apart
		at     []float64
		strict bool
		want   string
		sparse bool
	}{
		{"on the spot", 3, []float64{0, 1, 2}, true, "0 1 2", false},
		{"before or after", 4, []float64{0, 0.9, 2.1, 2.6, 3.2}, true, "0 0.9 2.1 3.2", false},
		{"out of order", 4, []float64{0, 2, 1, 3}, true, "0 1 2 3", false},
		{"sparse, and that is all there is", 5, []float64{0, 3}, false, "0 0 3 3 3", false},
		{"sparse, and somebody can do better", 5, []float64{0, 3}, true, "", true},
		{"the first picture comes late", 3, []float64{0.4, 1.4}, true, "0.4 1.4 1.4", true},
		{"many pictures for few slots", 2, []float64{0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4}, true, "0 1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var failed error
			use := func(s *shelf) error {
				n := &nearest{shelf: s, interval: time.Second, strict: tt.strict}
				for _, at := range tt.at {
					if failed = n.put(timed{at: time.Duration(at * float64(time.Second)), jpeg: []byte(fmt.Sprint(at))}); failed != nil {
						break
					}
				}
				if failed == nil {
					failed = n.finish()
				}
				return s.fillUpToForTest()
			}
			_, got := shelved(t, tt.slots, use)
			if errors.Is(failed, errSparse) != tt.sparse {
				t.Fatalf("error is %v, want sparse: %v", failed, tt.sparse)
			}
			if !tt.sparse && strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// fillUpToForTest completes a shelf that a refused attempt left half full, so that the BIF can be closed.
func (s *shelf) fillUpToForTest() error {
	if s.last == nil && len(s.early) == 0 {
		s.early[0] = placed{jpeg: []byte("none"), last: 0}
	}
	return s.finish(time.Second)
}

func TestStampSurvivesAndIsAComment(t *testing.T) {
	app0 := []byte{0xff, 0xe0, 0, 4, 1, 2}
	body := []byte{0xff, 0xdb, 0, 3, 9, 0xff, 0xd9}
	for name, parts := range map[string][2][]byte{
		"with APP0":    {append([]byte{0xff, 0xd8}, app0...), body},
		"without APP0": {{0xff, 0xd8}, body},
	} {
		jpeg := append(bytes.Clone(parts[0]), parts[1]...)
		with := stamped(jpeg, "scrubjay size=1")
		if got := readStamp(with); got != "scrubjay size=1" {
			t.Errorf("%s: read %q", name, got)
		}
		if !bytes.HasPrefix(with, parts[0]) || !bytes.HasSuffix(with, parts[1]) || len(with) != len(jpeg)+4+len("scrubjay size=1") {
			t.Errorf("%s: the picture changed: %x", name, with)
		}
		if got := readStamp(jpeg); got != "" {
			t.Errorf("%s: read %q before it was there", name, got)
		}
	}
	for _, other := range [][]byte{nil, {1, 2, 3}, {0xff, 0xd8, 0xff, 0xfe}, {0xff, 0xd8, 0xff, 0xfe, 0, 1}, {0xff, 0xd8, 0xff, 0xfe, 9, 9, 1}} {
		if got := readStamp(other); got != "" {
			t.Errorf("read %q from %x", got, other)
		}
	}
}

func TestMeanOffset(t *testing.T) {
	s, _ := shelved(t, 4, func(s *shelf) error {
		s.put(0, placed{jpeg: []byte("a"), last: 1, offset: 500 * time.Millisecond}, time.Second)
		return s.finish(time.Second)
	})
	if s.mean() != 500*time.Millisecond || s.largest != 500*time.Millisecond || s.missing != 2 || s.shared != 1 {
		t.Errorf("mean %v, largest %v, %d missing, %d shared", s.mean(), s.largest, s.missing, s.shared)
	}
	s.missing, s.shared = 0, 3 // as for the tail of a cut-off video
	if s.mean() != 500*time.Millisecond {
		t.Errorf("with a tail that was repeated on purpose the mean is %v", s.mean())
	}
	s, _ = shelved(t, 3, func(s *shelf) error {
		return s.put(0, placed{jpeg: []byte("a"), last: 2, offset: math.MaxInt64}, time.Second)
	})
	if s.mean() < s.largest/2 {
		t.Errorf("mean %v, largest %v", s.mean(), s.largest)
	}
}
