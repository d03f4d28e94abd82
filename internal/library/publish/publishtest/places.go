package publishtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func isReady(t *testing.T, f Fixture) {
	check := unchanged(t, f.Writes)
	if err := f.New().Ready(t.Context()); err != nil {
		t.Error(err)
	}
	check()
}

func placeOfVideo(t *testing.T, f Fixture) {
	v := f.video(t, "Heat (1995).mkv", "a film")
	check := unchanged(t, f.Writes)
	place := open(t, f.New(), v)
	if got, want := place.Path(), f.Target(t, v); got != want {
		t.Errorf("the preview belongs at %s, want %s", got, want)
	}
	info, err := os.Stat(v.Path)
	if err != nil {
		t.Fatal(err)
	}
	if want := (preview.Version{Size: info.Size(), ModTime: info.ModTime()}); !place.Version().Same(want) {
		t.Errorf("the version is %v, want %v", place.Version(), want)
	}
	closed(t, place)
	check()
}

func draftAndCommit(t *testing.T, f Fixture) {
	p, v := f.New(), f.video(t, "Heat (1995).mkv", "a film")
	place := open(t, p, v)
	draft := drafted(t, place)
	if filepath.Dir(draft) != filepath.Dir(place.Path()) {
		t.Errorf("the draft %s is not beside %s", draft, place.Path())
	}
	if again := drafted(t, place); again != draft {
		t.Errorf("asked again, the draft is %s and not %s", again, draft)
	}
	render(t, draft, picture('a', 1000))
	if replaced, err := place.Commit(t.Context()); err != nil || replaced {
		t.Errorf("Commit = %v, %v", replaced, err)
	}
	closed(t, place)
	holds(t, f.Target(t, v), picture('a', 1000))
	nothingHalf(t, f)

	check := unchanged(t, f.Writes)
	if !publish(t, p, v, picture('b', 2000)) {
		t.Error("the second preview is not said to replace the first")
	}
	holds(t, f.Target(t, v), picture('b', 2000))
	check()
}

func oddNames(t *testing.T, f Fixture) {
	v := f.video(t, "Über & 'Unter' 100% #1 [x]/Die Brücke – Übergang ✓ $(n).mkv", "a film")
	publish(t, f.New(), v, picture('a', 10))
	holds(t, f.Target(t, v), picture('a', 10))
	nothingHalf(t, f)
}

// longName has 255 bytes with an extension to cut off, what most disks take, and letters of two bytes.
func longName(t *testing.T, f Fixture) {
	v := f.video(t, strings.Repeat("ü", 115)+".mkv", "a film")
	left := abandon(t, f.New(), v)
	publish(t, f.New(), v, picture('a', 10))
	holds(t, f.Target(t, v), picture('a', 10))
	for _, path := range left {
		gone(t, path)
	}
}

func oldStays(t *testing.T, f Fixture) {
	p, v := f.New(), f.video(t, "Heat.mkv", "a film")
	publish(t, p, v, picture('a', 10))
	check := unchanged(t, f.Writes)
	place := open(t, p, v)
	render(t, drafted(t, place), picture('b', 10))
	holds(t, f.Target(t, v), picture('a', 10))
	closed(t, place)
	holds(t, f.Target(t, v), picture('a', 10))
	check()
}

func closeLeavesNothing(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	check := unchanged(t, f.Writes)
	for _, left := range []func(draft string){
		func(string) {},
		func(draft string) { render(t, draft, picture('a', 10)) },
		func(draft string) { begin(t, draft, picture('a', 10)) },
		func(draft string) { os.Remove(draft) },
	} {
		place := open(t, f.New(), v)
		left(drafted(t, place))
		closed(t, place)
		check()
	}
}

func closeSparesOthers(t *testing.T, f Fixture) {
	p, v := f.New(), f.video(t, "Heat.mkv", "a film")
	place := open(t, p, v)
	other := filepath.Join(filepath.Dir(drafted(t, place)), ".other.bif.0123456789abcdef.part")
	write(t, other, []byte("somebody else's"))
	closed(t, place)
	closed(t, open(t, p, v))
	holds(t, other, []byte("somebody else's"))
}

func oneAfterTheOther(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	other := f.video(t, "Ronin.mkv", "another film")
	synctest.Test(t, func(t *testing.T) {
		p := f.New()
		first := open(t, p, v)
		var second preview.Place
		var wg sync.WaitGroup
		wg.Go(func() { second = open(t, p, v) })
		closed(t, open(t, p, other)) // has nothing to wait for
		synctest.Wait()
		if second != nil {
			t.Error("two had the place of one preview at once")
		}
		closed(t, first)
		wg.Wait()
		closed(t, second)
	})
}

func waitingEnds(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	synctest.Test(t, func(t *testing.T) {
		p := f.New()
		first := open(t, p, v)
		enough := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		var err error
		var wg sync.WaitGroup
		wg.Go(func() { _, err = p.Open(ctx, v) })
		synctest.Wait()
		cancel(enough)
		wg.Wait()
		if !errors.Is(err, enough) {
			t.Errorf("the wait ended with %v", err)
		}
		closed(t, first)
		closed(t, open(t, p, v))
	})
}

func closeTwice(t *testing.T, f Fixture) {
	p, v := f.New(), f.video(t, "Heat.mkv", "a film")
	first := open(t, p, v)
	closed(t, first)
	second := open(t, p, v)
	closed(t, first)
	render(t, drafted(t, second), picture('a', 10))
	if _, err := second.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	closed(t, second)
	holds(t, f.Target(t, v), picture('a', 10))
}

// abandon is a process that is killed while it renders, and once more when it has just done so. It returns what it leaves.
func abandon(t *testing.T, p Publisher, v preview.Video) []string {
	t.Helper()
	draft := drafted(t, open(t, p, v))
	render(t, draft, picture('a', 10))
	return []string{draft, begin(t, draft, picture('b', 10))}
}

func leftovers(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	left := abandon(t, f.New(), v)
	left = append(left, abandon(t, f.New(), v)...) // the first two are gone by then
	other := filepath.Join(filepath.Dir(left[0]), ".Ronin-320-10.bif.0123456789abcdef.part")
	write(t, other, nil)
	closed(t, open(t, f.New(), v))
	for _, path := range left {
		gone(t, path)
	}
	holds(t, other, nil)
}

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", path, err)
	}
}

// nothingHalf looks for anything that is not finished.
func nothingHalf(t *testing.T, f Fixture) {
	t.Helper()
	for _, name := range tree(t, f.Writes) {
		if strings.HasSuffix(name, ".part") || strings.HasPrefix(filepath.Base(name), ".") {
			t.Errorf("%s is left behind", name)
		}
	}
}
