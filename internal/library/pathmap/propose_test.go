package pathmap_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
)

// disk is a machine of files, given by their paths in its own style.
type disk struct {
	roots     []string
	folders   map[string][]pathmap.Entry
	files     map[string]bool
	fold      bool // takes names in any case
	has, list int
}

func newDisk(roots []string, files ...string) *disk {
	d := &disk{roots: roots, folders: map[string][]pathmap.Entry{}, files: map[string]bool{}}
	for _, file := range files {
		separator := "/"
		if strings.Contains(file, `\`) {
			separator = `\`
		}
		d.files[file] = true
		for is := false; ; is = true {
			at := strings.LastIndex(file, separator)
			if at < 0 {
				break
			}
			parent, name := file[:at], file[at+1:]
			known := false
			for _, e := range d.folders[parent] {
				known = known || e.Name == name
			}
			if known {
				break
			}
			d.folders[parent] = append(d.folders[parent], pathmap.Entry{Name: name, Folder: is})
			file = parent
		}
	}
	return d
}

func (d *disk) Roots() []string { return d.roots }

func (d *disk) List(folder string) []pathmap.Entry {
	d.list++
	return d.folders[strings.TrimRight(folder, `/\`)]
}

func (d *disk) Has(path string) bool {
	d.has++
	_, folder := d.folders[path]
	if folder || d.files[path] {
		return true
	}
	for file := range d.files {
		if d.fold && strings.EqualFold(file, path) {
			return true
		}
	}
	return false
}

func TestPropose(t *testing.T) {
	for name, test := range map[string]struct {
		disk      *disk
		locations []pathmap.Location
		want      []string // remote, local, found of tried
	}{
		"here already": {
			newDisk([]string{"/mnt/nas"}, "/data/films/Heat/Heat.mkv"),
			[]pathmap.Location{{"/data/films", []string{"/data/films/Heat/Heat.mkv"}}},
			[]string{"/data/films -> /data/films 1/1"},
		},
		"another mount, same last name": {
			newDisk([]string{"/mnt/nas", "/"}, "/mnt/nas/films/Heat/Heat.mkv", "/mnt/nas/tv/Dark/E1.mkv", "/mnt/nas/films/Ran/Ran.mkv"),
			[]pathmap.Location{
				{"/data/films", []string{"/data/films/Heat/Heat.mkv", "/data/films/Ran/Ran.mkv"}},
				{"/data/tv/", []string{"/data/tv/Dark/E1.mkv"}},
			},
			[]string{"/data/films -> /mnt/nas/films 2/2", "/data/tv/ -> /mnt/nas/tv 1/1"},
		},
		"deeper below the mount": {
			newDisk([]string{"/mnt/nas"}, "/mnt/nas/share/media/films/Heat/Heat.mkv"),
			[]pathmap.Location{{"/data/films", []string{"/data/films/Heat/Heat.mkv"}}},
			[]string{"/data/films -> /mnt/nas/share/media/films 1/1"},
		},
		"another name": {
			newDisk([]string{"/volume1"}, "/volume1/Filme/Heat/Heat.mkv"),
			[]pathmap.Location{{"/movies", []string{"/movies/Heat/Heat.mkv"}}},
			[]string{"/movies -> /volume1/Filme 1/1"},
		},
		"the mount itself": {
			newDisk([]string{"/films"}, "/films/Heat.mkv"),
			[]pathmap.Location{{`\\nas\media\films`, []string{`\\nas\media\films\Heat.mkv`}}},
			[]string{`\\nas\media\films -> /films 1/1`},
		},
		"windows' drive on linux": {
			newDisk([]string{"/mnt/pc"}, "/mnt/pc/Media/Movies/Heat/Heat.mkv"),
			[]pathmap.Location{{`D:\Media\Movies`, []string{`D:\Media\Movies\Heat\Heat.mkv`}}},
			[]string{`D:\Media\Movies -> /mnt/pc/Media/Movies 1/1`},
		},
		"linux on windows' share, in another case": {
			&disk{
				roots: []string{`C:\`, `Z:\`}, fold: true, files: map[string]bool{`Z:\Films\Heat\Heat.mkv`: true},
				folders: map[string][]pathmap.Entry{`Z:`: {{"Films", true}}, `Z:\Films`: {{"Heat", true}}},
			},
			[]pathmap.Location{{"/data/films", []string{"/data/films/Heat/Heat.mkv"}}},
			[]string{`/data/films -> Z:\films 1/1`},
		},
		"a name alone proves nothing": {
			newDisk([]string{"/mnt/nas"}, "/mnt/nas/films/Other/Other.mkv"),
			[]pathmap.Location{{"/data/films", []string{"/data/films/Heat/Heat.mkv"}}},
			[]string{"/data/films ->  0/1"},
		},
		"one of several": {
			newDisk([]string{"/mnt/old", "/mnt/new"}, "/mnt/old/films/Heat.mkv", "/mnt/new/films/Heat.mkv", "/mnt/new/films/Ran.mkv"),
			[]pathmap.Location{{"/data/films", []string{"/data/films/Heat.mkv", "/data/films/Ran.mkv"}}},
			[]string{"/data/films -> /mnt/new/films 2/2"},
		},
		"spread over disks": {
			newDisk([]string{"/mnt/1", "/mnt/2", "/mnt/3"}, "/mnt/1/films/Heat.mkv", "/mnt/2/films/Ran.mkv", "/mnt/2/films/Ikiru.mkv", "/mnt/3/films/Heat.mkv"),
			[]pathmap.Location{{"/data/films", []string{"/data/films/Heat.mkv", "/data/films/Ran.mkv", "/data/films/Ikiru.mkv"}}},
			[]string{"/data/films -> /mnt/2/films 2/3", "/data/films -> /mnt/1/films 1/3"},
		},
		"a location here that is another one": {
			newDisk([]string{"/mnt/nas"}, "/films/mine.mkv", "/mnt/nas/films/Heat.mkv"),
			[]pathmap.Location{{"/films", []string{"/films/Heat.mkv"}}},
			[]string{"/films -> /mnt/nas/films 1/1"},
		},
		"nothing to test with": {
			newDisk([]string{"/mnt/nas"}, "/films/mine.mkv", "/mnt/nas/tv/E.mkv"),
			[]pathmap.Location{{"/films", nil}, {"/tv", nil}, {"odd", []string{"odd/a.mkv"}}, {"/x", []string{"/y/A.mkv"}}},
			[]string{"/films -> /films 0/0", "/tv ->  0/0", "odd ->  0/0", "/x ->  0/0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range pathmap.Propose(t.Context(), test.locations, test.disk) {
				got = append(got, fmt.Sprintf("%s -> %s %d/%d", p.Remote, p.Local, p.Found, p.Tried))
				if p.Because == "" {
					t.Errorf("The proposal %v does not say why.", p)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSoundAndNeeded(t *testing.T) {
	here := pathmap.Proposal{Row: pathmap.Row{Remote: "/a", Local: "/a"}, Found: 2, Tried: 2}
	half := pathmap.Proposal{Row: pathmap.Row{Remote: "/a", Local: "/b"}, Found: 1, Tried: 2}
	none := pathmap.Proposal{Row: pathmap.Row{Remote: "/a"}}
	if !here.Sound() || here.Needed() || half.Sound() || !half.Needed() || none.Sound() || none.Needed() {
		t.Error("Sound or Needed is wrong.")
	}
}

// A machine has millions of files, and none of them is looked for one by one.
func TestProposeDoesBoundedWork(t *testing.T) {
	var files []string
	for i := range 150 {
		for j := range 150 {
			files = append(files, fmt.Sprintf("/mnt/nas/a%d/b%d/films/x.mkv", i, j))
		}
	}
	d := newDisk([]string{"/mnt/nas"}, files...)
	got := pathmap.Propose(t.Context(), []pathmap.Location{{"/data/films", []string{"/data/films/Heat.mkv"}}}, d)
	if len(got) != 1 || got[0].Local != "" {
		t.Errorf("There is no Heat.mkv, and yet: %v.", got)
	}
	if d.list > 2000 || d.has > 2001 {
		t.Errorf("%d folders were listed and %d paths were looked at.", d.list, d.has)
	}
}

// A folder of 5,000 films must not use up the search before the folders beside it had their turn.
func TestProposeDoesNotGetLostInALibrary(t *testing.T) {
	var files []string
	for i := range 5000 {
		files = append(files, fmt.Sprintf("/mnt/nas/a/film %d/film.mkv", i))
	}
	d := newDisk([]string{"/mnt/nas"}, append(files, "/mnt/nas/b/c/films/Heat.mkv")...)
	got := pathmap.Propose(t.Context(), []pathmap.Location{{"/data/films", []string{"/data/films/Heat.mkv"}}}, d)
	if len(got) != 1 || got[0].Local != "/mnt/nas/b/c/films" {
		t.Errorf("Heat.mkv was not found: %v.", got)
	}
}

func TestProposeGivesUpAMountThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk([]string{"/mnt/dead", "/mnt/nas"}, "/mnt/nas/films/Heat.mkv")
		release := make(chan struct{})
		defer close(release)
		got := pathmap.Propose(t.Context(), []pathmap.Location{{"/data/films", []string{"/data/films/Heat.mkv"}}},
			hanging{d, "/mnt/dead", release})
		if len(got) != 1 || got[0].Local != "/mnt/nas/films" {
			t.Errorf("The mount beside the dead one was not searched: %v.", got)
		}
	})
}

// hanging is a machine with a share whose server is gone.
type hanging struct {
	*disk
	dead    string
	release chan struct{}
}

func (h hanging) List(folder string) []pathmap.Entry {
	if pathmap.Within(h.dead, folder) {
		<-h.release
	}
	return h.disk.List(folder)
}

func TestProposeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := newDisk([]string{"/mnt/nas"}, "/mnt/nas/films/Heat.mkv")
	got := pathmap.Propose(ctx, []pathmap.Location{{"/data/films", []string{"/data/films/Heat.mkv"}}}, d)
	if len(got) != 1 || got[0].Found != 0 || d.list+d.has > 0 {
		t.Errorf("A search that was called off found %v after %d looks.", got, d.list+d.has)
	}
}

func TestHereFindsFilesOfThisMachine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "films")
	if err := os.MkdirAll(filepath.Join(dir, "Heat"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Heat", "Heat.mkv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	here := pathmap.Here()
	if len(here.Roots()) == 0 {
		t.Error("This machine has no roots.")
	}
	if diff := cmp.Diff([]pathmap.Entry{{Name: "Heat", Folder: true}}, here.List(dir)); diff != "" {
		t.Error(diff)
	}
	if !here.Has(filepath.Join(dir, "Heat", "Heat.mkv")) || here.Has(filepath.Join(dir, "Ran.mkv")) {
		t.Error("Has is wrong.")
	}
	if got := here.List(filepath.Join(dir, "none")); len(got) != 0 {
		t.Errorf("A folder that is not there holds %v.", got)
	}
}
