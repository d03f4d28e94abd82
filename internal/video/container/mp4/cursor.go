package mp4

import "math"

// packet is one sample on the track's own clock, before any edit.
type packet struct {
	sample   uint32
	dts, pts int64 // in ticks
	duration uint32
	offset   int64
	size     uint32
	key      bool
	hidden   bool // lies in time before what was already shown; only in fragments
}

// inside reports whether the file holds the whole packet.
func (p packet) inside(size int64) bool { return p.offset <= size && int64(p.size) <= size-p.offset }

// position is how far the tables were read: everything that a cursor needs to go on from there.
type position struct {
	sample uint32 // the next one
	dts    int64
	offset int64 // where the next sample lies unless a chunk starts

	delayRow, delayLeft uint32 // stts: next row; samples left of the last one
	delta               uint32
	shiftRow, shiftLeft uint32 // ctts
	shift               int32
	chunk, chunkLeft    uint32 // next chunk; samples left in the last one
	runRow, perChunk    uint32 // stsc
	syncRow, partRow    uint32 // stss, stps
	rapRow, rapLeft     uint32
	rap                 bool
}

// markEvery is how many samples lie between two positions that are kept. 1,024 rows are about 20 KB of tables to
// get through to any sample, and 80 bytes in memory.
const markEvery = 1024

// maxTime bounds all times, in ticks, so that sums and differences of a few never overflow.
const maxTime = math.MaxInt64 / 8

// maxDelta is the largest duration of a sample that FFmpeg takes as it is (option max_stts_delta); more is meant to
// be negative. maxShift is the largest composition offset that it believes.
const (
	maxDelta = math.MaxUint32 - 48000*10
	maxShift = 1 << 28
)

// cursor walks through the samples of a track.
type cursor struct {
	position
	t       *tables
	entry   uint32 // sample description of all samples; 0 before the first
	base    uint32 // number of the first sample in stss
	marking bool
	budget  int64 // samples that may still be read, where marking
	delay   int64 // the largest negative offset in ctts so far

	stts, ctts, stss, stps, rapc, stsc, stsz, stco column
}

// column reads the rows of one table.
type column struct {
	window
	table
}

func (c *column) row(i uint32) ([]byte, error) {
	return c.bytes(c.start+int64(i)*int64(c.width), c.width)
}

// newCursor starts at the first sample. It reads step bytes of each table at once.
func newCursor(t *tables, step int) (*cursor, error) {
	col := func(tb table) column {
		return column{table: tb, window: window{src: t.src, step: int(min(int64(step), int64(tb.rows)*int64(tb.width)))}}
	}
	c := &cursor{
		t: t, stts: col(t.stts), ctts: col(t.ctts), stss: col(t.stss), stps: col(t.stps),
		rapc: col(t.rap), stsc: col(t.stsc), stsz: col(t.stsz), stco: col(t.stco),
	}
	// Samples count from 1; some files count from 0, and show it by a 0.
	for _, list := range []*column{&c.stss, &c.stps} {
		if list.rows > 0 && c.base == 0 {
			h, err := list.row(0)
			if err != nil {
				return nil, err
			}
			c.base = min(u32(h), 1)
		}
	}
	return c, nil
}

// openCursor starts at the first sample for the walk that opens a track: it keeps marks, and passes all samples only a
// few times, however many edits overlap.
func openCursor(t *tables) (*cursor, error) {
	c, err := newCursor(t, openStep)
	if err != nil {
		return nil, err
	}
	c.marking = true
	c.budget = 4*int64(t.samples) + 1<<20
	return c, nil
}

// seek goes to a sample that was passed before.
func (c *cursor) seek(sample uint32) error {
	if n := len(c.t.marks); n > 0 {
		c.position = c.t.marks[min(int(sample/markEvery), n-1)]
	}
	for c.sample < sample {
		if _, ok, err := c.next(); err != nil || !ok {
			return err
		}
	}
	return nil
}

// next reads a sample; it reports false behind the last one.
func (c *cursor) next() (packet, bool, error) {
	if c.marking && c.sample%markEvery == 0 && int(c.sample/markEvery) == len(c.t.marks) {
		c.t.marks = append(c.t.marks, c.position)
	}
	if c.sample >= c.t.samples {
		return packet{}, false, nil
	}
	if c.budget--; c.marking && c.budget < 0 {
		return packet{}, false, fault(c.stsz.start, "the edit list shows the same samples again and again")
	}
	if c.chunkLeft == 0 {
		if c.chunk >= c.stco.rows {
			return packet{}, false, nil // FFmpeg, too, forgets samples that no chunk holds
		}
		if err := c.openChunk(); err != nil {
			return packet{}, false, err
		}
	}
	if c.delayLeft == 0 {
		if err := c.nextDelta(); err != nil {
			return packet{}, false, err
		}
	}
	if c.shiftLeft == 0 && c.shiftRow < c.ctts.rows {
		if err := c.nextShift(); err != nil {
			return packet{}, false, err
		}
	}
	p := packet{sample: c.sample, dts: c.dts, pts: c.dts, duration: c.delta, offset: c.offset}
	if c.shiftLeft > 0 {
		p.pts += int64(c.shift)
		c.shiftLeft--
	}
	var err error
	if p.size, err = c.size(); err != nil {
		return packet{}, false, err
	}
	if p.key, err = c.sync(); err != nil {
		return packet{}, false, err
	}

	c.sample++
	c.chunkLeft--
	c.delayLeft -= min(c.delayLeft, 1) // the last duration holds on
	c.offset += int64(p.size)
	c.dts += int64(p.duration)
	if c.dts > maxTime {
		return packet{}, false, fault(c.stts.start, "stts: the durations add up to %d", c.dts)
	}
	return p, true, nil
}

func (c *cursor) nextDelta() error {
	for c.delayLeft == 0 && c.delayRow < c.stts.rows {
		h, err := c.stts.row(c.delayRow)
		if err != nil {
			return err
		}
		if c.delayLeft = u32(h); c.delayLeft > 0 {
			c.delta = u32(h[4:])
		}
		c.delayRow++
	}
	if c.delta > maxDelta {
		return fault(c.stts.start, "stts: negative duration in row %d", c.delayRow-1)
	}
	return nil
}

func (c *cursor) nextShift() error {
	for c.shiftLeft == 0 && c.shiftRow < c.ctts.rows {
		h, err := c.ctts.row(c.shiftRow)
		if err != nil {
			return err
		}
		if n := u32(h); n <= math.MaxInt32 { // FFmpeg leaves out counts that are negative to it
			c.shiftLeft = n
		}
		// Version 0 is unsigned on paper; in practice negative offsets stand there as well.
		c.shift = int32(u32(h[4:]))
		if c.shiftRow+2 < c.ctts.rows { // FFmpeg leaves out the last two rows
			c.delay = max(c.delay, -int64(c.shift))
		}
		c.shiftRow++
	}
	if c.shift > maxShift || c.shift < -maxShift {
		return fault(c.ctts.start, "ctts: offset %d in row %d", c.shift, c.shiftRow-1)
	}
	return nil
}

// openChunk goes on to the next chunk.
func (c *cursor) openChunk() error {
	if c.runRow < c.stsc.rows {
		h, err := c.stsc.row(c.runRow)
		if err != nil {
			return err
		}
		first, count, entry := u32(h), u32(h[4:]), u32(h[8:])
		switch {
		case c.runRow == 0 && first != 1, first <= c.chunk, first == c.chunk+1 && count == 0:
			return fault(c.stsc.start, "stsc: row %d: first chunk %d, %d samples", c.runRow, first, count)
		case first == c.chunk+1:
			if c.entry == 0 {
				c.entry = entry
			}
			if entry != c.entry {
				return fault(c.stsc.start, "stsc: several sample descriptions are in use")
			}
			c.perChunk = count
			c.runRow++
		}
	}
	h, err := c.stco.row(c.chunk)
	if err != nil {
		return err
	}
	if c.stco.width == 4 {
		c.offset = int64(u32(h))
	} else if off := u64(h); off <= math.MaxInt64/2 {
		c.offset = int64(off)
	} else {
		return fault(c.stco.start, "co64: chunk %d at %d", c.chunk, off)
	}
	c.chunkLeft = c.perChunk
	c.chunk++
	return nil
}

func (c *cursor) size() (uint32, error) {
	if c.t.fixed != 0 {
		return c.t.fixed, nil
	}
	if c.t.nibbles {
		h, err := c.stsz.row(c.sample / 2)
		if err != nil {
			return 0, err
		}
		return uint32(h[0]>>(4*(1-c.sample%2))) & 15, nil
	}
	h, err := c.stsz.row(c.sample)
	if err != nil {
		return 0, err
	}
	switch len(h) {
	case 1:
		return uint32(h[0]), nil
	case 2:
		return uint32(u16(h)), nil
	}
	return u32(h), nil
}

// sync reports whether the next sample is a keyframe, in the way of FFmpeg: a sync sample, a partial one, or a
// random access point.
func (c *cursor) sync() (bool, error) {
	if !c.t.hasStss {
		return true, nil
	}
	key, err := listed(&c.stss, &c.syncRow, c.sample, c.base)
	if err != nil {
		return false, err
	}
	if c.stps.rows > 0 {
		part, err := listed(&c.stps, &c.partRow, c.sample, c.base)
		if err != nil {
			return false, err
		}
		key = key || part
	}
	for c.rapLeft == 0 && c.rapRow < c.rapc.rows {
		h, err := c.rapc.row(c.rapRow)
		if err != nil {
			return false, err
		}
		c.rapLeft, c.rap = u32(h), u32(h[4:]) > 0
		c.rapRow++
	}
	if c.rapLeft > 0 {
		c.rapLeft--
		key = key || c.rap
	}
	return key, nil
}

// listed reports whether a sample is in a rising list, and moves on in it.
func listed(list *column, row *uint32, sample, base uint32) (bool, error) {
	for *row < list.rows {
		h, err := list.row(*row)
		if err != nil {
			return false, err
		}
		switch n := int64(u32(h)) - int64(base); {
		case n > int64(sample):
			return false, nil
		case n == int64(sample):
			*row++
			return true, nil
		}
		*row++ // out of order, or a sample 0 where they count from 1
	}
	return false, nil
}
