package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/library/source"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// below returns the videos' paths as they stand below a folder.
func below(dir string, videos []preview.Video) []string {
	var out []string
	for _, v := range videos {
		out = append(out, filepath.ToSlash(strings.TrimPrefix(v.Path, dir+string(filepath.Separator))))
	}
	return out
}

func TestAFolderIsWalked(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b/Ran.avi", "a/Heat (1995)/Heat.MKV", "a/Heat (1995)/Heat.srt", "a/Heat (1995)/poster.jpg", "c.mp4", "a/Heat (1995)/._Heat.mkv",
		".hidden/x.mkv", "@eaDir/x.mkv", "$RECYCLE.BIN/x.mkv", "a/Heat (1995)/Heat.trickplay/x.mkv", "ä ö/Größe.ts")
	videos, last, err := list(t, source.NewFolder(source.Options{}), preview.Selection{Folders: []string{dir}, Order: preview.ByName})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a/Heat (1995)/Heat.MKV", "b/Ran.avi", "c.mp4", "ä ö/Größe.ts"}, below(dir, videos)); diff != "" {
		t.Error(diff)
	}
	if last.Listed != 4 {
		t.Errorf("%d are listed.", last.Listed)
	}
	v := videos[0]
	info, err := os.Stat(v.Path)
	if err != nil {
		t.Fatal(err)
	}
	want := preview.Video{
		Source: "folder", Key: v.Path, Library: dir, Title: "Heat", Path: v.Path, Remote: v.Path,
		Size: 4, Changed: info.ModTime(), Added: info.ModTime(),
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
}

func TestOrdersOfFolders(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"b.mkv", "a/x.mkv", "c.mkv"} {
		write(t, dir, name)
		if err := os.Chtimes(filepath.Join(dir, name), time.Time{}, day(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	f := source.NewFolder(source.Options{Random: func(int) int { return 0 }})
	for order, want := range map[preview.Order][]string{
		"":             {"c.mkv", "a/x.mkv", "b.mkv"},
		preview.Newest: {"c.mkv", "a/x.mkv", "b.mkv"},
		preview.Oldest: {"b.mkv", "a/x.mkv", "c.mkv"},
		preview.ByName: {"a/x.mkv", "b.mkv", "c.mkv"},
		preview.Random: {"b.mkv", "c.mkv", "a/x.mkv"},
	} {
		videos, last, err := list(t, f, preview.Selection{Folders: []string{dir}, Order: order})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, below(dir, videos)); diff != "" {
			t.Errorf("%q: %s", order, diff)
		}
		if order != preview.ByName && last.Total != 3 {
			t.Errorf("%q: the total is %d.", order, last.Total)
		}
	}
}

func TestNamedFilesAndFoldersComeOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/x.mkv", "a/sub/y.mkv", "odd.name")
	at := func(name string) string { return filepath.Join(dir, name) }
	videos, _, err := list(t, source.NewFolder(source.Options{}), preview.Selection{
		Folders: []string{at("a"), at("a/sub")}, Paths: []string{at("odd.name"), at("a/x.mkv"), at("a"), at("not yet.mkv")}, Order: preview.ByName,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"odd.name", "a/x.mkv", "not yet.mkv", "a/sub/y.mkv"}, below(dir, videos)); diff != "" {
		t.Error(diff)
	}
}

func TestPagesOfFolders(t *testing.T) {
	dir := t.TempDir()
	for i := range 1001 {
		write(t, dir, fmt.Sprintf("%04d.mkv", i))
	}
	f := source.NewFolder(source.Options{})
	for _, order := range []preview.Order{preview.Newest, preview.ByName} {
		var sizes []int
		for page, err := range f.Videos(t.Context(), preview.Selection{Folders: []string{dir}, Order: order}) {
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, len(page.Videos))
		}
		if !slices.Equal(sizes, []int{500, 500, 1}) {
			t.Errorf("%s: the pages have %v videos.", order, sizes)
		}
		for range f.Videos(t.Context(), preview.Selection{Folders: []string{dir}, Order: order}) {
			break
		}
	}
}

func TestRulesForFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/x.mkv", "a/sample/y.mkv", "b/z.mkv")
	at := func(name string) string { return filepath.Join(dir, name) }
	f := source.NewFolder(source.Options{Rules: rules(t,
		source.Match{Paths: []string{at("a")}, Libraries: []string{"Films"}}, source.Match{Patterns: []string{`[/\\]sample[/\\]`}})})
	videos, _, err := list(t, f, preview.Selection{Folders: []string{dir}, Paths: []string{at("b/z.mkv")}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a/x.mkv"}, below(dir, videos)); diff != "" {
		t.Error(diff)
	}
}

func TestFoldersThatCannotBeListed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/x.mkv", "file")
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	at := func(name string) []string { return []string{filepath.Join(dir, name)} }
	f := source.NewFolder(source.Options{})
	for name, test := range map[string]struct {
		s    preview.Selection
		want preview.Reason
	}{
		"nothing":                {preview.Selection{}, preview.NothingChosen},
		"everything of Plex":     {preview.Selection{All: true, Libraries: []string{"Films"}}, preview.NothingChosen},
		"an empty name":          {preview.Selection{Folders: []string{""}}, preview.NothingChosen},
		"a folder that is gone":  {preview.Selection{Folders: at("gone")}, preview.MountMissing},
		"a folder that is empty": {preview.Selection{Folders: at("empty")}, preview.MountEmpty},
	} {
		if err := f.Check(t.Context(), test.s); preview.ReasonOf(err) != test.want {
			t.Errorf("%s: Check says %v.", name, err)
		}
		if test.want == preview.MountEmpty {
			continue
		}
		if videos, _, err := list(t, f, test.s); preview.ReasonOf(err) != test.want || len(videos) > 0 {
			t.Errorf("%s: %d videos came, and the error %v.", name, len(videos), err)
		}
	}
	for _, fine := range []preview.Selection{{Folders: at("a")}, {Paths: at("a/x.mkv")}, {Paths: at("a/later.mkv")}, {Paths: at("file")}} {
		if err := f.Check(t.Context(), fine); err != nil {
			t.Errorf("%v: %v", fine, err)
		}
	}
}

func TestAFolderThatVanishesUnderWayIsAnError(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		write(t, dir, fmt.Sprintf("a/%03d.mkv", i))
	}
	write(t, dir, "b/x.mkv")
	var last error
	for _, err := range source.NewFolder(source.Options{}).Videos(t.Context(), preview.Selection{Folders: []string{dir}, Order: preview.ByName}) {
		last = err
		remove(t, dir, "b") // after the first page, before it is read
	}
	if preview.ReasonOf(last) != preview.MountMissing {
		t.Errorf("The error is %v.", last)
	}
}

func TestMissingInFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/x.mkv")
	f := source.NewFolder(source.Options{})
	v := preview.Video{Library: filepath.Join(dir, "a"), Path: filepath.Join(dir, "a", "gone.mkv")}
	if err := f.Missing(t.Context(), v); err != nil {
		t.Errorf("Only the file is missing: %v.", err)
	}
	remove(t, dir, "a/x.mkv")
	if err := f.Missing(t.Context(), v); preview.ReasonOf(err) != preview.MountEmpty {
		t.Errorf("The folder is empty, and the error is %v.", err)
	}
	v.Library = "" // the file was named itself
	if err := f.Missing(t.Context(), v); err != nil {
		t.Errorf("Only the file is missing: %v.", err)
	}
}

func TestNewRulesNamesWhatIsWrong(t *testing.T) {
	_, err := source.NewRules(source.Match{Paths: []string{"films"}}, source.Match{Patterns: []string{"ok", "("}})
	if err == nil || !strings.Contains(err.Error(), `"films" is not a whole path`) || !strings.Contains(err.Error(), `"(" is not a regular expression`) {
		t.Errorf("The error is %v.", err)
	}
}
