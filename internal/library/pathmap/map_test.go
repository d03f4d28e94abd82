package pathmap_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
)

func newMap(t testing.TB, rows ...pathmap.Row) pathmap.Map {
	t.Helper()
	m, err := pathmap.New(rows)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const (
	composed   = "Am\u00e9lie"
	decomposed = "Ame\u0301lie"
)

func TestLocal(t *testing.T) {
	type rows = []pathmap.Row
	for name, test := range map[string]struct {
		rows rows
		path string
		want []string
	}{
		"nothing is mapped":           {nil, "/data/A.mkv", []string{"/data/A.mkv"}},
		"a drive":                     {rows{{`D:\Media`, "/media"}}, `D:\Media\Movies\A.mkv`, []string{"/media/Movies/A.mkv"}},
		"another case":                {rows{{`D:\Media`, "/media"}}, `d:\media\x`, []string{"/media/x"}},
		"slashes of both kinds":       {rows{{`D:/Media/`, "/media/"}}, `D:\Media/Movies\A.mkv`, []string{"/media/Movies/A.mkv"}},
		"a drive's root":              {rows{{`F:`, "/mnt/f"}}, `F:\Films\A.mkv`, []string{"/mnt/f/Films/A.mkv"}},
		"a drive's root, written out": {rows{{`F:\`, "/mnt/f"}}, `f:/Films/A.mkv`, []string{"/mnt/f/Films/A.mkv"}},
		"the folder in a drive":       {rows{{`F:`, "/mnt/f"}}, `F:Films\A.mkv`, []string{`F:Films\A.mkv`}},
		"another drive":               {rows{{`F:`, "/mnt/f"}}, `G:\A.mkv`, []string{`G:\A.mkv`}},
		"a share":                     {rows{{`\\nas\films`, "/films"}}, `\\NAS\Films\A.mkv`, []string{"/films/A.mkv"}},
		"a share with slashes":        {rows{{`//nas/films`, "/films"}}, `\\NAS\Films\A.mkv`, []string{"/films/A.mkv"}},
		"a whole host":                {rows{{`\\nas`, "/mnt/nas"}}, `\\nas\films\A.mkv`, []string{"/mnt/nas/films/A.mkv"}},
		"another share":               {rows{{`\\nas\films`, "/films"}}, `\\nas\films2\A.mkv`, []string{`\\nas\films2\A.mkv`}},
		"a drive on a drive":          {rows{{`D:\Media`, `Z:\`}}, `D:\Media\TV/A.mkv`, []string{`Z:\TV\A.mkv`}},
		"unix on windows":             {rows{{"/data", `Z:`}}, "/data/films/A.mkv", []string{`Z:\films\A.mkv`}},
		"unix on a share":             {rows{{"/data", `//nas/media`}}, "/data/films/A.mkv", []string{`\\nas\media\films\A.mkv`}},
		"the folder itself":           {rows{{"/data", "/mnt/a"}}, "/data", []string{"/mnt/a"}},
		"the folder with a slash":     {rows{{"/data", "/mnt/a"}}, "/data/", []string{"/mnt/a"}},
		"a drive for a folder":        {rows{{"/data", "Z:"}}, "/data", []string{`Z:\`}},
		"a longer name":               {rows{{"/data/movies", "/mnt/a"}}, "/data/movies-archive/A.mkv", []string{"/data/movies-archive/A.mkv"}},
		"case counts on unix":         {rows{{"/data", "/mnt/a"}}, "/Data/A.mkv", []string{"/Data/A.mkv"}},
		"the longest wins":            {rows{{"/data", "/mnt/a"}, {"/data/tv", "/mnt/b"}}, "/data/tv/S/E.mkv", []string{"/mnt/b/S/E.mkv"}},
		"longest in segments":         {rows{{"/averyveryverylongname", "/mnt/a"}, {"/", "/mnt/b"}}, "/a/b/c", []string{"/mnt/b/a/b/c"}},
		"several disks": {
			rows{{"/data", "/mnt/1"}, {"/data/tv", "/mnt/tv"}, {"/data/", "/mnt/2"}, {"/data", "/mnt/1"}},
			"/data/A.mkv",
			[]string{"/mnt/1/A.mkv", "/mnt/2/A.mkv"},
		},
		"nothing local yet":             {rows{{"/data", ""}}, "/data/A.mkv", []string{"/data/A.mkv"}},
		"a root for a folder":           {rows{{"/data", "/"}}, "/data/films/A.mkv", []string{"/films/A.mkv"}},
		"a folder for a root":           {rows{{"/", "/host"}}, "/films/A.mkv", []string{"/host/films/A.mkv"}},
		"form D below form C":           {rows{{"/data/" + composed, "/mnt/a"}}, "/data/" + decomposed + "/" + decomposed + ".mkv", []string{"/mnt/a/" + decomposed + ".mkv"}},
		"form C below form D":           {rows{{"/data/" + decomposed, "/mnt/a"}}, "/data/" + composed + "/x/" + decomposed + ".mkv", []string{"/mnt/a/x/" + decomposed + ".mkv"}},
		"case and form":                 {rows{{`D:\` + strings.ToUpper(decomposed), "/mnt/a"}}, `d:\` + composed + `\A.mkv`, []string{"/mnt/a/A.mkv"}},
		"a backslash in a name":         {rows{{"/data", "/mnt/a"}}, `/data/AC\DC.mkv`, []string{`/mnt/a/AC\DC.mkv`}},
		"a backslash goes to no drive":  {rows{{"/data", "Z:"}}, `/data/AC\DC.mkv`, []string{`/data/AC\DC.mkv`}},
		"bytes that are no text":        {rows{{"/data", "/mnt/a"}}, "/data/\xff\xfe.mkv", []string{"/mnt/a/\xff\xfe.mkv"}},
		"doubled slashes":               {rows{{"/data/tv", "/mnt/a"}}, "//data//tv///S//E.mkv", []string{"/mnt/a/S//E.mkv"}},
		"a climbing path is nobody's":   {rows{{"/data", "/mnt/a"}}, "/data/../etc/passwd", []string{"/data/../etc/passwd"}},
		"climbing with backslashes":     {rows{{`D:\`, "/mnt/a"}}, `D:\x\..\..\y`, []string{`D:\x\..\..\y`}},
		"dots in a name climb nowhere":  {rows{{"/data", "/mnt/a"}}, "/data/..And Justice for All.mkv", []string{"/mnt/a/..And Justice for All.mkv"}},
		"a relative path":               {rows{{"/", "/mnt/a"}}, "data/A.mkv", []string{"data/A.mkv"}},
		"an empty path":                 {rows{{"/", "/mnt/a"}}, "", []string{""}},
		"blanks and umlauts in folders": {rows{{"/Meine Filme (größer)", "/mnt/Ä b"}}, "/Meine Filme (größer)/A b.mkv", []string{"/mnt/Ä b/A b.mkv"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, newMap(t, test.rows...).Local(test.path)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRemote(t *testing.T) {
	m := newMap(t, pathmap.Row{`D:\Media`, "/media"}, pathmap.Row{`D:\TV`, "/media/tv"}, pathmap.Row{`E:\Media`, "/media"})
	for path, want := range map[string][]string{
		"/media/Movies/A.mkv": {`D:\Media\Movies\A.mkv`, `E:\Media\Movies\A.mkv`},
		"/media/tv/S/E.mkv":   {`D:\TV\S\E.mkv`},
		"/MEDIA/A.mkv":        {"/MEDIA/A.mkv"},
		"/other/A.mkv":        {"/other/A.mkv"},
	} {
		if diff := cmp.Diff(want, m.Remote(path)); diff != "" {
			t.Errorf("Remote(%q): %s", path, diff)
		}
	}
	onWindows := newMap(t, pathmap.Row{"/data", `Z:\Media`})
	if got := onWindows.Remote(`z:/MEDIA/a/B.mkv`); !slices.Equal(got, []string{"/data/a/B.mkv"}) {
		t.Errorf("A local path of Windows led to %q.", got)
	}
}

func TestForNamesTheRowsThatDecide(t *testing.T) {
	m := newMap(t, pathmap.Row{"/data", "/mnt/1"}, pathmap.Row{"/data", "/mnt/2"}, pathmap.Row{"/data/tv", "/mnt/tv"})
	if diff := cmp.Diff([]pathmap.Row{{"/data", "/mnt/1"}, {"/data", "/mnt/2"}}, m.For("/data/films")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]pathmap.Row{{"/data/tv", "/mnt/tv"}}, m.For("/data/tv/S/E.mkv")); diff != "" {
		t.Error(diff)
	}
	if got := m.For("/films"); got != nil {
		t.Errorf("No row holds /films, and yet there is %v.", got)
	}
}

func TestNewNamesEveryRowThatIsWrong(t *testing.T) {
	_, err := pathmap.New([]pathmap.Row{{"/data", "/mnt"}, {"films", "/mnt"}, {"/tv", "../tv"}, {"/a/../b", "/mnt"}, {"", "/mnt"}})
	if err == nil {
		t.Fatal("Rows that cannot be understood were taken.")
	}
	want := `row 2, remote "films" is not a whole path; it must look like /data/films, D:\films or \\nas\films
row 3, local "../tv" is not a whole path; it must look like /data/films, D:\films or \\nas\films
row 4, remote "/a/../b" has "." or ".." in it; write the path without
row 5, remote folder is empty`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestWithinTailSameBase(t *testing.T) {
	for _, test := range []struct {
		folder, path, tail string
		within             bool
	}{
		{"/data", "/data/A.mkv", "A.mkv", true},
		{"/data/", "/data", "", true},
		{"/data", "/database", "", false},
		{"/", "/a/b", "a/b", true},
		{`C:\Films`, `c:/films/A.mkv`, "A.mkv", true},
		{`C:\Films`, "/films", "", false},
		{"relative", "relative/a", "", false},
		{"/data", "/data/../etc", "", false},
	} {
		tail, ok := pathmap.Tail(test.folder, test.path)
		if tail != test.tail || ok != test.within || pathmap.Within(test.folder, test.path) != test.within {
			t.Errorf("Tail(%q, %q) = %q, %v.", test.folder, test.path, tail, ok)
		}
	}
	if !pathmap.Same(`D:\Films\A.mkv`, `d:/films/a.MKV`) || pathmap.Same("/a", "/A") || pathmap.Same("/a", "/a/b") {
		t.Error("Same is wrong.")
	}
	for path, want := range map[string]string{
		"/a/b.mkv": "b.mkv", `D:\a\b.mkv`: "b.mkv", `/a/b\c.mkv`: `b\c.mkv`, "/a/b/": "b", "": "", "/": "", "name": "name", `\\nas\films`: "films",
	} {
		if got := pathmap.Base(path); got != want {
			t.Errorf("Base(%q) = %q, want %q.", path, got, want)
		}
	}
}

// names are drawn for folders and files; they hold what breaks careless code.
func names() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"Films", "tv", composed, decomposed, "a=b", "x;y", "Dark – S01", "a b", "...", "c:", "日本語", "\xff"}),
		rapid.StringMatching(`[A-Za-z0-9 ._-]{0,6}[a-z0-9]`),
	)
}

func folder(kind int, top string, below []string) string {
	switch kind {
	case 0:
		return "/" + strings.Join(append([]string{top}, below...), "/")
	case 1:
		return `D:\` + strings.Join(append([]string{top}, below...), `\`)
	}
	return `\\nas\` + strings.Join(append([]string{top}, below...), `\`)
}

// Folders of different rows stand beside each other here: where one row's folder lies inside another's, two files may
// have one path, and nobody can tell them apart.
func TestLocalThenRemoteIsTheSamePath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []pathmap.Row
		var remotes []string
		for i := range rapid.IntRange(1, 4).Draw(t, "rows") {
			below := rapid.SliceOfN(names(), 0, 3)
			remote := folder(rapid.IntRange(0, 2).Draw(t, "remote kind"), "r"+strconv.Itoa(i), below.Draw(t, "remote"))
			local := folder(rapid.IntRange(0, 2).Draw(t, "local kind"), "l"+strconv.Itoa(i), below.Draw(t, "local"))
			rows, remotes = append(rows, pathmap.Row{Remote: remote, Local: local}), append(remotes, remote)
		}
		m, err := pathmap.New(rows)
		if err != nil {
			t.Fatal(err)
		}
		path := rapid.SampledFrom(remotes).Draw(t, "below")
		separator := "/"
		if path[0] != '/' {
			separator = `\`
		}
		for _, name := range rapid.SliceOfN(names(), 0, 4).Draw(t, "tail") {
			path += separator + name
		}
		local := m.Local(path)
		if len(local) != 1 || len(m.For(path)) != 1 {
			t.Fatalf("Local(%q) = %q, one was expected.", path, local)
		}
		if !strings.Contains(local[0], "l") {
			t.Fatalf("Local(%q) = %q is not below a local folder.", path, local)
		}
		if back := m.Remote(local[0]); !slices.Equal(back, []string{path}) {
			t.Fatalf("%q went to %q and came back as %q.", path, local[0], back)
		}
	})
}

func FuzzLocal(f *testing.F) {
	f.Add("/data", "/mnt/a", "/data/tv/E.mkv")
	f.Add(`D:\Media`, "/media", `d:/media\x`)
	f.Add(`\\nas\films`, `Z:`, `//NAS/Films/A.mkv`)
	f.Add("/data/"+composed, "/mnt/"+decomposed, "/data/"+decomposed+"/..")
	f.Add("/", `C:`, `/a\b`)
	f.Fuzz(func(t *testing.T, remote, local, path string) {
		m, err := pathmap.New([]pathmap.Row{{Remote: remote, Local: local}})
		if err != nil {
			return
		}
		there := m.Local(path)
		if len(there) != 1 {
			t.Fatalf("One row made %d paths of %q: %q.", len(there), path, there)
		}
		tail, within := pathmap.Tail(remote, path)
		if !within || local == "" {
			if there[0] != path {
				t.Fatalf("%q is not below %q and yet became %q.", path, remote, there[0])
			}
			return
		}
		if there[0] == path {
			return
		}
		if !pathmap.Within(local, there[0]) {
			t.Fatalf("%q became %q, which is not below %q.", path, there[0], local)
		}
		back := m.Remote(there[0])
		again, ok := pathmap.Tail(remote, back[0])
		if len(back) != 1 || !ok || strings.ReplaceAll(again, `\`, "/") != strings.ReplaceAll(tail, `\`, "/") {
			t.Fatalf("%q became %q and came back as %q.", path, there[0], back)
		}
	})
}
