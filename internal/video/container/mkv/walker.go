package mkv

import (
	"fmt"
	"math"
)

// block is one SimpleBlock or BlockGroup, without its payload.
type block struct {
	pos      int64 // of the SimpleBlock or BlockGroup
	end      int64 // of the same
	cluster  int64 // position of the cluster that it stands in
	ticks    int64 // timestamp of that cluster, in Segment Ticks
	rel      int16 // timestamp relative to that, in Track Ticks
	track    uint64
	key      bool
	lacing   byte   // 0 none, 1 Xiph, 2 fixed, 3 EBML
	data     int64  // what follows the block header: the lace sizes, if any, and the frames
	size     int64  // of that
	duration uint64 // BlockDuration in Track Ticks; 0 when it does not say
}

// walker goes from block to block in the order of the file and reads their headers only.
type walker struct {
	src  int64 // size of the file
	end  int64 // of the segment
	w    *window
	want func(track uint64) bool

	pos        int64
	cluster    int64 // position of the cluster that pos is in; 0 when it is between clusters
	clusterEnd int64 // end of that cluster, or of the segment where the cluster does not say
	open       bool  // the cluster does not say where it ends
	ticks      int64 // of that cluster; -1 before its Timestamp was seen
	oneCluster bool  // stop behind the first cluster
}

// newWalker makes a walker that starts at a child of the segment and yields the blocks of the tracks in want.
func newWalker(f *File, w *window, pos int64, want func(uint64) bool) *walker {
	return &walker{src: f.src.Size, end: f.end, w: w, want: want, pos: pos, ticks: -1}
}

// next returns the next block. ok is false at the end and with an error. The error is a [container.Error] where
// the file is damaged or ends within something.
func (b *walker) next() (blk block, ok bool, err error) {
	for {
		if b.cluster == 0 {
			if b.pos >= b.end || b.pos >= b.src {
				return block{}, false, b.cut(b.end)
			}
			if ok, err := b.between(); !ok {
				return block{}, false, err
			}
			continue
		}
		if b.pos >= b.clusterEnd || b.pos >= b.src {
			if b.pos < b.clusterEnd && !b.open {
				return block{}, false, cutOff(b.cluster, "the file ends inside a cluster")
			}
			b.cluster = 0
			if b.oneCluster {
				return block{}, false, nil
			}
			continue
		}
		e, err := b.w.element(b.pos, b.clusterEnd)
		if err != nil {
			return block{}, false, err
		}
		if atSegment(e.id) {
			if !b.open {
				return block{}, false, damaged(b.pos, "element %X inside a cluster", e.id)
			}
			b.cluster = 0
			if b.oneCluster {
				return block{}, false, nil
			}
			continue
		}
		if blk, ok, err = b.inside(e); ok || err != nil {
			return blk, ok, err
		}
	}
}

// cut says that the file is shorter than end, if it is and end is known.
func (b *walker) cut(end int64) error {
	if end != math.MaxInt64 && end > b.src {
		return cutOff(b.src, "the file ends before its segment")
	}
	return nil
}

// between reads a child of the segment: it enters a cluster and skips everything else.
func (b *walker) between() (bool, error) {
	e, err := b.w.element(b.pos, b.end)
	switch {
	case err != nil:
		return false, err
	case e.id == idEBML || e.id == idSegment: // a second file was appended
		return false, nil
	case e.id == idCluster:
		b.enter(e)
		return true, nil
	case e.size == unknown:
		return false, damaged(b.pos, "element %X has no size", e.id)
	}
	b.pos = e.end()
	return true, nil
}

func (b *walker) enter(cluster element) {
	b.cluster, b.pos, b.ticks = cluster.pos, cluster.data, -1
	b.open, b.clusterEnd = cluster.size == unknown, b.end
	if !b.open {
		b.clusterEnd = cluster.end()
	}
}

// inside reads a child of the cluster. ok means that it is a block that is wanted.
func (b *walker) inside(e element) (blk block, ok bool, err error) {
	switch {
	case e.size == unknown:
		return block{}, false, damaged(e.pos, "element %X has no size", e.id)
	case e.end() > b.src:
		return block{}, false, cutOff(e.pos, fmt.Sprintf("the file ends inside element %X", e.id))
	}
	b.pos = e.end()
	switch e.id {
	case idTimestamp:
		v, err := b.w.uint(e)
		if err == nil && v > math.MaxInt64/2 {
			err = damaged(e.pos, "timestamp %d", v)
		}
		b.ticks = int64(v)
		return block{}, false, err
	case idSimpleBlock:
		blk = block{pos: e.pos, end: e.end(), cluster: b.cluster, ticks: b.ticks}
		flags, err := b.header(&blk, e)
		if err != nil || !b.want(blk.track) {
			return block{}, false, err
		}
		blk.key = flags&0x80 != 0
	case idBlockGroup:
		if blk, ok, err = b.group(e); !ok {
			return block{}, false, err
		}
	default: // among others EncryptedBlock, Void, CRC-32, PrevSize, SilentTracks
		return block{}, false, nil
	}
	if b.ticks < 0 {
		return block{}, false, damaged(e.pos, "a block before its cluster's timestamp")
	}
	return blk, true, nil
}

// header reads the header of a SimpleBlock or Block and returns its flags.
func (b *walker) header(blk *block, e element) (byte, error) {
	head, err := b.w.peek(e.data, maxHeader)
	if err != nil {
		return 0, err
	}
	head = head[:min(int64(len(head)), e.size)]
	track, n, err := parseVint(head)
	if err != nil || len(head) < n+3 {
		return 0, damaged(e.pos, "a block of %d bytes", e.size)
	}
	flags := head[n+2]
	blk.track = track
	blk.rel = int16(parseUint(head[n : n+2]))
	blk.lacing = flags >> 1 & 3
	blk.data = e.data + int64(n) + 3
	blk.size = e.end() - blk.data
	if blk.size > maxPacket {
		return 0, damaged(e.pos, "a block of %d bytes", e.size)
	}
	return flags, nil
}

// group reads a BlockGroup. It is a keyframe when it refers to no other block (RFC 9559 section 10.3).
func (b *walker) group(group element) (blk block, ok bool, err error) {
	blk = block{pos: group.pos, end: group.end(), cluster: b.cluster, ticks: b.ticks, key: true}
	for e, err := range b.w.children(group) {
		switch {
		case err != nil:
		case e.id == idBlock:
			if _, err = b.header(&blk, e); err == nil && !b.want(blk.track) {
				return block{}, false, nil
			}
			ok = true
		case e.id == idReferenceBlock:
			blk.key = false
		case e.id == idBlockDuration:
			blk.duration, err = b.w.uint(e)
		}
		if err != nil {
			return block{}, false, err
		}
	}
	return blk, ok, nil
}
