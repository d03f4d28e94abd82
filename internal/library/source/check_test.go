package source_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/source"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// mounted makes a folder in which all of the small server's videos lie, and the row for it.
func mounted(t *testing.T) (dir string, row []pathmap.Row) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, "data/films/Heat/Heat.mkv", "data/films4k/Heat/Heat 4K.mkv", "data/tv/Dark/E1.mkv", "docs/K/K.mkv")
	return dir, []pathmap.Row{{Remote: "/data", Local: filepath.Join(dir, "data")}, {Remote: `D:\Docs`, Local: filepath.Join(dir, "docs")}}
}

func TestCheck(t *testing.T) {
	all := preview.Selection{All: true}
	for name, test := range map[string]struct {
		s       preview.Selection
		spoil   func(t *testing.T, dir string, s *server)
		exclude func(dir string) source.Match
		want    preview.Reason // empty for none
		names   string         // in the error
	}{
		"all is well": {s: all},
		"a folder is gone": {
			s: all, spoil: func(t *testing.T, dir string, _ *server) { remove(t, dir, "data/films4k") },
			want: preview.MountMissing, names: "films4k",
		},
		"a folder is empty": {
			s: all, spoil: func(t *testing.T, dir string, _ *server) { remove(t, dir, "data/tv/Dark") },
			want: preview.MountEmpty, names: "/data/tv",
		},
		"a folder holds only a hidden file": {
			s:    all,
			want: preview.MountEmpty, spoil: func(t *testing.T, dir string, _ *server) {
				remove(t, dir, "data/tv/Dark")
				write(t, dir, "data/tv/.not-mounted")
			},
		},
		"a folder is a file": {
			s: all, want: preview.MountMissing, spoil: func(t *testing.T, dir string, _ *server) {
				remove(t, dir, "data/tv")
				write(t, dir, "data/tv")
			},
		},
		"an empty folder of an empty library": {
			s: all, spoil: func(t *testing.T, dir string, s *server) {
				remove(t, dir, "data/tv/Dark")
				s.parts["2"] = nil
			},
		},
		"a folder of another library": {
			s: preview.Selection{Libraries: []string{"2"}}, spoil: func(t *testing.T, dir string, _ *server) { remove(t, dir, "data/films4k") },
		},
		"a folder that is ruled out": {
			s: all, spoil: func(t *testing.T, dir string, _ *server) { remove(t, dir, "data/films4k") },
			exclude: func(dir string) source.Match {
				return source.Match{Paths: []string{filepath.Join(dir, "data/films4k")}}
			},
		},
		"a library that is ruled out": {
			s: all, spoil: func(t *testing.T, dir string, _ *server) { remove(t, dir, "data/films4k") },
			exclude: func(string) source.Match { return source.Match{Libraries: []string{"Films"}} },
		},
		"a folder beside the one that is asked for": {
			s: preview.Selection{Paths: []string{"/data/films/Heat"}}, spoil: func(t *testing.T, dir string, _ *server) { remove(t, dir, "data/films4k") },
		},
		"the folder around the one that is asked for": {
			s: preview.Selection{Paths: []string{"/data/films4k/Heat"}}, spoil: func(t *testing.T, dir string, _ *server) { remove(t, dir, "data/films4k") },
			want: preview.MountMissing,
		},
		"the folder of a file": {
			s: preview.Selection{Paths: []string{"/data/tv/Dark/E1.mkv"}}, spoil: func(t *testing.T, dir string, _ *server) { remove(t, dir, "data/tv/Dark") },
			want: preview.MountEmpty,
		},
		"a file that is gone": {
			s: preview.Selection{Paths: []string{"/data/films/Heat/Heat.mkv"}}, spoil: func(t *testing.T, dir string, _ *server) {
				remove(t, dir, "data/films/Heat/Heat.mkv")
			},
		},
		"no row": {
			s: all, spoil: func(_ *testing.T, _ string, s *server) { s.sections[0].Locations = []string{"/no-such-place/tv"} },
			want: preview.PathUnmapped, names: "/no-such-place/tv",
		},
		"no row, and Plex on Windows": {
			s: all, spoil: func(_ *testing.T, _ string, s *server) { s.sections[0].Locations = []string{`E:\TV`} },
			want: preview.PathUnmapped, names: `E:\TV`,
		},
		"no row, and a drive that is not mounted": {
			s: all, spoil: func(t *testing.T, dir string, s *server) {
				s.sections[0].Locations = []string{filepath.Join(dir, "data", "usb")}
			},
			want: preview.MountMissing, names: "usb",
		},
		"the server is away": {
			s: all, spoil: func(_ *testing.T, _ string, s *server) { s.away = preview.Because(preview.PlexAway, "no route") },
			want: preview.PlexAway,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, rows := mounted(t)
			s := small()
			if test.spoil != nil {
				test.spoil(t, dir, s)
			}
			var o source.Options
			if test.exclude != nil {
				o.Rules = rules(t, source.Match{}, test.exclude(dir))
			}
			err := newPlex(t, s, o, rows...).Check(t.Context(), test.s)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("The error is %v, there should be none.", err)
			case test.want != "" && (preview.ReasonOf(err) != test.want || !strings.Contains(err.Error(), test.names)):
				t.Errorf("The error is %v (%s), want %s with %q in it.", err, preview.ReasonOf(err), test.want, test.names)
			}
		})
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
		t.Fatal(err)
	}
}

// One library is spread over two disks by two rows. The folder need not be on both, but both disks have to be there.
func TestCheckLooksAtEveryDiskOfALibrary(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "1/tv/Dark/E1.mkv", "2/films/Ran/Ran.mkv")
	p := newPlex(t, small(), source.Options{},
		pathmap.Row{Remote: "/data", Local: filepath.Join(dir, "1")}, pathmap.Row{Remote: "/data", Local: filepath.Join(dir, "2")})
	tv := preview.Selection{Libraries: []string{"2"}}
	video := preview.Video{Library: "2", Remote: "/data/tv/Dark/E9.mkv", Path: filepath.Join(dir, "1", "tv", "Dark", "E9.mkv")}
	if err := p.Check(t.Context(), tv); err != nil {
		t.Errorf("Both disks are there: %v.", err)
	}
	if err := p.Missing(t.Context(), video); err != nil {
		t.Errorf("Both disks are there: %v.", err)
	}
	remove(t, dir, "2/films")
	if err := p.Check(t.Context(), tv); preview.ReasonOf(err) != preview.MountEmpty {
		t.Errorf("The second disk is not mounted, and the error is %v.", err)
	}
	remove(t, dir, "2")
	if err := p.Missing(t.Context(), video); preview.ReasonOf(err) != preview.MountMissing {
		t.Errorf("The second disk is gone, and the error is %v.", err)
	}
}

func TestMissing(t *testing.T) {
	dir, rows := mounted(t)
	s := small()
	p := newPlex(t, s, source.Options{}, rows...)
	v := preview.Video{Library: "1", Remote: "/data/films4k/Heat/Gone.mkv", Path: filepath.Join(dir, "data/films4k/Heat/Gone.mkv")}
	if err := p.Missing(t.Context(), v); err != nil {
		t.Errorf("Only this file is missing, and the error is %v.", err)
	}
	remove(t, dir, "data/films4k/Heat")
	if err := p.Missing(t.Context(), v); preview.ReasonOf(err) != preview.MountEmpty {
		t.Errorf("The library's folder is empty, and the error is %v.", err)
	}
	remove(t, dir, "data/films4k")
	if err := p.Missing(t.Context(), v); preview.ReasonOf(err) != preview.MountMissing {
		t.Errorf("The library's folder is gone, and the error is %v.", err)
	}
	other := v
	other.Remote = "/data/films/Heat/Gone.mkv"
	if err := p.Missing(t.Context(), other); err != nil {
		t.Errorf("The folder of this video is there, and the error is %v.", err)
	}
	if len(s.asked) != 1 {
		t.Errorf("%d requests for files that are missing.", len(s.asked))
	}
	s.away = preview.Because(preview.PlexAway, "no route")
	if err := newPlex(t, s, source.Options{}, rows...).Missing(t.Context(), other); err != nil {
		t.Errorf("A server that is away says nothing of a file: %v.", err)
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	_, rows := mounted(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// The disk may be as fast as the context; what must not come is a fault about it.
	if err := newPlex(t, small(), source.Options{}, rows...).Check(ctx, preview.Selection{All: true}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("A check that was called off says %v.", err)
	}
}
