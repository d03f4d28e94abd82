package pathmap_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]pathmap.Row{
		"":                                   nil,
		" ; ;":                               nil,
		"/data=/mnt":                         {{"/data", "/mnt"}},
		"/data=/mnt;":                        {{"/data", "/mnt"}},
		" /data = /mnt ; /tv=/mnt/tv":        {{"/data", "/mnt"}, {"/tv", "/mnt/tv"}},
		`D:\Media=/media;\\nas\films=/films`: {{`D:\Media`, "/media"}, {`\\nas\films`, "/films"}},
		`/data=Z:;/tv=//nas/tv`:              {{"/data", "Z:"}, {"/tv", "//nas/tv"}},
		"/data/a=b=/mnt/c=d":                 {{"/data/a=b", "/mnt/c=d"}},
		"/data=/mnt=/x":                      {{"/data", "/mnt=/x"}},
	} {
		got, err := pathmap.Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q): %s", text, diff)
		}
	}
}

func TestParseSaysWhichRowIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"/data=/mnt;/tv":         `"/tv" is not "remote=local"`,
		"/data:/mnt":             `"/data:/mnt" is not "remote=local"`,
		"/data=mnt":              `"/data=mnt" is not "remote=local"`,
		"/data=":                 `"/data=" has no folder of this machine behind the "="`,
		"data=/mnt":              `"data=/mnt": row 1, remote "data" is not a whole path`,
		"/data/../x=/mnt":        `has "." or ".." in it`,
		"=/mnt":                  "remote folder is empty",
		"/data/one;two=/mnt/one": `"/data/one" is not "remote=local"`,
	} {
		rows, err := pathmap.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, %v; want an error with %s.", text, rows, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"/data=/mnt;/tv=/mnt/tv", `D:\Media=/media; \\nas\films = Z:\ `, "/a=b=/mnt/c=d", "=;==;/=/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := pathmap.Parse(text)
		if err != nil {
			return
		}
		if _, err := pathmap.New(rows); err != nil {
			t.Fatalf("Parse(%q) gave rows that make no map: %v", text, err)
		}
		var parts []string
		for _, r := range rows {
			parts = append(parts, r.Remote+"="+r.Local)
		}
		again, err := pathmap.Parse(strings.Join(parts, ";"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows, again); diff != "" {
			t.Fatalf("Written out and read again, the rows of %q are others: %s", text, diff)
		}
	})
}
