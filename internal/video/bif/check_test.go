package bif_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

var (
	size = image.Pt(320, 180)
	blue = color.RGBA{R: 40, G: 80, B: 160, A: 255}
	// brokenGreen is Y'CbCr 0, 0, 0 as JPEG shows it.
	brokenGreen = color.YCbCr{}
)

// gallery makes n pictures, all different up to n = 40.
func gallery(t testing.TB, n int) [][]byte {
	t.Helper()
	out := make([][]byte, n)
	for i := range out {
		out[i] = photo(t, size, blue, i%40)
	}
	return out
}

func failed(v preview.Verdict) []string {
	var out []string
	for _, c := range v.Checks {
		if !c.Passed {
			out = append(out, c.Name)
		}
	}
	return out
}

func TestSoundPreviewPasses(t *testing.T) {
	r := open(t, write(t, 10*time.Second, gallery(t, 40)...))
	rep := bif.Check(r, bif.Want{Interval: 10 * time.Second, Duration: 395 * time.Second, Moving: true})
	if !rep.Verdict.Sound {
		t.Error(rep.Verdict.Failures())
	}
	if rep.Width != 320 || rep.Height != 180 || rep.Differ != 1 || rep.Same {
		t.Errorf("report %+v", rep)
	}
	var names []string
	for _, c := range rep.Verdict.Checks {
		names = append(names, c.Name)
		if c.Detail == "" {
			t.Errorf("%s has no detail", c.Name)
		}
	}
	if diff := cmp.Diff([]string{"count", "times", "jpeg", "size", "alike", "green"}, names); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}

func TestCheckFinds(t *testing.T) {
	const interval = 10 * time.Second
	for name, tc := range map[string]struct {
		pictures func() [][]byte
		want     bif.Want
		fails    []string
		says     string
	}{
		"two pictures too few, which durations are off by": {
			func() [][]byte { return gallery(t, 38) }, bif.Want{Duration: 400 * time.Second}, nil, "",
		},
		"three pictures too few": {
			func() [][]byte { return gallery(t, 37) },
			bif.Want{Duration: 400 * time.Second},
			[]string{"count"},
			"count: 37 pictures where 6m40s at one every 10s make 40",
		},
		"three pictures too many": {
			func() [][]byte { return gallery(t, 40) },
			bif.Want{Duration: 370 * time.Second},
			[]string{"count"},
			"make 37",
		},
		"another interval": {
			func() [][]byte { return gallery(t, 40) },
			bif.Want{Interval: 5 * time.Second, Duration: 200 * time.Second},
			[]string{"times"},
			"one every 10s where 5s were asked for",
		},
		"a picture without an end": {
			func() [][]byte {
				p := gallery(t, 40)
				p[7] = p[7][:len(p[7])-1]
				return p
			}, bif.Want{}, []string{"jpeg"}, "1 of 40 pictures broken; picture 7 at 1m10s: it has no end",
		},
		"a picture that is none": {
			func() [][]byte { return slices.Insert(gallery(t, 4), 2, []byte("hello")) },
			bif.Want{},
			[]string{"jpeg"},
			"1 of 5 pictures broken; picture 2 at 20s: it begins with 68 65",
		},
		"a picture without a JPEG header": {
			func() [][]byte { return slices.Insert(gallery(t, 4), 2, []byte{0xff, 0xd8, 0xff, 0xd9}) },
			bif.Want{},
			[]string{"jpeg"},
			"picture 2 at 20s: decode picture",
		},
		"a picture that breaks off inside": {
			func() [][]byte {
				p := gallery(t, 4)
				p[1] = append(p[1][:len(p[1])/2:len(p[1])/2], 0xff, 0xd9)
				return p
			}, bif.Want{}, []string{"jpeg"}, "picture 1 at 10s: decode picture",
		},
		"a picture that claims to be vast": {
			func() [][]byte {
				p := gallery(t, 4)
				sof := bytes.Index(p[1], []byte{0xff, 0xc0})
				binary.BigEndian.PutUint16(p[1][sof+5:], 65535)
				binary.BigEndian.PutUint16(p[1][sof+7:], 65535)
				return p
			}, bif.Want{}, []string{"jpeg", "size"}, "65535 x 65535 pixels in",
		},
		"pictures of two sizes": {
			func() [][]byte { return append(gallery(t, 4), photo(t, image.Pt(320, 240), blue, 3)) },
			bif.Want{},
			[]string{"size"},
			"the first is 320 x 180, but 1 picture 320 x 240",
		},
		"a still, from a caller who does not know": {
			func() [][]byte { return slices.Repeat(gallery(t, 1), 40) }, bif.Want{}, nil, "",
		},
		"a still, from a caller who knows that it moves": {
			func() [][]byte { return slices.Repeat(gallery(t, 1), 40) },
			bif.Want{Moving: true},
			[]string{"alike"},
			"all 40 pictures are the same",
		},
		"a still with a note in its first picture": {
			func() [][]byte {
				p := slices.Repeat(gallery(t, 1), 40)
				p[0] = slices.Insert(slices.Clone(p[0]), 2, []byte("\xff\xfe\x00\x07note!\xff\xe1\x00\x02")...)
				return p
			},
			bif.Want{Moving: true},
			[]string{"alike"},
			"all 40 pictures are the same",
		},
		"a few pictures of a still": {
			func() [][]byte { return slices.Repeat(gallery(t, 1), 9) }, bif.Want{Moving: true}, nil, "",
		},
		"a single picture": {
			func() [][]byte { return gallery(t, 1) },
			bif.Want{Interval: interval, Duration: time.Second, Moving: true},
			nil, "",
		},
		"the green of a failed decoder": {
			func() [][]byte { return slices.Repeat([][]byte{photo(t, size, brokenGreen, 0)}, 40) },
			bif.Want{},
			[]string{"green"},
			"24 of 24 samples",
		},
		"the same, as BT.709": {
			func() [][]byte { return slices.Repeat([][]byte{photo(t, size, color.RGBA{G: 77, A: 255}, 0)}, 40) },
			bif.Want{},
			[]string{"green"},
			"24 of 24 samples",
		},
		"one green picture": {
			func() [][]byte { return [][]byte{photo(t, size, brokenGreen, 0)} }, bif.Want{}, []string{"green"}, "1 of 1",
		},
		"a decoder that fails at two thirds of the pictures": {
			func() [][]byte {
				p := gallery(t, 40)
				for i := range p {
					if i%3 > 0 {
						p[i] = photo(t, size, brokenGreen, 0)
					}
				}
				return p
			}, bif.Want{}, []string{"green"}, "samples",
		},
		"some green pictures": {
			func() [][]byte {
				p := gallery(t, 40)
				for i := range 15 {
					p[i] = photo(t, size, brokenGreen, 0)
				}
				return p
			}, bif.Want{}, nil, "",
		},
		"a green screen": {
			func() [][]byte {
				return slices.Repeat([][]byte{photo(t, size, color.RGBA{G: 177, B: 64, A: 255}, 0)}, 40)
			}, bif.Want{}, nil, "",
		},
		"somebody in front of that very green": {
			func() [][]byte { return slices.Repeat([][]byte{photo(t, size, brokenGreen, 2)}, 40) }, bif.Want{}, nil, "",
		},
		"black": {
			func() [][]byte { return slices.Repeat([][]byte{photo(t, size, color.Black, 0)}, 40) }, bif.Want{}, nil, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := bif.Check(open(t, write(t, interval, tc.pictures()...)), tc.want).Verdict
			if diff := cmp.Diff(tc.fails, failed(v)); diff != "" {
				t.Errorf("failed checks (-want +got):\n%s\n%s", diff, v.Failures())
			}
			if !strings.Contains(v.Failures(), tc.says) {
				t.Errorf("it says %q, not %q", v.Failures(), tc.says)
			}
		})
	}
}

func TestPlexsFilePasses(t *testing.T) {
	file := layout{reserved: 44, timestamps: []uint32{0, 2, 4, 6}, pictures: gallery(t, 4)}.bytes()
	v := bif.Check(open(t, file), bif.Want{Interval: 2 * time.Second, Duration: 8 * time.Second}).Verdict
	if !v.Sound {
		t.Error(v.Failures())
	}
}

func TestUnevenFileIsNotCounted(t *testing.T) {
	file := layout{reserved: 44, timestamps: []uint32{0, 2, 3, 6}, pictures: gallery(t, 4)}.bytes()
	if v := bif.Check(open(t, file), bif.Want{Duration: time.Hour}).Verdict; !v.Sound {
		t.Error(v.Failures())
	}
	v := bif.Check(open(t, file), bif.Want{Interval: 2 * time.Second}).Verdict
	if diff := cmp.Diff([]string{"times"}, failed(v)); diff != "" {
		t.Error(diff)
	}
}

func TestEmptyPreviewIsUnsound(t *testing.T) {
	v := bif.Check(open(t, layout{reserved: 44}.bytes()), bif.Want{}).Verdict
	if diff := cmp.Diff([]string{"count"}, failed(v)); diff != "" {
		t.Error(diff)
	}
}

func TestUnreadablePictureIsUnsound(t *testing.T) {
	whole := write(t, time.Second, gallery(t, 4)...)
	r, err := bif.Open(brokenDisk{whole, int64(len(whole) - 10)}, int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	v := bif.Check(r, bif.Want{}).Verdict
	if !strings.Contains(v.Failures(), "picture 3 at 3s: read picture 3 of bif: no space left") {
		t.Errorf("it says %q", v.Failures())
	}
}

func TestDifferCountsRepeatedPictures(t *testing.T) {
	p := gallery(t, 40)
	for i := range p { // each picture four times, as keyframes 8 s apart in slots of 2 s
		p[i] = p[i/4*4]
	}
	rep := bif.Check(open(t, write(t, 2*time.Second, p...)), bif.Want{})
	if rep.Differ != 9.0/39 || rep.Same {
		t.Errorf("report %+v", rep)
	}
	if i := slices.IndexFunc(rep.Verdict.Checks, func(c preview.Check) bool { return c.Name == "alike" }); rep.Verdict.Checks[i].Detail != "23.1 % differ from the one before, at most 4 equal in a row" {
		t.Errorf("it says %q", rep.Verdict.Checks[i].Detail)
	}
}

func TestSamplesAreSpreadOverTheWhole(t *testing.T) {
	// Pictures whose header is whole and whose body is not: only a full decode finds them.
	half := gallery(t, 1)[0]
	half = append(half[:len(half)/2:len(half)/2], 0xff, 0xd9)
	for _, n := range []int{1, 2, 23, 24, 25, 26, 47, 48, 100, 1000, 4321} {
		v := bif.Check(open(t, write(t, time.Second, slices.Repeat([][]byte{half}, n)...)), bif.Want{}).Verdict
		want := fmt.Sprintf("%d of %d", min(n, 24), n)
		if !strings.HasPrefix(v.Failures(), "jpeg: "+want) {
			t.Errorf("%d pictures: %q, not %q", n, v.Failures(), want)
		}
	}
	p := slices.Repeat(gallery(t, 1), 1000)
	p[0], p[999] = half, half
	if v := bif.Check(open(t, write(t, time.Second, p...)), bif.Want{}).Verdict; !strings.HasPrefix(v.Failures(), "jpeg: 2 of 1000") {
		t.Errorf("the first and the last picture are not among the samples: %q", v.Failures())
	}
}

// scale weighs the heap now and then while it is read.
type scale struct {
	data   []byte
	reads  int
	lowest uint64
	peak   uint64
}

func (s *scale) ReadAt(p []byte, off int64) (int, error) {
	if s.reads++; s.reads%500 == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.lowest, s.peak = min(s.lowest, m.HeapAlloc), max(s.peak, m.HeapAlloc)
	}
	return bytes.NewReader(s.data).ReadAt(p, off)
}

func TestCheckMemoryDoesNotGrowWithTheVideo(t *testing.T) {
	file := write(t, time.Second, slices.Repeat(gallery(t, 2), 2000)...)
	s := &scale{data: file, lowest: math.MaxUint64}
	r, err := bif.Open(s, int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if rep := bif.Check(r, bif.Want{}); !rep.Verdict.Sound {
		t.Error(rep.Verdict.Failures())
	}
	if grown := s.peak - s.lowest; s.reads < 4000 || grown > 512<<10 {
		t.Errorf("the heap grew by %d bytes over %d reads", grown, s.reads)
	}
}

func BenchmarkCheck(b *testing.B) {
	r := open(b, write(b, 10*time.Second, slices.Repeat(gallery(b, 40), 18)...)) // two hours
	for b.Loop() {
		if rep := bif.Check(r, bif.Want{}); !rep.Verdict.Sound {
			b.Fatal(rep.Verdict.Failures())
		}
	}
}
