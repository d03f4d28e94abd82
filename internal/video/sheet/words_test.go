package sheet

import (
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/font"
)

func TestTimesAreWrittenAsPlayersDo(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	for _, tc := range []struct {
		times []time.Duration
		want  []string
	}{
		{[]time.Duration{0}, []string{"0:00"}},
		{[]time.Duration{0, 10 * s, 59*m + 50*s}, []string{"0:00", "0:10", "59:50"}},
		{[]time.Duration{0, 10 * s, h}, []string{"0:00:00", "0:00:10", "1:00:00"}},
		{[]time.Duration{0, 30 * h}, []string{"0:00:00", "30:00:00"}},
		{[]time.Duration{0, 2500 * time.Millisecond}, []string{"0:00.0", "0:02.5"}},
		{[]time.Duration{0, 1250 * time.Millisecond}, []string{"0:00.00", "0:01.25"}},
		{[]time.Duration{0, s, 1001 * time.Millisecond}, []string{"0:00.000", "0:01.000", "0:01.001"}},
	} {
		write := clock(tc.times)
		var got []string
		for _, at := range tc.times {
			got = append(got, write(at))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%v are written as %q, not %q", tc.times, got, tc.want)
		}
	}
}

func TestChosenPicturesAreSpreadEvenly(t *testing.T) {
	for n := range 500 {
		chosen := spread(n, Most)
		if len(chosen) != min(n, Most) {
			t.Fatalf("%d of %d pictures", len(chosen), n)
		}
		if n > 0 && (chosen[0] != 0 || chosen[len(chosen)-1] != n-1) {
			t.Fatalf("of %d pictures it shows %d to %d", n, chosen[0], chosen[len(chosen)-1])
		}
		for k := 2; k < len(chosen); k++ {
			before, after := chosen[k-1]-chosen[k-2], chosen[k]-chosen[k-1]
			if before < 1 || after < 1 || max(before, after)-min(before, after) > 1 {
				t.Fatalf("of %d pictures it shows %v", n, chosen)
			}
		}
	}
}

func TestLongNamesKeepTheirEnds(t *testing.T) {
	p, err := newPen()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"", "Short.mkv", strings.Repeat("long ", 100) + "S01E01.mkv", strings.Repeat("x", 1_000_000) + "S01E01.mkv",
		strings.Repeat("日本", 2000) + "S01E01.mkv",
	} {
		got := shorten(p.name, clean(name), 700)
		if w := font.MeasureString(p.name, got).Ceil(); w > 700 {
			t.Errorf("%d pixels wide: %q", w, got)
		}
		if len(name) < 20 && got != name {
			t.Errorf("%q became %q", name, got)
		}
		if len(name) > 20 && (!strings.HasSuffix(got, "S01E01.mkv") || !strings.Contains(got, "…")) {
			t.Errorf("a long name became %q", got)
		}
	}
}

func TestOddNamesBecomeOneLine(t *testing.T) {
	if got, want := clean("a\nb\tc\xff\x1b[31m.mkv"), "a�b�c��[31m.mkv"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestFreaksOfShapeFitTheirPlace(t *testing.T) {
	for _, shape := range []image.Point{{X: 320, Y: 180}, {X: 180, Y: 320}, {X: 1, Y: 65535}, {X: 65535, Y: 1}, {X: 16, Y: 16}} {
		for _, n := range []int{0, 1, 2, 7, 59, 60} {
			lay := layOut(n, shape)
			if lay.tile.X < slimmest || lay.tile.X > tileWidth || lay.tile.Y < slimmest || lay.tile.Y > tallest {
				t.Errorf("%v gets a place of %v", shape, lay.tile)
			}
			if in := fit(shape, lay.tile); !in.In(image.Rectangle{Max: lay.tile}) || in.Empty() {
				t.Errorf("%v goes to %v of %v", shape, in, lay.tile)
			}
			if size := lay.bounds().Size(); size.X < narrowest || size.X > 6000 || size.Y > 6000 {
				t.Errorf("%d pictures of %v make a sheet of %v", n, shape, size)
			}
			var taken image.Rectangle
			for k := range n {
				at := lay.place(k)
				if !at.In(lay.bounds().Inset(margin)) || (k > 0 && at.Overlaps(taken)) {
					t.Errorf("picture %d of %d is at %v of %v", k, n, at, lay.bounds())
				}
				taken = at
			}
		}
	}
}
