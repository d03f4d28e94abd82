package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// TestDraftsAreKnownAgain: what a killed process left is known by its name alone, and nothing else is.
func TestDraftsAreKnownAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.StringMatching(`[^/\x00]{1,260}`).Draw(t, "base")
		draft := draftName(base)
		if len(draft) > 200 {
			t.Fatalf("a render would cut the name %q of %d bytes", draft, len(draft))
		}
		rendering := "." + draft + fmt.Sprintf(".%d.part", rapid.Uint32().Draw(t, "number"))
		for _, name := range []string{draft, rendering} {
			if !leftover(base)(name) {
				t.Errorf("%q is not known as a draft of %q", name, base)
			}
		}
		other := rapid.StringMatching(`[^/\x00]{1,260}`).Draw(t, "other")
		if other != base && leftover(other)(draft) {
			t.Errorf("%q is taken for a draft of %q", draft, other)
		}
	})
}

func TestOtherFilesAreNoDrafts(t *testing.T) {
	ours := leftover("index-sd.bif")
	for _, name := range []string{
		"index-sd.bif", ".index-sd.bif.part", ".index-sd.bif.1234.part", // of the command line
		".index-sd.bif.0123456789ABCDEF.part", ".index-sdxbif.0123456789abcdef.part", "..index-sd.bif.0123456789abcdef.part",
		".index-sd.bif.0123456789abcdef.part.bak", "x.index-sd.bif.0123456789abcdef.part",
	} {
		if ours(name) {
			t.Errorf("%q is taken for a draft of ours", name)
		}
	}
}

func TestFaultsHaveTheirReason(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want preview.Reason
	}{
		{fs.ErrPermission, preview.TargetReadOnly},
		{fs.ErrNotExist, preview.TargetMissing},
		{fs.ErrExist, preview.TargetExists},
		{syscall.ENAMETOOLONG, preview.TargetName},
		{preview.Because(preview.VideoChanged, "x"), preview.VideoChanged},
		{errors.New("the controller melted"), preview.Unknown},
	} {
		got := Fault("write", t.TempDir(), &fs.PathError{Op: "write", Path: "x", Err: tt.err})
		if preview.ReasonOf(got) != tt.want {
			t.Errorf("%v is %q, want %q", tt.err, preview.ReasonOf(got), tt.want)
		}
		if !errors.Is(got, tt.err) {
			t.Errorf("%v lost its cause %v", got, tt.err)
		}
	}
	if got := Fault("write", "", context.Canceled); preview.ReasonOf(got) != preview.Unknown || !errors.Is(got, context.Canceled) {
		t.Errorf("the end of a context became %v", got)
	}
}

// TestAFileInUseIsWaitedFor: on Windows, Plex has the old preview open while somebody drags the seek bar.
func TestAFileInUseIsWaitedFor(t *testing.T) {
	busy := errors.New("in use")
	inUse := func(err error) bool { return errors.Is(err, busy) }
	for name, tt := range map[string]struct {
		free time.Duration // when the file comes free
		then error
		want preview.Reason
		most time.Duration
	}{
		"at once":           {0, nil, "", 0},
		"after a second":    {time.Second, nil, "", 2 * time.Second},
		"never":             {time.Hour, nil, preview.TargetInUse, patience},
		"and fails then":    {time.Second, fs.ErrNotExist, preview.Unknown, 2 * time.Second},
		"cancelled by then": {time.Hour, nil, preview.Cancelled, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				if tt.want == preview.Cancelled {
					time.AfterFunc(tt.most, func() { cancel(preview.Because(preview.Cancelled, "by a test")) })
				}
				start := time.Now()
				err := whileInUse(ctx, inUse, func() error {
					if time.Since(start) < tt.free {
						return busy
					}
					return tt.then
				})
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || preview.ReasonOf(err) != tt.want) {
					t.Errorf("the error is %v, want %q", err, tt.want)
				}
				if took := time.Since(start); took > tt.most {
					t.Errorf("it took %v", took)
				}
				cancel(nil)
			})
		})
	}
}

// TestFoldersComeAndGoTogether: while one place removes the folders that it made, others make theirs inside.
func TestFoldersComeAndGoTogether(t *testing.T) {
	root, video := t.TempDir(), filepath.Join(t.TempDir(), "Heat.mkv")
	if err := os.WriteFile(video, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	seen, err := Look(t.Context(), video)
	if err != nil {
		t.Fatal(err)
	}
	var desk Desk
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for range 50 {
				p, err := desk.Open(t.Context(), Spot{
					Root: root, Name: fmt.Sprintf("9/%d.bundle/Contents/Indexes/index-sd.bif", n), Like: root, Video: video, Seen: seen,
				})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := p.Draft(); err != nil {
					t.Error(err)
				}
				p.Close()
			}
		})
	}
	wg.Wait()
	if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if len(desk.turns) != 0 || len(desk.made) != 0 {
		t.Errorf("the desk remembers %d places and %d folders that nobody has", len(desk.turns), len(desk.made))
	}
}

// TestOneNameInTwoCases may be one file, so the second waits.
func TestOneNameInTwoCases(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var desk Desk
		p, err := desk.Open(t.Context(), Spot{Root: root, Name: "Heat.bif", Like: root})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := desk.Open(ctx, Spot{Root: root, Name: "HEAT.bif", Like: root}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second got %v", err)
		}
		p.Close()
	})
}

func TestLookTellsStatesApart(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "Heat.mkv")
	if err := os.WriteFile(path, []byte("a film"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := Look(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Look(t.Context(), path); err != nil || again != before {
		t.Errorf("an untouched file is %v and then %v (%v)", before, again, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := Look(ctx, path); err != nil && !errors.Is(err, enough) {
		t.Errorf("an ended context gave %v", err)
	}
	for name, want := range map[string]preview.Reason{
		"Ronin.mkv": preview.VideoMissing, "": preview.VideoNotVideo, strings.Repeat("x", 300): preview.VideoReadFailed,
	} {
		if _, err := Look(t.Context(), filepath.Join(dir, name)); preview.ReasonOf(err) != want {
			t.Errorf("%q is %v, want %q", name, err, want)
		}
	}
}

func TestFolderIsMadeLikeItsBase(t *testing.T) {
	base := t.TempDir()
	var desk Desk
	for range 2 {
		if err := desk.Folder(base, "Media/localhost"); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(filepath.Join(base, "Media", "localhost")); err != nil || !info.IsDir() {
		t.Errorf("the folder is %v, %v", info, err)
	}
	if err := os.WriteFile(filepath.Join(base, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := desk.Folder(base, "file/below"); preview.ReasonOf(err) != preview.TargetExists {
		t.Errorf("below a file: %v", err)
	}
	if err := desk.Folder(filepath.Join(base, "none"), "below"); preview.ReasonOf(err) != preview.TargetMissing {
		t.Errorf("below nothing: %v", err)
	}
}
