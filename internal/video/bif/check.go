package bif

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"image"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Want is what the caller knows about the preview that is checked. The zero value asks only what can be asked of
// any preview.
type Want struct {
	Interval time.Duration // between two pictures; 0: whatever the file says
	Duration time.Duration // of the video; 0: unknown, pictures are not counted against it
	// Moving says that pictures which are all the same, byte for byte, are a fault. Leave it false where the video
	// may be a still: a slide with music or a fireplace gives just that, and nobody can tell the two apart from the
	// pictures alone. So a caller who sees Report.Same does well to try another recipe once, and to accept what
	// comes out the same again.
	Moving bool
}

// Report is what looking at every picture of a preview came to.
type Report struct {
	Verdict       preview.Verdict
	Width, Height int // of the first picture whose header could be read, in pixels
	// Differ is the share of pictures whose bytes differ from those of the picture before, 0 to 1, the first picture
	// left out; comments in the JPEG do not count. It is 1 for a single picture. Slots that were filled with a
	// neighbour's picture lower it.
	Differ float64
	// Same says that Differ is 0: all pictures are the same, and that there are enough of them (ten) to wonder.
	Same bool
}

const (
	countTolerance = 2  // pictures; durations in headers are off by a little
	sameFrom       = 10 // pictures that are all the same are worth a word from here on
	samples        = 24 // pictures that are decoded as a whole, spread evenly
)

// Check looks at every picture of a preview, one at a time: memory does not grow with their number. The checks are
// named count, times, jpeg, size, alike and green. A picture that cannot be read fails jpeg.
func Check(r *Reader, want Want) Report {
	s := survey{seed: maphash.MakeSeed()}
	for i := range r.Len() {
		s.look(r, i)
	}
	rep := Report{Width: s.size.X, Height: s.size.Y, Differ: 1}
	if n := r.Len(); n > 1 {
		rep.Differ = float64(s.changes) / float64(n-1)
		rep.Same = s.changes == 0 && n >= sameFrom
	}
	rep.Verdict = preview.Judge(
		checkCount(r, want), checkTimes(r, want), s.checkJPEG(r), s.checkSize(), s.checkAlike(r, rep, want), s.checkGreen(),
	)
	return rep
}

func checkCount(r *Reader, want Want) preview.Check {
	c := preview.Check{Name: "count", Passed: r.Len() > 0, Detail: plural(r.Len(), "picture")}
	interval := want.Interval
	if interval == 0 {
		interval = r.Interval()
	}
	if !c.Passed || want.Duration <= 0 {
		return c
	}
	if interval == 0 {
		c.Detail += ", not compared with the video's length because they are not evenly spaced"
		return c
	}
	expected := preview.Spec{Interval: interval}.Slots(want.Duration)
	c.Passed = r.Len() >= expected-countTolerance && r.Len() <= expected+countTolerance
	c.Detail += fmt.Sprintf(" where %v at one every %v make %d", want.Duration.Round(time.Millisecond), interval, expected)
	return c
}

// checkTimes needs not look whether the times rise: Open refuses a file where they do not.
func checkTimes(r *Reader, want Want) preview.Check {
	c := preview.Check{Name: "times", Passed: true}
	h, interval := r.Header(), r.Interval()
	switch {
	case h.Count == 0:
		c.Detail = "no pictures"
	case h.Count == 1:
		c.Detail = fmt.Sprintf("one picture at %v", h.First)
	case interval == 0:
		c.Detail = fmt.Sprintf("rising from %v to %v, not evenly spaced", h.First, h.Last)
	default:
		c.Detail = fmt.Sprintf("rising from %v to %v, one every %v", h.First, h.Last, interval)
	}
	if want.Interval > 0 && h.Count > 1 && interval != want.Interval {
		c.Passed = false
		c.Detail += fmt.Sprintf(" where %v were asked for", want.Interval)
	}
	return c
}

// survey is what was seen of the pictures so far.
type survey struct {
	seed maphash.Seed
	buf  []byte

	size       image.Point // of the first picture with a readable header
	otherSizes int         // pictures of another size
	otherSize  image.Point // the first other size

	broken int    // pictures that are no whole JPEG
	first  string // what is wrong with the first of them

	sum     uint64 // hash of the picture before
	changes int    // pictures that differ from the one before
	run     int    // equal pictures in a row, up to now
	longest int    // equal pictures in a row, at most

	sampled, green int
}

func (s *survey) look(r *Reader, i int) {
	picture, err := r.Image(i, s.buf)
	if err != nil {
		s.fault(r, i, err)
		s.run = 0 // the next one counts as different
		if i > 0 {
			s.changes++
		}
		return
	}
	s.buf = picture

	sum := maphash.Bytes(s.seed, shown(picture))
	if s.run > 0 && sum == s.sum {
		s.run++
	} else {
		s.run = 1
		if i > 0 {
			s.changes++
		}
	}
	s.sum, s.longest = sum, max(s.longest, s.run)

	if err := s.header(picture); err != nil {
		s.fault(r, i, err)
		return
	}
	if !sample(i, r.Len()) {
		return
	}
	img, err := Decode(picture)
	if err != nil {
		s.fault(r, i, err)
		return
	}
	s.sampled++
	if solidGreen(img) {
		s.green++
	}
}

// shown returns what a JPEG shows: all of it but the comments and application segments at its beginning, in which
// programs, our own included, leave notes in some of the pictures.
func shown(picture []byte) []byte {
	const comment, app0, app15 = 0xFE, 0xE0, 0xEF
	if len(picture) < 2 {
		return picture
	}
	rest := picture[2:]
	for len(rest) >= 4 && rest[0] == 0xFF && (rest[1] == comment || app0 <= rest[1] && rest[1] <= app15) {
		n := 2 + int(binary.BigEndian.Uint16(rest[2:])) // the length counts itself and not the marker
		if n > len(rest) {
			break
		}
		rest = rest[n:]
	}
	return rest
}

// header looks at the ends of a picture and at its JPEG header.
func (s *survey) header(picture []byte) error {
	switch {
	case !bytes.HasPrefix(picture, []byte{0xFF, 0xD8}):
		return fmt.Errorf("it begins with % X, not as a JPEG", picture[:min(2, len(picture))])
	case !bytes.HasSuffix(picture, []byte{0xFF, 0xD9}):
		return fmt.Errorf("it has no end, %d bytes", len(picture))
	}
	size, err := Size(picture)
	if err != nil {
		return err
	}
	if s.size == (image.Point{}) {
		s.size = size
	}
	if size != s.size {
		if s.otherSizes == 0 {
			s.otherSize = size
		}
		s.otherSizes++
	}
	return nil
}

func (s *survey) fault(r *Reader, i int, err error) {
	if s.broken++; s.broken == 1 {
		s.first = fmt.Sprintf("picture %d at %v: %v", i, r.At(i), err)
	}
}

func (s *survey) checkJPEG(r *Reader) preview.Check {
	if s.broken > 0 {
		return preview.Check{Name: "jpeg", Detail: fmt.Sprintf("%d of %s broken; %s", s.broken, plural(r.Len(), "picture"), s.first)}
	}
	return preview.Check{Name: "jpeg", Passed: true, Detail: fmt.Sprintf("all whole, %d of them decoded", s.sampled)}
}

func (s *survey) checkSize() preview.Check {
	c := preview.Check{Name: "size", Passed: s.otherSizes == 0, Detail: fmt.Sprintf("all %d x %d", s.size.X, s.size.Y)}
	switch {
	case s.size == (image.Point{}):
		c.Detail = "no picture to measure" // which is the matter of count or jpeg
	case !c.Passed:
		c.Detail = fmt.Sprintf("the first is %d x %d, but %s %d x %d or another size",
			s.size.X, s.size.Y, plural(s.otherSizes, "picture"), s.otherSize.X, s.otherSize.Y)
	}
	return c
}

func (s *survey) checkAlike(r *Reader, rep Report, want Want) preview.Check {
	c := preview.Check{Name: "alike", Passed: !rep.Same || !want.Moving}
	switch {
	case rep.Same:
		c.Detail = fmt.Sprintf("all %d pictures are the same", r.Len())
	case r.Len() < 2:
		c.Detail = "nothing to compare"
	default:
		c.Detail = fmt.Sprintf("%.1f %% differ from the one before, at most %d equal in a row", 100*rep.Differ, s.longest)
	}
	return c
}

func (s *survey) checkGreen() preview.Check {
	return preview.Check{
		Name:   "green",
		Passed: 2*s.green <= s.sampled,
		Detail: fmt.Sprintf("%d of %d samples are nothing but the green of a failed decoder", s.green, s.sampled),
	}
}

// sample reports whether picture i of n is one of those that are decoded as a whole: the first, the last, and as many
// between them as samples allows, evenly spread.
func sample(i, n int) bool {
	if n <= samples {
		return true
	}
	const gaps = samples - 1
	k := (i*gaps + (n-1)/2) / (n - 1) // the sample nearest to i
	return (k*(n-1)+gaps/2)/gaps == i
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
