package mp4

import (
	"errors"
	"math"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// defaults are what a fragment need not repeat: from trex, or from tfhd.
type defaults struct {
	entry, duration, size, flags uint32
}

// fragments are the part of a track that lies in moof boxes. They are never kept: each walk reads them again.
type fragments struct {
	src      container.Source
	track    uint32
	defaults defaults
	first    int64 // where to look for the first moof: the end of the moov
	shift    int64 // subtracted from all times, from the edit list
	start    reel  // before the first moof
}

// reel is what a walk through the moofs carries from one to the next.
type reel struct {
	end   int64 // decoding time at which the next moof starts if it does not say
	delay int64 // the largest negative composition offset so far
	last  int64 // decoding time of the last packet of the last trun, on the file's clock
	sidx  bool
	entry uint32 // sample description in use; 0 before the first
	seen  int64  // packets so far
}

// Flags of tfhd, trun and samples, ISO/IEC 14496-12, 8.8.7, 8.8.8 and 8.8.3.
const (
	tfhdBase          = 0x1
	tfhdEntry         = 0x2
	tfhdDuration      = 0x8
	tfhdSize          = 0x10
	tfhdFlags         = 0x20
	tfhdBaseIsMoof    = 0x20000
	trunOffset        = 0x1
	trunFirstFlags    = 0x4
	trunDuration      = 0x100
	trunSize          = 0x200
	trunFlags         = 0x400
	trunShift         = 0x800
	sampleNotSync     = 0x10000
	sampleDependsFlag = 0x1000000
)

// errCut means that the file ends within a box.
var errCut = errors.New("cut off")

// moofs calls each for every moof from a place on, until it returns false. It returns errCut when the last box ends
// behind the file.
func (f *fragments) moofs(w *window, from int64, r *reel, each func(moof box) (bool, error)) error {
	for at := from; f.src.Size-at >= 8; {
		b, err := w.box(at, f.src.Size)
		if errors.Is(err, errBox) {
			return errCut // zeros of a file that was allocated in advance, or rubbish
		}
		if err != nil {
			return err
		}
		switch b.kind {
		case "moof":
			if b.end > f.src.Size {
				return errCut
			}
			if more, err := each(b); err != nil || !more {
				return err
			}
		case "sidx":
			r.sidx = true
		}
		if b.end > f.src.Size {
			return errCut
		}
		at = b.end
	}
	return nil
}

// maxMoof bounds what is read of a moof at once.
const maxMoof = 256 << 10

// packets calls each for every packet that a moof holds of the track.
func (f *fragments) packets(w *window, moof box, r *reel, each func(packet) bool) error {
	if _, err := w.bytes(moof.start, int(min(moof.end-moof.start, maxMoof))); err != nil {
		return err
	}
	runs, err := f.runs(w, moof, r)
	if err != nil {
		return err
	}
	var n uint32
	for i := range runs {
		more, err := f.run(w, &runs[i], r, &n, each)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// run is one trun, with all that it inherits.
type run struct {
	defaults
	box        box
	count      uint32
	flags      uint32
	firstFlags uint32
	rows       int64 // where its rows start
	width      int
	dts        int64 // of its first packet, -1 when it follows the run before
	offset     int64
}

// runs lists the truns of the track in a moof, and brings r.delay up to date: FFmpeg shifts the times of all packets
// by the largest negative offset that it has met when they are handed out, that is, with their moof's headers read.
func (f *fragments) runs(w *window, moof box, r *reel) ([]run, error) {
	var runs []run
	implicit := moof.start // where data starts when no base is given: after that of the last traf
	for traf, err := range w.boxes(moof.body, moof.end) {
		if err != nil {
			return nil, err
		}
		if traf.kind != "traf" {
			continue
		}
		if implicit, err = f.traf(w, moof, traf, implicit, r, &runs); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

func (f *fragments) traf(w *window, moof, traf box, implicit int64, r *reel, runs *[]run) (int64, error) {
	d := f.defaults
	base := implicit
	mine, known := false, false
	dts := int64(-1)
	chained := false
	for b, err := range w.boxes(traf.body, traf.end) {
		if err != nil {
			return 0, err
		}
		switch b.kind {
		case "tfhd":
			if mine, base, err = f.tfhd(w, b, moof, implicit, &d); err != nil {
				return 0, err
			}
			known = true
		case "tfdt":
			if dts, err = w.tfdt(b); err != nil {
				return 0, err
			}
		case "trun":
			if !known {
				return 0, fault(b.start, "trun before tfhd")
			}
			n, err := f.trun(w, b, d, base)
			if err != nil {
				return 0, err
			}
			if chained && n.flags&trunOffset == 0 {
				n.offset = implicit
			}
			chained = true
			size, err := f.measure(w, n, r, mine)
			if err != nil {
				return 0, err
			}
			implicit = n.offset + size
			if !mine {
				continue
			}
			if r.entry == 0 {
				r.entry = d.entry
			}
			if d.entry != r.entry {
				return 0, fault(b.start, "several sample descriptions are in use")
			}
			if dts < 0 && r.sidx && len(*runs) == 0 {
				return 0, fault(b.start, "sidx without tfdt")
			}
			n.dts, dts = dts, -1
			*runs = append(*runs, n)
		}
	}
	return implicit, nil
}

// tfhd reads a track fragment header and says whether it is the track's, and where its data starts.
func (f *fragments) tfhd(w *window, b, moof box, implicit int64, d *defaults) (mine bool, base int64, err error) {
	h, err := w.head(b, int(max(min(b.size(), 40), 8)))
	if err != nil {
		return false, 0, err
	}
	flags := u32(h) & 0xffffff
	mine = u32(h[4:]) == f.track
	if !mine {
		*d = defaults{}
	}
	h = h[8:]
	base = implicit
	if flags&tfhdBaseIsMoof != 0 {
		base = moof.start
	}
	if flags&tfhdBase != 0 {
		if len(h) < 8 || u64(h) > math.MaxInt64/2 {
			return false, 0, fault(b.start, "tfhd: no sound base offset")
		}
		base, h = int64(u64(h)), h[8:]
	}
	for _, field := range []struct {
		flag uint32
		into *uint32
	}{{tfhdEntry, &d.entry}, {tfhdDuration, &d.duration}, {tfhdSize, &d.size}, {tfhdFlags, &d.flags}} {
		if flags&field.flag == 0 {
			continue
		}
		if len(h) < 4 {
			return false, 0, fault(b.start, "tfhd: shorter than its flags say")
		}
		*field.into, h = u32(h), h[4:]
	}
	return mine, base, nil
}

func (w *window) tfdt(b box) (int64, error) {
	h, err := w.head(b, 8)
	if err != nil {
		return 0, err
	}
	if h[0] == 0 {
		return int64(u32(h[4:])), nil
	}
	if h, err = w.head(b, 12); err != nil {
		return 0, err
	}
	if v := u64(h[4:]); v <= maxTime {
		return int64(v), nil
	}
	return 0, fault(b.start, "tfdt: %d", u64(h[4:]))
}

func (f *fragments) trun(w *window, b box, d defaults, base int64) (run, error) {
	h, err := w.head(b, 8)
	if err != nil {
		return run{}, err
	}
	n := run{defaults: d, box: b, flags: u32(h) & 0xffffff, count: u32(h[4:]), firstFlags: d.flags, offset: base, rows: b.body + 8}
	for _, flag := range []uint32{trunDuration, trunSize, trunFlags, trunShift} {
		if n.flags&flag != 0 {
			n.width += 4
		}
	}
	var fixed int64
	for _, flag := range []uint32{trunOffset, trunFirstFlags} {
		if n.flags&flag != 0 {
			fixed += 4
		}
	}
	if room := b.size() - 8 - fixed; room < 0 || n.width > 0 && int64(n.count) > room/int64(n.width) || int64(n.count) > f.src.Size {
		return run{}, fault(b.start, "trun: %d samples do not fit into %d bytes", n.count, b.size())
	}
	if h, err = w.bytes(n.rows, int(fixed)); err != nil {
		return run{}, err
	}
	n.rows += fixed
	if n.flags&trunOffset != 0 {
		n.offset += int64(int32(u32(h)))
		h = h[4:]
	}
	if n.flags&trunFirstFlags != 0 {
		n.firstFlags = u32(h)
	}
	if n.offset < 0 || n.offset > math.MaxInt64/2 {
		return run{}, fault(b.start, "trun: its data is at %d", n.offset)
	}
	return n, nil
}

// row is one sample of a trun.
type row struct {
	duration, size, flags uint32
	shift                 int32
}

func (n *run) row(w *window, i uint32) (row, error) {
	s := row{duration: n.duration, size: n.size, flags: n.defaults.flags}
	if i == 0 {
		s.flags = n.firstFlags
	}
	if n.width == 0 {
		return s, nil
	}
	h, err := w.bytes(n.rows+int64(i)*int64(n.width), n.width)
	if err != nil {
		return s, err
	}
	take := func(flag uint32, into *uint32) {
		if n.flags&flag != 0 {
			*into, h = u32(h), h[4:]
		}
	}
	var shift uint32
	take(trunDuration, &s.duration)
	take(trunSize, &s.size)
	take(trunFlags, &s.flags)
	take(trunShift, &shift)
	s.shift = int32(shift)
	return s, nil
}

// measure adds up the sizes of a trun's samples, and where they are ours, looks for the largest negative offset.
func (f *fragments) measure(w *window, n run, r *reel, mine bool) (int64, error) {
	if n.flags&trunSize == 0 && (n.flags&trunShift == 0 || !mine) {
		return int64(n.count) * int64(n.size), nil
	}
	var size int64
	for i := range n.count {
		s, err := n.row(w, i)
		if err != nil {
			return 0, err
		}
		size += int64(s.size)
		if mine {
			r.delay = max(r.delay, -int64(s.shift))
		}
	}
	return size, nil
}

// run hands out the packets of one trun.
func (f *fragments) run(w *window, n *run, r *reel, number *uint32, each func(packet) bool) (bool, error) {
	if n.dts >= 0 {
		r.end = n.dts
	}
	if r.seen += int64(n.count); r.seen > f.src.Size {
		return false, fault(n.box.start, "trun: more samples than the file has bytes")
	}
	offset := n.offset
	last := r.last
	for i := range n.count {
		s, err := n.row(w, i)
		if err != nil {
			return false, err
		}
		dts := r.end - f.shift
		p := packet{
			sample: *number, dts: dts, pts: dts + r.delay + int64(s.shift), duration: s.duration,
			offset: offset, size: s.size, key: s.flags&(sampleNotSync|sampleDependsFlag) == 0,
			hidden: last >= dts, // fragments that overlap: FFmpeg drops what comes again
		}
		r.last = dts
		*number++
		offset += int64(s.size)
		if r.end += int64(s.duration); r.end > maxTime {
			return false, fault(n.box.start, "trun: decoding time %d", r.end)
		}
		if !each(p) {
			return false, nil
		}
	}
	return true, nil
}
