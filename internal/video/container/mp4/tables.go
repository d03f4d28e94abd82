package mp4

import (
	"github.com/scrubjay/scrubjay/internal/video/container"
)

// tables are the sample tables of one track, as they lie in the file.
type tables struct {
	src  container.Source
	stts table // durations, run-length
	ctts table // from decoding to presentation time, run-length
	stss table // sync samples
	stps table // QuickTime's partial sync samples: open-GOP I pictures
	rap  table // sbgp "rap ": run-length, random access points
	stsc table // samples per chunk, run-length
	stsz table // sizes
	stco table // chunk offsets

	hasStss bool
	hasStsz bool
	fixed   uint32 // size of every sample; 0 when stsz has rows
	nibbles bool   // stz2 with 4 bits for each size
	samples uint32
	marks   []position // every markEvery samples, see cursor
}

// table is where the rows of a table lie.
type table struct {
	start int64
	rows  uint32
	width int // of a row, in bytes
}

// newTable checks that the rows that a box claims to have fit into it.
func newTable(b box, skip int64, rows uint32, width int) (table, error) {
	if skip > b.size() || int64(rows) > (b.size()-skip)/int64(width) {
		return table{}, fault(b.start, "%s: %d rows of %d bytes do not fit into %d bytes", b.kind, rows, width, b.size())
	}
	return table{start: b.body + skip, rows: rows, width: width}, nil
}

// box notes a box of the stbl; others are ignored.
func (t *tables) box(w *window, b box) (err error) {
	var into *table
	var width int
	switch b.kind {
	case "stts":
		into, width = &t.stts, 8
	case "ctts":
		into, width = &t.ctts, 8
	case "stss":
		into, width = &t.stss, 4
		t.hasStss = true
	case "stps":
		into, width = &t.stps, 4
	case "stsc":
		into, width = &t.stsc, 12
	case "stco":
		into, width = &t.stco, 4
	case "co64":
		into, width = &t.stco, 8
	case "stsz", "stz2":
		return t.sizes(w, b)
	case "sbgp":
		return t.groups(w, b)
	default:
		return nil
	}
	h, err := w.head(b, 8)
	if err != nil {
		return err
	}
	*into, err = newTable(b, 8, u32(h[4:]), width)
	return err
}

func (t *tables) sizes(w *window, b box) error {
	h, err := w.head(b, 12)
	if err != nil {
		return err
	}
	t.hasStsz = true
	t.samples = u32(h[8:])
	t.fixed = 0
	t.nibbles = false
	width := 4
	if b.kind == "stsz" {
		if t.fixed = u32(h[4:]); t.fixed != 0 {
			t.stsz = table{}
			return nil
		}
	} else {
		switch h[7] {
		case 4:
			t.nibbles = true
			if t.stsz, err = newTable(b, 12, t.samples/2+t.samples%2, 1); err != nil {
				return err
			}
			return nil
		case 8, 16:
			width = int(h[7]) / 8
		default:
			return fault(b.start, "stz2: sizes of %d bits", h[7])
		}
	}
	t.stsz, err = newTable(b, 12, t.samples, width)
	return err
}

func (t *tables) groups(w *window, b box) error {
	h, err := w.head(b, 12)
	if err != nil {
		return err
	}
	if string(h[4:8]) != "rap " {
		return nil
	}
	skip := int64(12)
	rows := u32(h[8:])
	if h[0] == 1 { // with a grouping_type_parameter
		if h, err = w.head(b, 16); err != nil {
			return err
		}
		skip, rows = 16, u32(h[12:])
	}
	t.rap, err = newTable(b, skip, rows, 8)
	return err
}

// maxSamples bounds a track: three days at 240 pictures a second. A table with one size for all samples states any
// number in a few bytes, and each costs time.
const maxSamples = 1 << 26

// check says what the tables lack. A track without samples is sound: its samples are in fragments.
func (t *tables) check(at int64) error {
	switch {
	case t.samples == 0:
		return nil
	case int64(t.samples) > min(t.src.Size, maxSamples):
		return fault(at, "%d samples in a file of %d bytes", t.samples, t.src.Size)
	case t.stts.rows == 0, t.stsc.rows == 0, t.stco.rows == 0:
		return fault(at, "%d samples, but stts, stsc or stco is missing", t.samples)
	case t.hasStss && t.stss.rows == 0 && t.stps.rows == 0 && t.rap.rows == 0:
		return fault(at, "stss: no sync samples") // periodic intra refresh
	case !t.hasStss && t.ctts.rows > 1:
		// Without stss every sample is a keyframe; but then none is shown in another order than decoded.
		return fault(at, "no stss, although pictures are reordered")
	}
	return nil
}
