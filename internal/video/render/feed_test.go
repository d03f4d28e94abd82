package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/container"
	"github.com/scrubjay/scrubjay/internal/video/container/mkv"
	"github.com/scrubjay/scrubjay/internal/video/probe"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// odd is a track with a keyframe each second and ten packets a group, some of which are not as they should be.
type odd struct {
	keys  []container.Keyframe
	size  int                               // of a packet
	group func(k int) error                 // may be nil
	key   func(k int) error                 // may be nil
	read  func(at time.Duration) error      // may be nil
	trim  func(at time.Duration, n int) int // of a packet's size as read; may be nil
	bufs  atomic.Int64                      // bytes of storage that Read had to make
}

func oddTrack(keys int) *odd {
	t := &odd{size: 100}
	for k := range keys {
		t.keys = append(t.keys, container.Keyframe{At: time.Duration(k) * time.Second})
	}
	return t
}

func (t *odd) Info() container.TrackInfo {
	return container.TrackInfo{ID: 1, Codec: "V_MJPEG", Width: 16, Height: 16, Complete: true}
}

func (t *odd) Keyframes() []container.Keyframe { return t.keys }

func (t *odd) Key(k int) (container.Sample, error) {
	if t.key != nil {
		if err := t.key(k); err != nil {
			return container.Sample{}, err
		}
	}
	return container.Sample{At: t.keys[k].At, Size: t.size, Key: true}, nil
}

func (t *odd) Group(k int) ([]container.Sample, error) {
	if t.group != nil {
		if err := t.group(k); err != nil {
			return nil, err
		}
	}
	var out []container.Sample
	for i := range 10 {
		out = append(out, container.Sample{At: t.keys[k].At + time.Duration(i)*100*time.Millisecond, Size: t.size, Key: i == 0})
	}
	return out, nil
}

func (t *odd) Read(s container.Sample, buf []byte) ([]byte, error) {
	if t.read != nil {
		if err := t.read(s.At); err != nil {
			return nil, err
		}
	}
	if cap(buf) < s.Size {
		buf = make([]byte, s.Size)
		t.bufs.Add(int64(s.Size))
	}
	if t.trim != nil {
		return buf[:t.trim(s.At, s.Size)], nil
	}
	return buf[:s.Size], nil
}

// fed feeds a track and returns the slots whose picture arrived.
func fed(t *testing.T, track container.Track, interval time.Duration, accuracy preview.Accuracy) (slots []int, err error) {
	t.Helper()
	spec := everySecond()
	spec.Interval, spec.Accuracy = interval, accuracy
	keys := track.Keyframes()
	plan := recipe.NewPlan(keys, 0, keys[len(keys)-1].At+time.Second, spec)
	f := newFeed(track, plan, probe.Info{Width: 16, Height: 16})
	r, w := io.Pipe()
	done := make(chan error)
	go func() {
		err := f.write(t.Context(), w)
		w.Close()
		done <- err
	}()
	for pic, err := range mkv.Pictures(r) {
		if err != nil {
			t.Error(err)
			r.CloseWithError(err)
			break
		}
		if slot := slotAt(pic.At); pic.At == slotTime(slot) {
			if _, ok := f.take(slot); ok {
				slots = append(slots, slot)
			}
		}
	}
	return slots, <-done
}

// TestDamageCostsItsOwnPicturesOnly reads on behind what is damaged.
func TestDamageCostsItsOwnPicturesOnly(t *testing.T) {
	atTwo := func(at time.Duration) bool { return at >= 2*time.Second && at < 3*time.Second }
	damage := &container.Error{Offset: 7, What: "rubbish"}
	tests := []struct {
		name     string
		change   func(*odd)
		accuracy preview.Accuracy
		want     []int
	}{
		{"nothing", func(*odd) {}, preview.Keyframe, []int{0, 1, 2, 3, 4}},
		{"a keyframe that is not where the index says", func(t *odd) {
			t.key = func(k int) error {
				if k == 2 {
					return damage
				}
				return nil
			}
		}, preview.Keyframe, []int{0, 1, 3, 4}},
		{"a packet", func(t *odd) {
			t.read = func(at time.Duration) error {
				if atTwo(at) {
					return damage
				}
				return nil
			}
		}, preview.Keyframe, []int{0, 1, 3, 4}},
		{"a packet of nothing", func(t *odd) {
			t.trim = func(at time.Duration, n int) int {
				if atTwo(at) {
					return 0
				}
				return n
			}
		}, preview.Keyframe, []int{0, 1, 3, 4}},
		{"a group", func(t *odd) {
			t.group = func(k int) error {
				if k == 2 {
					return fmt.Errorf("look at group: %w", damage)
				}
				return nil
			}
		}, preview.Exact, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}},
		{"packets larger than any picture", func(t *odd) { t.size = maxPacket + 1 }, preview.Keyframe, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			track, interval := oddTrack(5), time.Second
			tt.change(track)
			if tt.accuracy == preview.Exact {
				interval = 200 * time.Millisecond
			}
			got, err := fed(t, track, interval, tt.accuracy)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("slots (-want +got):\n%s", diff)
			}
			if n := track.bufs.Load(); n > 1<<20 {
				t.Errorf("%d bytes of storage were made", n)
			}
		})
	}
}

// TestFeedSaysWhatIsWrong ends the feed with a reason, and a panic of a parser with an error.
func TestFeedSaysWhatIsWrong(t *testing.T) {
	drive := func() error { return fmt.Errorf("read 5 bytes at byte 7: %w", syscall.EIO) }
	tests := []struct {
		name   string
		change func(*odd)
		exact  bool
		want   preview.Reason
		text   string
	}{
		{"the drive, at a packet", func(t *odd) { t.read = func(time.Duration) error { return drive() } }, false, preview.VideoReadFailed, "input/output"},
		{"the drive, at an index", func(t *odd) { t.key = func(int) error { return drive() } }, false, preview.VideoReadFailed, "input/output"},
		{"the drive, at a group", func(t *odd) { t.group = func(int) error { return drive() } }, true, preview.VideoReadFailed, "input/output"},
		{
			"damage on the way to a picture",
			func(t *odd) { t.read = func(time.Duration) error { return &container.Error{What: "rubbish"} } }, true, preview.VideoDamaged, "rubbish",
		},
		{"a panic at a packet", func(t *odd) { t.read = func(time.Duration) error { panic("oops") } }, false, preview.Unknown, "panic: oops"},
		{"a panic at an index", func(t *odd) { t.key = func(int) error { panic("oops") } }, false, preview.Unknown, "panic: oops"},
		{"a panic at a group", func(t *odd) { t.group = func(int) error { panic("oops") } }, true, preview.Unknown, "panic: oops"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			track := oddTrack(20)
			tt.change(track)
			interval, accuracy := time.Second, preview.Keyframe
			if tt.exact {
				interval, accuracy = 200*time.Millisecond, preview.Exact
			}
			_, err := fed(t, track, interval, accuracy)
			if got := preview.ReasonOf(err); err == nil || got != tt.want || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("reason is %q (%v), want %q and %q", got, err, tt.want, tt.text)
			}
		})
	}
}

// TestReadAheadKeepsLittle reads packets that grow from little to near the budget: what waits to be used again must not
// grow with them, times the number of packets on their way.
func TestReadAheadKeepsLittle(t *testing.T) {
	track := oddTrack(40)
	grown := &growing{odd: track}
	n := 0
	for p := range readAhead(t.Context(), grown, func(yield func(step, error) bool) {
		for k := range track.keys {
			if !yield(step{key: k}, nil) {
				return
			}
		}
	}) {
		if p.err != nil {
			t.Fatal(p.err)
		}
		n++
	}
	if n != 40 {
		t.Errorf("%d packets came, want 40", n)
	}
	if grown.again > 0 {
		t.Errorf("storage of %d bytes waited to be used again, more than the budget for all packets allows each", grown.again)
	}
}

// growing is a track whose first packets are small and whose later ones are large.
type growing struct {
	*odd
	again int // capacity of the largest storage beyond keepBytes that was offered again
}

func (g *growing) Key(k int) (container.Sample, error) {
	size := 100
	if k >= 10 {
		size = 10 << 20
	}
	return container.Sample{At: g.keys[k].At, Size: size, Key: true}, nil
}

func (g *growing) Read(s container.Sample, buf []byte) ([]byte, error) {
	if cap(buf) > keepBytes {
		g.again = max(g.again, cap(buf))
	}
	return g.odd.Read(s, buf)
}

// TestReadAheadStopsAtOnce leaves no reader behind, wherever its consumer stops.
func TestReadAheadStopsAtOnce(t *testing.T) {
	for stop := range 12 {
		ctx, cancel := context.WithCancel(t.Context())
		track := oddTrack(30)
		track.read = func(time.Duration) error { return ctx.Err() }
		f := newFeed(track, recipe.NewPlan(track.keys, 0, 30*time.Second, everySecond()), probe.Info{})
		n := 0
		for p := range readAhead(ctx, track, f.steps()) {
			if p.err != nil && !errors.Is(p.err, context.Canceled) {
				t.Error(p.err)
			}
			if n++; n == stop {
				cancel()
			}
			if n == stop+3 {
				break
			}
		}
		cancel()
	}
}

// TestSpans splits where decoding begins anew, and copies nothing.
func TestSpans(t *testing.T) {
	picks := []recipe.Pick{{Key: 0}, {Key: 0, Exact: true}, {Key: 0, Exact: true}, {Key: 1}, {Key: 2}, {Key: 2, Exact: true}, {Key: 3, Exact: true}}
	var got []int
	for s := range spans(recipe.Plan{Picks: picks}) {
		got = append(got, len(s.picks))
		if s.key != s.picks[0].Key || slices.ContainsFunc(s.picks, func(p recipe.Pick) bool { return p.Key != s.key }) {
			t.Errorf("span %+v holds another keyframe", s)
		}
	}
	if diff := cmp.Diff([]int{3, 1, 2, 1}, got); diff != "" {
		t.Error(diff)
	}
}
