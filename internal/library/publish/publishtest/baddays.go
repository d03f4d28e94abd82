package publishtest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func missingVideo(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	os.Remove(v.Path)
	check := unchanged(t, f.Writes)
	_, err := f.New().Open(t.Context(), v)
	because(t, err, preview.VideoMissing)
	_, err = f.New().Open(t.Context(), preview.Video{})
	because(t, err, preview.VideoMissing)
	check()
}

func folderIsNoVideo(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv/extra.mkv", "a film")
	v.Path = filepath.Dir(v.Path)
	_, err := f.New().Open(t.Context(), v)
	because(t, err, preview.VideoNotVideo)
}

func changedVideo(t *testing.T, f Fixture) {
	film := "a film" + strings.Repeat(".", 200<<10)
	for name, change := range map[string]func(path string){
		"longer":  func(path string) { write(t, path, []byte(film+"!")) },
		"shorter": func(path string) { write(t, path, []byte("a film")) },
		"newer": func(path string) {
			if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		},
		"another by a rename": func(path string) {
			write(t, path+".new", []byte("other film"))
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, v := f.New(), f.video(t, name+".mkv", film)
			check := unchanged(t, f.Writes)
			place := open(t, p, v)
			render(t, drafted(t, place), picture('a', 10))
			change(v.Path)
			_, err := place.Commit(t.Context())
			because(t, err, preview.VideoChanged)
			target := place.Path()
			closed(t, place)
			gone(t, target)
			check()
		})
	}
}

func vanishedVideo(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	place := open(t, f.New(), v)
	render(t, drafted(t, place), picture('a', 10))
	os.Remove(v.Path)
	_, err := place.Commit(t.Context())
	because(t, err, preview.VideoMissing)
	closed(t, place)
	nothingHalf(t, f)
}

// touchedVideo: a library manager sets modes and makes hard links after an import, which is no reason to begin anew.
func touchedVideo(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	place := open(t, f.New(), v)
	render(t, drafted(t, place), picture('a', 10))
	if err := os.Chmod(v.Path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := place.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	closed(t, place)
}

func commitNeedsDraft(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	check := unchanged(t, f.Writes)
	place := open(t, f.New(), v)
	if _, err := place.Commit(t.Context()); err == nil {
		t.Error("a place without a draft was committed")
	}
	draft := drafted(t, place)
	if _, err := place.Commit(t.Context()); err == nil {
		t.Error("a draft that nobody rendered to was committed")
	}
	os.Remove(draft)
	if _, err := place.Commit(t.Context()); err == nil {
		t.Error("a draft that is gone was committed")
	}
	closed(t, place)
	check()
}

func commitHeedsContext(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	place := open(t, f.New(), v)
	render(t, drafted(t, place), picture('a', 10))
	cancel(enough)
	if _, err := place.Commit(ctx); !errors.Is(err, enough) {
		t.Errorf("Commit ended with %v", err)
	}
	gone(t, place.Path())
	closed(t, place)
}

// wholeFiles has somebody read while one preview after the other comes.
func wholeFiles(t *testing.T, f Fixture) {
	p, v := f.New(), f.video(t, "Heat.mkv", "a film")
	publish(t, p, v, picture('a', 300<<10))
	target := f.Target(t, v)
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !stop.Load() {
			got, err := os.ReadFile(target)
			if runtime.GOOS == "windows" && err != nil {
				continue // it is being replaced
			}
			if err != nil {
				t.Errorf("the preview was gone: %v", err)
				return
			}
			whole := len(got) > 8 && bytes.Equal(got, picture(got[len(got)-1], 300<<10+int(got[len(got)-1]-'a')))
			if !whole {
				t.Errorf("half a preview was there: %d bytes", len(got))
				return
			}
		}
	})
	for i := range byte(20) {
		publish(t, p, v, picture('a'+i, 300<<10+int(i)))
	}
	stop.Store(true)
	wg.Wait()
}

func readOnly(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	check := unchanged(t, f.Writes)
	ReadOnly(t, f.Writes)
	place, err := f.New().Open(t.Context(), v)
	if err != nil {
		t.Fatal(err) // reading is allowed
	}
	_, err = place.Draft()
	because(t, err, preview.TargetReadOnly)
	if err != nil && !strings.Contains(err.Error(), f.Writes) {
		t.Errorf("the details do not name the folder: %v", err)
	}
	closed(t, place)
	check()
}

// ReadOnly makes a folder read-only for the length of a test. Root is not stopped by modes, so for root it is mounted so.
func ReadOnly(t *testing.T, dir string) {
	t.Helper()
	switch {
	case runtime.GOOS == "windows":
		t.Skip("Windows has no read-only folders; access lists are not ours to set")
	case os.Geteuid() != 0:
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
		return
	}
	mount(t, dir, "--bind", dir)
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,bind,ro", dir).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted read-only here: %s", out)
	}
}

// mount mounts something on a folder for the length of a test.
func mount(t *testing.T, dir string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "mount", append(args, dir)...).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "umount", dir).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	})
}

// fullDisk has room for the video, and for nothing else.
func fullDisk(t *testing.T, f Fixture) {
	if os.Geteuid() != 0 {
		t.Skip("a small disk can only be mounted by root")
	}
	mount(t, f.Writes, "-t", "tmpfs", "-o", "size=64k,nr_inodes=64", "tmpfs")
	v := f.video(t, "Heat.mkv", "a film")
	var full error
	for i := range 100 { // until there is no inode left either
		if full = os.Mkdir(filepath.Join(f.Writes, "fill"+strings.Repeat("x", i)), 0o755); full != nil {
			break
		}
	}
	if full == nil {
		t.Fatal("the disk did not fill")
	}
	check := unchanged(t, f.Writes)
	place := open(t, f.New(), v)
	_, err := place.Draft()
	because(t, err, preview.DiskFull)
	closed(t, place)
	check()
}

// linksOut replaces the first step on the way to the place by a link to somewhere else.
func linksOut(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	outside := t.TempDir()
	rel, err := filepath.Rel(f.Writes, f.Target(t, v))
	if err != nil {
		t.Fatal(err)
	}
	step, _, deeper := strings.Cut(filepath.ToSlash(rel), "/")
	goal := outside
	if !deeper {
		goal = filepath.Join(outside, "target")
		write(t, goal, picture('x', 10))
	}
	symlink(t, goal, filepath.Join(f.Writes, step))
	check := unchanged(t, outside)
	_, err = tryPublish(t, f.New(), v)
	because(t, err, preview.TargetOutside, preview.TargetForeign)
	check()
	if !deeper {
		holds(t, goal, picture('x', 10))
	}
}

func linkAtPlace(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	target := f.Target(t, v)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "precious")
	write(t, outside, []byte("precious"))
	symlink(t, outside, target)
	_, err := tryPublish(t, f.New(), v)
	because(t, err, preview.TargetForeign)
	holds(t, outside, []byte("precious"))
}

func folderAtPlace(t *testing.T, f Fixture) {
	v := f.video(t, "Heat.mkv", "a film")
	if err := os.MkdirAll(f.Target(t, v), 0o755); err != nil {
		t.Fatal(err)
	}
	check := unchanged(t, f.Writes)
	_, err := tryPublish(t, f.New(), v)
	because(t, err, preview.TargetExists)
	check()
}

// tryPublish publishes until something goes wrong.
func tryPublish(t *testing.T, p Publisher, v preview.Video) (replaced bool, err error) {
	t.Helper()
	place, err := p.Open(t.Context(), v)
	if err != nil {
		return false, err
	}
	defer closed(t, place)
	draft, err := place.Draft()
	if err != nil {
		return false, err
	}
	render(t, draft, picture('a', 10))
	return place.Commit(t.Context())
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Skipf("links cannot be made here: %v", err) // Windows, without developer mode
	}
}
