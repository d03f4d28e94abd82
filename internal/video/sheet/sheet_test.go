package sheet

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/bif"
)

type memory struct{ data []byte }

func (m *memory) WriteAt(p []byte, off int64) (int, error) {
	if end := int(off) + len(p); end > len(m.data) {
		m.data = append(m.data, make([]byte, end-len(m.data))...)
	}
	return copy(m.data[off:], p), nil
}

func photo(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func previewOf(t *testing.T, interval time.Duration, pictures ...[]byte) *bif.Reader {
	t.Helper()
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
	return read(t, m.data)
}

func read(t *testing.T, data []byte) *bif.Reader {
	t.Helper()
	r, err := bif.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func drawn(t *testing.T, name string, r *bif.Reader) image.Image {
	t.Helper()
	var out bytes.Buffer
	if err := Draw(&out, name, r); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// near reports whether the pixel is of the colour, but for what JPEG does to it.
func near(img image.Image, at image.Point, want color.RGBA) bool {
	c := color.RGBAModel.Convert(img.At(at.X, at.Y)).(color.RGBA)
	off := func(a, b uint8) bool { return max(a, b)-min(a, b) > 4 }
	return !off(c.R, want.R) && !off(c.G, want.G) && !off(c.B, want.B)
}

// written reports whether something other than the ground is in a part of the sheet.
func written(img image.Image, part image.Rectangle) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if !near(img, image.Pt(x, y), dusk) {
				return true
			}
		}
	}
	return false
}

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Size().Div(2)) }

func TestEveryPictureIsAtItsPlaceWithItsTime(t *testing.T) {
	var pictures [][]byte
	var colours []color.RGBA
	for i := range 20 {
		c := color.RGBA{R: uint8(12 * i), G: uint8(200 - 10*i), B: 90, A: 255}
		colours = append(colours, c)
		pictures = append(pictures, photo(t, 320, 180, c))
	}
	img := drawn(t, "Film.mkv", previewOf(t, 10*time.Second, pictures...))
	lay := layOut(20, image.Pt(320, 180))
	if img.Bounds() != lay.bounds() {
		t.Fatalf("a sheet of %v, not %v", img.Bounds(), lay.bounds())
	}
	for i, c := range colours {
		at := lay.place(i)
		if !near(img, middle(at), c) {
			t.Errorf("picture %d is %v, not %v", i, img.At(middle(at).X, middle(at).Y), c)
		}
		if !near(img, at.Min, dusk) {
			t.Errorf("picture %d has no round corner", i)
		}
		if !written(img, image.Rect(at.Min.X, at.Max.Y+2, at.Max.X, at.Max.Y+labelHeight)) {
			t.Errorf("picture %d has no time", i)
		}
	}
	if !written(img, image.Rect(margin, margin, img.Bounds().Dx()-margin, nameBaseline)) {
		t.Error("no name")
	}
	if !written(img, image.Rect(margin, nameBaseline+10, img.Bounds().Dx()-margin, factsBaseline)) {
		t.Error("no facts")
	}
	if !near(img, image.Pt(0, 0), dusk) {
		t.Error("the ground has another colour")
	}
}

func TestBrokenPictureIsABrickBox(t *testing.T) {
	good := photo(t, 320, 180, color.White)
	vast := bytes.Clone(good) // claims 65,535 x 65,535 pixels
	sof := bytes.Index(vast, []byte{0xff, 0xc0})
	copy(vast[sof+5:], []byte{0xff, 0xff, 0xff, 0xff})
	for name, bad := range map[string][]byte{
		"text":     []byte("not a picture"),
		"cut off":  good[:len(good)/2],
		"too vast": vast,
	} {
		t.Run(name, func(t *testing.T) {
			img := drawn(t, name, previewOf(t, time.Second, good, bad, good))
			lay := layOut(3, image.Pt(320, 180))
			for i := range 3 {
				beside := middle(lay.place(i)).Add(image.Pt(40, 0)) // the mark is in the middle
				if near(img, beside, brick) != (i == 1) {
					t.Errorf("picture %d is %v", i, img.At(beside.X, beside.Y))
				}
			}
			if at := lay.place(1); !written(img, image.Rect(at.Min.X, at.Max.Y+2, at.Max.X, at.Max.Y+labelHeight)) {
				t.Error("it has no time")
			}
		})
	}
}

func TestOddPreviewsAreDrawn(t *testing.T) {
	white := photo(t, 320, 180, color.White)
	for name, r := range map[string]*bif.Reader{
		"no pictures":         read(t, append([]byte("\x89BIF\r\n\x1a\n"), append(make([]byte, 56), 0xff, 0xff, 0xff, 0xff, 72, 0, 0, 0)...)),
		"nothing but garbage": previewOf(t, time.Second, []byte("a"), []byte("b")),
		"pictures of all shapes": previewOf(t, time.Second,
			white, photo(t, 180, 320, color.White), photo(t, 1, 1, color.White), photo(t, 2000, 8, color.White)),
		"grey": previewOf(t, time.Second, photo(t, 64, 64, color.Gray{Y: 99})),
	} {
		t.Run(name, func(t *testing.T) {
			img := drawn(t, strings.Repeat("a name\n", 50), r)
			if !written(img, image.Rect(margin, margin, img.Bounds().Dx()-margin, nameBaseline)) {
				t.Error("no name")
			}
			if written(img, image.Rect(img.Bounds().Dx()-margin, 0, img.Bounds().Dx(), img.Bounds().Dy())) {
				t.Error("something is written into the margin")
			}
		})
	}
}

func TestFactsSayWhatIsThere(t *testing.T) {
	white := photo(t, 32, 18, color.White)
	many := make([][]byte, 1440)
	for i := range many {
		many[i] = white
	}
	few := many[:3]
	for _, tc := range []struct {
		preview *bif.Reader
		shown   int
		broken  int
		want    string
	}{
		{previewOf(t, 2500*time.Millisecond, few...), 3, 0, "3 pictures  ·  one every 2.5 s  ·  up to 0:05  ·  32 × 18  ·  "},
		{previewOf(t, 10*time.Second, many...), 60, 0, "1,440 pictures  ·  one every 10 s  ·  up to 3:59:50  ·  32 × 18  ·  "},
		{previewOf(t, 10*time.Second, many...), 60, 0, "  ·  60 of them shown"},
		{previewOf(t, 10*time.Second, many...), 60, 2, "  ·  60 of them shown  ·  2 of these broken"},
		{previewOf(t, 10*time.Second, few...), 3, 1, "B  ·  1 broken"},
		{previewOf(t, 10*time.Second, white), 1, 0, "1 picture  ·  32 × 18  ·  "},
	} {
		if got := facts(tc.preview, image.Pt(32, 18), tc.shown, tc.broken); !strings.Contains(got, tc.want) {
			t.Errorf("%q does not say %q", got, tc.want)
		}
	}
}

func TestSizesAreWrittenForPeople(t *testing.T) {
	for n, want := range map[int64]string{72: "72 bytes", 8123: "8 kB", 6_240_000: "6.2 MB", 107_400_000: "107 MB"} {
		if got := megabytes(n); got != want {
			t.Errorf("%d bytes are %q, not %q", n, got, want)
		}
	}
}

var errDisk = errors.New("no space left on device")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errDisk }

func TestFullDiskIsTold(t *testing.T) {
	if err := Draw(fullDisk{}, "x", previewOf(t, time.Second, photo(t, 32, 18, color.White))); !errors.Is(err, errDisk) {
		t.Errorf("error %v", err)
	}
}
