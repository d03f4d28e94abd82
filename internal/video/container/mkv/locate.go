package mkv

import "github.com/scrubjay/scrubjay/internal/video/container"

const (
	// near is how far a block may be from the front of its cluster for one read to bring both, in bytes.
	near = 16 << 10
	// clusterHead is what the header and the timestamp of a cluster take, with a CRC-32 between them, in bytes.
	clusterHead = 48
	// headers is the step with which block headers are read, in bytes: a page, which is what a disk gives anyway.
	headers = 4 << 10
	// Bounds of what Key reads ahead, in bytes, and where the guess starts.
	leastAhead, utmostAhead, firstGuess = 4 << 10, 256 << 10, 32 << 10
)

// Key implements [container.Track]. It usually reads the payload too, which the Read that follows then does not
// read again.
func (t *track) Key(k int) (container.Sample, error) {
	w := newWindow(t.file.src, leastAhead, utmostAhead)
	w.buf = t.spare.buffer()
	s, err := t.find(k, w, t.ahead())
	if err != nil {
		t.spare.give(w.buf)
		return container.Sample{}, err
	}
	t.spare.put(s.Offset, w.has(s.Offset), w.buf)
	return s, nil
}

// find returns keyframe k. It reads ahead bytes from its block on.
func (t *track) find(k int, w *window, ahead int) (container.Sample, error) {
	b, _, err := t.locate(k, w, ahead)
	if err != nil {
		return container.Sample{}, err
	}
	all, err := t.samples(nil, b, w)
	if err == nil && len(all) == 0 {
		err = damaged(b.pos, "a keyframe without bytes")
	}
	if err != nil {
		return container.Sample{}, err
	}
	size := int64(all[0].Size)
	if g := t.guess.Load(); g > 0 {
		size = (3*g + size) / 4
	}
	t.guess.Store(size)
	return all[0], nil
}

// Group implements [container.Track]. Where the file is damaged or cut off the group ends.
func (t *track) Group(k int) ([]container.Sample, error) {
	w := newWindow(t.file.src, headers, 64<<10)
	b, walk, err := t.locate(k, w, headers)
	if err != nil {
		return nil, err
	}
	out, err := t.samples(nil, b, w)
	if err == nil && len(out) == 0 {
		err = damaged(b.pos, "a keyframe without bytes")
	}
	if err != nil {
		return nil, err
	}
	for err == nil {
		var ok bool
		if b, ok, err = walk.next(); !ok {
			break
		}
		if at, fits := t.at(b); b.key && fits && t.listed(at) {
			break
		}
		out, err = t.samples(out, b, w)
	}
	if err != nil && !isDamage(err) {
		return nil, err
	}
	return out, nil
}

// ahead is how many bytes Key reads: what keyframes took lately. The larger half then needs a second read, and the
// smaller half has some bytes read for nothing; an eighth more would save few reads and cost as many bytes.
func (t *track) ahead() int {
	g := t.guess.Load()
	if g == 0 {
		g = firstGuess
	}
	return int(min(max(g, leastAhead), utmostAhead))
}

// locate finds the block of keyframe k and a walker that stands behind it. It reads ahead bytes from the block on.
// An error about what stands in the file means that the index is wrong about this keyframe.
func (t *track) locate(k int, w *window, ahead int) (block, *walker, error) {
	if k < 0 || k >= len(t.keys) {
		return block{}, nil, damaged(0, "no keyframe %d", k)
	}
	key, cluster := t.keys[k], t.clusters[k]
	far := -key.Ref + maxHeader
	if key.Ref > 0 {
		far = key.Ref - cluster
	}
	first := clusterHead
	if far <= near {
		first = int(far) + ahead
	}
	if err := w.fill(cluster, first); err != nil {
		return block{}, nil, err
	}
	e, err := w.element(cluster, t.file.end)
	if err != nil {
		return block{}, nil, err
	}
	if e.id != idCluster {
		return block{}, nil, damaged(cluster, "no cluster, where the index has one")
	}
	walk := newWalker(t.file, w, cluster, func(n uint64) bool { return n == t.info.ID })
	walk.enter(e)
	if key.Ref != 0 {
		b, ok, err := t.direct(walk, e, key, ahead)
		if ok || err != nil && !isDamage(err) {
			return b, walk, err
		}
	}
	return t.search(walk, e, key)
}

// direct goes to the block at the place that the index names. ok means that it is there.
func (t *track) direct(walk *walker, cluster element, key container.Keyframe, ahead int) (b block, ok bool, err error) {
	if err := walk.clock(); err != nil {
		return block{}, false, err
	}
	pos := key.Ref
	if pos < 0 {
		pos = cluster.data - key.Ref
	}
	if pos < cluster.data || pos >= walk.clusterEnd || pos >= t.file.src.Size {
		return block{}, false, nil
	}
	if len(walk.w.has(pos)) < min(maxHeader, int(t.file.src.Size-pos)) {
		if err := walk.w.fill(pos, ahead); err != nil {
			return block{}, false, err
		}
	}
	e, err := walk.w.element(pos, walk.clusterEnd)
	if err != nil {
		return block{}, false, err
	}
	b, ok, err = walk.inside(e)
	return b, ok && t.is(b, key), err
}

// search walks over the blocks of the cluster to the one of the keyframe's time.
func (t *track) search(walk *walker, cluster element, key container.Keyframe) (block, *walker, error) {
	walk.enter(cluster)
	walk.oneCluster = true
	for {
		b, ok, err := walk.next()
		switch {
		case err != nil:
			return block{}, nil, err
		case !ok:
			return block{}, nil, damaged(cluster.pos, "no keyframe of %v in this cluster, where the index has one", key.At)
		case t.is(b, key):
			walk.oneCluster = false
			return b, walk, nil
		}
	}
}

// is reports whether b is the keyframe.
func (t *track) is(b block, key container.Keyframe) bool {
	at, ok := t.at(b)
	return ok && b.key && at == key.At
}

// clock reads on to the timestamp of the cluster.
func (b *walker) clock() error {
	for b.ticks < 0 {
		e, err := b.w.element(b.pos, b.clusterEnd)
		if err != nil {
			return err
		}
		if e.id == idSimpleBlock || e.id == idBlockGroup || atSegment(e.id) {
			return damaged(e.pos, "a cluster without a timestamp in front")
		}
		if _, _, err := b.inside(e); err != nil {
			return err
		}
	}
	return nil
}
