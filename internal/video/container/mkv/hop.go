package mkv

import (
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// hop finds the keyframes of the tracks that have no usable Cues, by walking over the headers of all blocks. What
// was found before a damaged spot is kept.
func (f *File) hop() error {
	blind := map[uint64]*track{}
	for _, t := range f.tracks {
		if _, twice := blind[t.info.ID]; len(t.keys) == 0 && !twice {
			blind[t.info.ID] = t
		}
	}
	if len(blind) == 0 || f.cluster == 0 {
		return nil
	}
	last := map[*track]time.Duration{} // end of the last picture
	b := newWalker(f, newWindow(f.src, 4<<10, 64<<10), f.cluster, func(n uint64) bool { return blind[n] != nil })
	for {
		blk, ok, err := b.next()
		if err != nil && !isDamage(err) {
			return err
		}
		if !ok {
			f.whole = f.whole && err == nil
			break
		}
		t := blind[blk.track]
		at, ok := t.at(blk)
		if !ok || blk.size == 0 {
			continue
		}
		last[t] = max(last[t], at+time.Duration(min(t.frame, uint64(time.Hour))))
		if blk.key {
			t.add(container.Keyframe{At: at, Ref: blk.pos}, blk.cluster)
		}
	}
	for _, t := range blind {
		t.sort()
		t.info.Complete = f.whole
		if t.info.Duration == 0 {
			t.info.Duration = last[t]
		}
	}
	return nil
}
