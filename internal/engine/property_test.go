package engine_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// deed is something that happens to an engine.
type deed struct {
	after time.Duration
	what  string
	n     int
}

// story is all that happens in one run of the property test.
type story struct {
	videos, gpus, cpus int
	seed               int
	faulty             int // of 100 renders, shows
	deeds              []deed
}

func stories() *rapid.Generator[story] {
	deeds := rapid.Custom(func(t *rapid.T) deed {
		return deed{
			after: time.Duration(rapid.IntRange(0, 40).Draw(t, "tenths")) * 500 * time.Millisecond,
			what: rapid.SampledFrom([]string{
				"scan", "scan one", "scan some", "regenerate", "cancel", "restart", "kill", "pause", "resume", "slots", "retry", "hurry", "replace", "remove", "return", "wait",
			}).Draw(t, "what"),
			n: rapid.IntRange(0, 100).Draw(t, "n"),
		}
	})
	return rapid.Custom(func(t *rapid.T) story {
		return story{
			videos: rapid.IntRange(1, 25).Draw(t, "videos"), gpus: rapid.IntRange(0, 2).Draw(t, "gpus"), cpus: rapid.IntRange(1, 2).Draw(t, "cpus"),
			seed: rapid.IntRange(0, 1000).Draw(t, "seed"), faulty: rapid.SampledFrom([]int{0, 10, 40, 90}).Draw(t, "faulty"),
			deeds: rapid.SliceOfN(deeds, 0, 15).Draw(t, "deeds"),
		}
	})
}

// dice picks one of several by what is thrown: the same story goes the same way.
func dice[T any](seed int, of []T, thrown ...any) T {
	h := fnv.New32a()
	fmt.Fprint(h, seed, thrown)
	return of[int(h.Sum32()>>3)%len(of)]
}

// Whatever happens: no task is lost, none is rendered twice at once, no sound preview is made again for nothing, and the
// figures add up.
func TestNothingIsLostAndNothingDoneTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := stories().Draw(rt, "story")
		var wrong []string
		bubble(t, func(t *testing.T) { wrong = s.tell(t) })
		for _, w := range wrong {
			rt.Error(w)
		}
	})
}

func (s story) tell(t *testing.T) (wrong []string) {
	w := newWorld(s.videos)
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	faulty := true
	reasons := []preview.Reason{
		preview.DeviceLost, preview.FFmpegFailed, preview.DeviceUnsupported, preview.VideoDamaged, preview.MemoryFull,
		preview.VideoMissing, preview.PreviewUnsound, preview.FFmpegStalled, preview.EnginePanic, preview.DiskFull,
	}
	percent := make([]int, 100)
	for i := range percent {
		percent[i] = i
	}
	w.render = func(_ context.Context, r engine.Render) error {
		w.mu.Lock()
		n, off := w.rendered[r.Video], !faulty
		w.mu.Unlock()
		if off || dice(s.seed, percent, r.Video, n) >= s.faulty {
			return nil
		}
		reason := dice(s.seed, reasons, "why", r.Video, n)
		if reason == preview.DiskFull && dice(s.seed, percent, "rare", r.Video, n) > 5 {
			reason = preview.VideoDamaged
		}
		if reason == preview.EnginePanic {
			panic("as the test wants it")
		}
		return fault(reason)
	}
	w.show = func(v preview.Video, n int) (bool, error) {
		w.mu.Lock()
		off := !faulty
		w.mu.Unlock()
		if off || dice(s.seed, percent, "show", v.Path, n) >= s.faulty {
			return true, nil
		}
		return false, fault(dice(s.seed, []preview.Reason{preview.PlexNotYet, preview.PlexNotShown, preview.PlexAway}, v.Path, n))
	}
	begun := time.Now()
	at := map[string]int{} // renders of a video that go on
	made := map[string]int{}
	away := map[string]preview.Version{} // files that were removed
	allowed := 1                         // previews of one video and version: one more for each wish to regenerate
	inner := w.render
	w.render = func(ctx context.Context, r engine.Render) error {
		w.mu.Lock()
		at[r.Video]++
		if at[r.Video] > 1 {
			bad("%s is rendered twice at once", r.Video)
		}
		w.mu.Unlock()
		defer func() {
			w.mu.Lock()
			at[r.Video]--
			w.mu.Unlock()
		}()
		return inner(ctx, r)
	}
	w.made = func(path string, v preview.Version) {
		key := fmt.Sprint(path, v.Size)
		if made[key]++; made[key] > allowed {
			bad("%s was made %d times", key, made[key])
		}
	}

	e := w.start(t, slots(s.gpus, s.cpus))
	check := func(ev event.Event) {
		if c, ok := ev.(event.JobChanged); ok {
			n := c.Job.Counts
			if n.Videos != n.Already+n.Waiting+n.Published+n.Failed+n.Later+n.Cancelled || min(n.Already, n.Waiting, n.Published, n.Failed, n.Later, n.Cancelled) < 0 {
				bad("job %d: the figures do not add up: %+v", c.Job.ID, n)
			}
			if c.Job.State.Final() && n.Waiting+n.Later > 0 {
				bad("job %d is %s with %+v", c.Job.ID, c.Job.State, n)
			}
		}
	}
	watch := func() func() {
		d := e.watch(t)
		return func() {
			for _, ev := range d.events() {
				check(ev)
			}
		}
	}
	seen := watch()
	scan := func(r engine.Request) {
		r.Source = source
		if _, err := e.Scan(t.Context(), r); err != nil {
			bad("scan: %v", err)
		}
	}
	must := func(err error) {
		if err != nil {
			bad("%v", err)
		}
	}
	for _, d := range s.deeds {
		time.Sleep(d.after)
		switch d.what {
		case "scan":
			scan(engine.Request{Selection: preview.Selection{All: true}, Priority: d.n % 3})
		case "scan one":
			scan(engine.Request{Selection: preview.Selection{Paths: []string{path(d.n % s.videos)}}, Priority: d.n % 2})
		case "scan some":
			scan(engine.Request{Selection: preview.Selection{All: true, Limit: 1 + d.n%10}})
		case "regenerate":
			w.mu.Lock()
			allowed++
			w.mu.Unlock()
			scan(engine.Request{Selection: preview.Selection{All: true}, Regenerate: true})
		case "cancel":
			if jobs := e.Snapshot().Jobs; len(jobs) > 0 {
				must(e.Cancel(t.Context(), jobs[d.n%len(jobs)].ID))
			}
		case "restart", "kill":
			seen()
			killed := w.store.copied()
			e.end()
			if d.what == "kill" {
				w.mu.Lock()
				w.store = killed
				w.mu.Unlock()
			}
			e = w.start(t, slots(s.gpus, s.cpus))
			seen = watch()
		case "pause":
			must(e.Pause(t.Context()))
		case "resume":
			must(e.Resume(t.Context()))
		case "slots":
			e.SetSlots(slots(d.n%3, d.n/3%3))
		case "retry":
			_, err := e.Retry(t.Context(), 0, true)
			must(err)
		case "hurry":
			_, err := e.Retry(t.Context(), 0, false)
			must(err)
		case "replace":
			w.mu.Lock()
			v := preview.Version{Size: int64(2000 + time.Since(begun)/time.Millisecond), ModTime: time.Now()}
			i := d.n % s.videos
			w.files[path(i)], w.videos[i].Size = v, v.Size
			delete(w.standing, path(i)) // another file has another bundle
			w.mu.Unlock()
		case "remove":
			w.mu.Lock()
			if p := path(d.n % s.videos); w.files[p] != (preview.Version{}) {
				away[p] = w.files[p]
				delete(w.files, p)
			}
			w.mu.Unlock()
		case "return":
			w.mu.Lock()
			p := path(d.n % s.videos)
			if _, ok := w.files[p]; !ok {
				w.files[p] = away[p]
			}
			w.mu.Unlock()
		case "wait":
			time.Sleep(time.Duration(d.n) * time.Minute)
		}
	}

	// In the end everything works, and everything comes to an end.
	w.mu.Lock()
	faulty = false
	for i := range s.videos {
		if _, ok := w.files[path(i)]; !ok {
			w.files[path(i)] = away[path(i)]
		}
	}
	w.mu.Unlock()
	must(e.Resume(t.Context()))
	e.SetSlots(slots(s.gpus, s.cpus))
	time.Sleep(24 * time.Hour)
	if _, err := e.Retry(t.Context(), 0, false); err != nil {
		bad("retry: %v", err)
	}
	time.Sleep(24 * time.Hour)
	w.store.mu.Lock()
	clear(w.store.strikes) // of files whose newest task was cancelled: nothing of theirs is retried, see control
	w.store.mu.Unlock()
	if jobs := e.Snapshot().Jobs; len(jobs) > 0 {
		bad("after a day there are jobs: %+v", jobs)
	}
	for _, task := range w.store.tasks {
		if !task.State.Final() {
			bad("task %d is %s for ever", task.ID, task.State)
		}
	}
	last := e.run()
	for i := range s.videos {
		if !w.shown[path(i)] || w.standing[path(i)] == 0 {
			bad("%s is not shown in the end; its last task is %+v", path(i), w.store.task(path(i)))
		}
	}
	if last.State != preview.JobDone || last.Counts.Videos != s.videos {
		bad("the last scan is %+v", last)
	}
	seen()
	e.end()
	return wrong
}
