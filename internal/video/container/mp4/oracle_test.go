package mp4

import (
	"bytes"
	"cmp"
	"os"
	"slices"
	"sync"
	"testing"

	gomp4 "github.com/abema/go-mp4"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// all lists the packets of all groups, in the order of the file.
func all(t *testing.T, tr container.Track) []container.Sample {
	t.Helper()
	var list []container.Sample
	for k := range tr.Keyframes() {
		g, err := tr.Group(k)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, g...)
	}
	slices.SortFunc(list, func(a, b container.Sample) int { return cmp.Compare(a.Offset, b.Offset) })
	return list
}

func TestSamplesAreThoseOfAnotherParser(t *testing.T) {
	for name, c := range map[string][]string{
		"B-frames":      args(source(4, 24), h264, "-use_editlist 0"),
		"variable rate": args(source(4, 24), "-vf", "setpts='PTS+0.3*floor(N/7)/TB'", "-vsync vfr", h264, "-use_editlist 0"),
		"with sound":    args(source(4, 24), tones, h264, "-c:a aac -use_editlist 0 -movflags faststart"),
		"hevc":          args(source(4, 24), "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=12 -use_editlist 0"),
	} {
		t.Run(name, func(t *testing.T) {
			path := ffmpeg(t, append(c, "a.mp4")...)
			r, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			info, err := gomp4.Probe(r)
			if err != nil {
				t.Fatal(err)
			}
			other := info.Tracks[0]
			stss, err := gomp4.ExtractBoxWithPayload(r, nil, gomp4.BoxPath{
				gomp4.BoxTypeMoov(), gomp4.BoxTypeTrak(), gomp4.BoxTypeMdia(), gomp4.BoxTypeMinf(), gomp4.BoxTypeStbl(), gomp4.BoxTypeStss(),
			})
			if err != nil || len(stss) != 1 {
				t.Fatal(stss, err)
			}
			sync := stss[0].Payload.(*gomp4.Stss).SampleNumber

			var want []container.Sample
			var dts int64
			rest := other.Samples
			for _, chunk := range other.Chunks {
				at := int64(chunk.DataOffset)
				for _, s := range rest[:chunk.SamplesPerChunk] {
					shown, ok := ticks(dts+s.CompositionTimeOffset, other.Timescale)
					if !ok {
						t.Fatal(dts)
					}
					want = append(want, container.Sample{At: shown, Offset: at, Size: int(s.Size), Key: slices.Contains(sync, uint32(len(want)+1))})
					at += int64(s.Size)
					dts += int64(s.TimeDelta)
				}
				rest = rest[chunk.SamplesPerChunk:]
			}
			f, _ := openFile(t, path)
			if got := all(t, f.Tracks()[0]); !slices.Equal(got, want) {
				t.Errorf("%d samples that differ from the %d of go-mp4", len(got), len(want))
			}
		})
	}
}

func TestFragmentsAreThoseOfAnotherParser(t *testing.T) {
	path := ffmpeg(t, append(args(source(4, 24), h264, "-movflags empty_moov+default_base_moof -frag_duration 500000"), "a.mp4")...)
	b := readFile(t, path)
	info, err := gomp4.Probe(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	f, err := openBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	samples := all(t, f.Tracks()[0])
	for i, seg := range info.Segments {
		end := int64(len(b))
		if i+1 < len(info.Segments) {
			end = int64(info.Segments[i+1].MoofOffset)
		}
		n, size := 0, 0
		for _, s := range samples {
			if s.Offset > int64(seg.MoofOffset) && s.Offset < end {
				n++
				size += s.Size
			}
		}
		if n != int(seg.SampleCount) || size != int(seg.Size) {
			t.Errorf("moof at %d: %d samples of %d bytes, go-mp4 sees %d of %d", seg.MoofOffset, n, size, seg.SampleCount, seg.Size)
		}
	}
}

func TestTracksAreReadFromSeveralGoroutines(t *testing.T) {
	for _, b := range [][]byte{tiny{}.bytes(), tinyFragments()} {
		f, err := openBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		tr := f.Tracks()[0]
		want := all(t, tr)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 50 {
					if got := all(t, tr); !slices.Equal(got, want) {
						t.Error("another list of samples")
						return
					}
				}
			})
		}
		wg.Wait()
	}
}
