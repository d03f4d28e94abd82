// Package publishtest is what every publisher must be able to do, as one suite of tests.
//
// It knows publishers by their methods alone, and plays the part of the render as it is seen from outside: a file of its
// own beside the draft, renamed onto it.
package publishtest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Publisher is the suite's view of an engine's publisher.
type Publisher interface {
	Ready(ctx context.Context) error
	Open(ctx context.Context, v preview.Video) (preview.Place, error)
	Show(ctx context.Context, v preview.Video) (shown bool, err error)
}

// Fixture is a fresh, empty world for one test.
type Fixture struct {
	// New returns a publisher as a newly started process has it.
	New func() Publisher
	// Writes is the folder below which previews go. Videos may be there too, or elsewhere.
	Writes string
	// Videos is the folder for videos.
	Videos string
	// Target returns where the preview of a video must stand.
	Target func(t *testing.T, v preview.Video) string
}

// Run runs the suite.
func Run(t *testing.T, world func(t *testing.T) Fixture) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, f Fixture)
	}{
		{"ready", isReady},
		{"the place of a video", placeOfVideo},
		{"draft and commit", draftAndCommit},
		{"folders with spaces and umlauts", oddNames},
		{"a name as long as names can be", longName},
		{"the old preview stays until the new one is whole", oldStays},
		{"closing without commit leaves nothing", closeLeavesNothing},
		{"closing without commit leaves what others put there", closeSparesOthers},
		{"one after the other", oneAfterTheOther},
		{"waiting ends with its context", waitingEnds},
		{"closing twice is closing", closeTwice},
		{"a video that is not there", missingVideo},
		{"a folder is no video", folderIsNoVideo},
		{"a video that changed", changedVideo},
		{"a video that vanished", vanishedVideo},
		{"a video with a new mode is the same", touchedVideo},
		{"commit needs a draft", commitNeedsDraft},
		{"commit heeds its context", commitHeedsContext},
		{"nobody sees half a preview", wholeFiles},
		{"a folder that cannot be written", readOnly},
		{"a full disk", fullDisk},
		{"what a killed process left", leftovers},
		{"links that lead out", linksOut},
		{"a link in the place itself", linkAtPlace},
		{"a folder in the place itself", folderAtPlace},
		{"modes and owners", modesAndOwners},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, world(t)) })
	}
}

// video makes a file in the fixture's folder of videos.
func (f Fixture) video(t *testing.T, name, content string) preview.Video {
	t.Helper()
	path := filepath.Join(f.Videos, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, path, []byte(content))
	return preview.Video{Source: "test", Key: name, Title: name, Path: path, Remote: path}
}

// Picture returns a stand-in for a preview: it begins as a BIF does, and one cut off or mixed with another is not equal
// to any other.
func picture(fill byte, size int) []byte {
	return append([]byte("\x89BIF\r\n\x1a\n"), bytes.Repeat([]byte{fill}, size)...)
}

// render writes a draft the way that the render does.
func render(t *testing.T, draft string, content []byte) {
	t.Helper()
	f := begin(t, draft, content)
	if err := os.Rename(f, draft); err != nil {
		t.Fatal(err)
	}
}

// begin is a render that was killed before its end. It returns the file that it leaves.
func begin(t *testing.T, draft string, content []byte) string {
	t.Helper()
	if !filepath.IsAbs(draft) {
		t.Fatalf("the draft %s is not an absolute path", draft)
	}
	f, err := os.CreateTemp(filepath.Dir(draft), "."+filepath.Base(draft)+".*.part")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// publish puts content into the place of a video.
func publish(t *testing.T, p Publisher, v preview.Video, content []byte) (replaced bool) {
	t.Helper()
	place := open(t, p, v)
	defer closed(t, place)
	render(t, drafted(t, place), content)
	replaced, err := place.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return replaced
}

func open(t *testing.T, p Publisher, v preview.Video) preview.Place {
	t.Helper()
	place, err := p.Open(t.Context(), v)
	if err != nil {
		t.Fatalf("open the place of %s: %v", v.Path, err)
	}
	return place
}

func drafted(t *testing.T, place preview.Place) string {
	t.Helper()
	draft, err := place.Draft()
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

func closed(t *testing.T, place preview.Place) {
	t.Helper()
	if err := place.Close(); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, path string, want []byte) {
	t.Helper()
	switch got, err := os.ReadFile(path); {
	case err != nil:
		t.Error(err)
	case !bytes.Equal(got, want):
		t.Errorf("%s holds %d bytes that begin with %.12q, want %d that begin with %.12q", path, len(got), got, len(want), want)
	}
}

func because(t *testing.T, err error, want ...preview.Reason) {
	t.Helper()
	if got := preview.ReasonOf(err); err == nil || !slices.Contains(want, got) {
		t.Errorf("the error is %q (%v), want %q", got, err, want)
	}
}

// tree lists what is below a folder.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir, path); rel != "." {
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

// unchanged reports, when called, what came and went below a folder since.
func unchanged(t *testing.T, dir string) (check func()) {
	t.Helper()
	before := tree(t, dir)
	return func() {
		t.Helper()
		if after := tree(t, dir); !slices.Equal(before, after) {
			t.Errorf("%s held\n  %s\nand now holds\n  %s", dir, strings.Join(before, "\n  "), strings.Join(after, "\n  "))
		}
	}
}
