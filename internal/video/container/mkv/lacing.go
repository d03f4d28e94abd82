package mkv

import "math/bits"

// frame is one frame of a block: where its bytes are in the file.
type frame struct {
	off  int64
	size int64
}

// frames returns the frames of a block, in the order in which they are stored. Frames of no bytes are left out;
// FFmpeg makes no packet of them either. It reads the lace sizes and never the frames.
func (b block) frames(w *window) ([]frame, error) {
	if b.lacing == 0 {
		if b.size == 0 {
			return nil, nil
		}
		return []frame{{b.data, b.size}}, nil
	}
	sizes, used, err := b.laces(w)
	if err != nil {
		return nil, err
	}
	out := make([]frame, 0, len(sizes))
	off := b.data + used
	for _, size := range sizes {
		if size > 0 {
			out = append(out, frame{off, size})
		}
		off += size
	}
	return out, nil
}

// laces returns the size of each frame of a laced block and how many bytes say so (RFC 9559 section 10.3).
func (b block) laces(w *window) (sizes []int64, used int64, err error) {
	if b.size < 1 {
		return nil, 0, damaged(b.pos, "a laced block without frames")
	}
	c, err := w.bytes(b.data, 1)
	if err != nil {
		return nil, 0, err
	}
	n := int(c[0]) + 1
	used = 1
	left := b.size - 1 // bytes of the frames without a size so far, and of the sizes to come
	if b.lacing == 2 {
		if left%int64(n) != 0 {
			return nil, 0, damaged(b.pos, "%d bytes in %d frames of one size", left, n)
		}
		for range n {
			sizes = append(sizes, left/int64(n))
		}
		return sizes, used, nil
	}
	var size int64
	for i := range n - 1 {
		var took int64
		if b.lacing == 1 {
			size, took, err = b.xiph(w, used)
		} else {
			size, took, err = b.ebml(w, used, size, i == 0)
		}
		if err != nil {
			return nil, 0, err
		}
		used += took
		left -= took + size
		if size < 0 || left < 0 {
			return nil, 0, damaged(b.pos, "frame %d of %d does not fit into its block", i+1, n)
		}
		sizes = append(sizes, size)
	}
	return append(sizes, left), used, nil
}

// xiph reads a size that is the sum of bytes, of which the last one is below 255.
func (b block) xiph(w *window, at int64) (size, took int64, err error) {
	for at+took < b.size {
		c, err := w.bytes(b.data+at+took, 1)
		if err != nil {
			return 0, 0, err
		}
		took++
		size += int64(c[0])
		if c[0] != 255 {
			return size, took, nil
		}
	}
	return 0, 0, damaged(b.pos, "lace sizes do not end")
}

// ebml reads a size that is a variable-size integer: the first one itself, the others as the difference to the
// one before, shifted so that half of the range is below zero.
func (b block) ebml(w *window, at, before int64, first bool) (size, took int64, err error) {
	head, err := w.peek(b.data+at, 8)
	if err != nil {
		return 0, 0, err
	}
	v, n, err := parseVint(head[:min(int64(len(head)), b.size-at)])
	if err != nil || bits.Len64(v) > 56 {
		return 0, 0, damaged(b.pos, "a lace size: %v", err)
	}
	if first {
		return int64(v), int64(n), nil
	}
	return before + int64(v) - (1<<(7*n-1) - 1), int64(n), nil
}
