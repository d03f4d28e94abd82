package secrets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestTheTokenOfTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("token", "hunter2-hunter2\r\n")
	for _, tt := range []struct {
		name  string
		env   vars
		want  string
		from  string
		error string
	}{
		{"nothing", vars{}, "", tokenVar, ""},
		{"set but empty", vars{tokenVar: " ", tokenFileVar: ""}, "", tokenVar, ""},
		{"a value", vars{tokenVar: " hunter2-hunter2\n"}, "hunter2-hunter2", tokenVar, ""},
		{"a file", vars{tokenVar: "", tokenFileVar: good + " "}, "hunter2-hunter2", tokenFileVar, ""},
		{"both", vars{tokenVar: "hunter2-hunter2", tokenFileVar: good}, "", tokenVar, "both set"},
		{"no such file", vars{tokenFileVar: filepath.Join(dir, "none")}, "", tokenFileVar, "cannot be read"},
		{"a folder", vars{tokenFileVar: dir}, "", tokenFileVar, "cannot be read"},
		{"an empty file", vars{tokenFileVar: file("empty", "\n")}, "", tokenFileVar, "is empty"},
		{"a film", vars{tokenFileVar: file("film", strings.Repeat("x", 100_000))}, "", tokenFileVar, "too large"},
		{"more than a token", vars{tokenVar: "hunter2-hunter2 # mine"}, "", tokenVar, "such as a space"},
		{"quotation marks of a word processor", vars{tokenVar: "“hunter2-hunter2”"}, "", tokenVar, "a character that is in no token"},
		{"two lines", vars{tokenFileVar: file("lines", "hunter2-hunter2\nX: y")}, "", tokenFileVar, "such as a space"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Environment{tt.env.get}
			if e.Name() != "environment "+tt.from {
				t.Errorf("it is from %s, want %s", e.Name(), tt.from)
			}
			got, err := e.Get(t.Context(), EnvPlexToken)
			if got.Reveal() != tt.want {
				t.Errorf("it is %q (%v), want %q", got.Reveal(), err, tt.want)
			}
			if tt.error == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if preview.ReasonOf(err) != preview.ConfigInvalid {
				t.Fatalf("the error is %v", err)
			}
			for _, word := range []string{tt.error, tt.from} {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q is not in: %v", word, err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the token is in: %v", err)
			}
		})
	}
}

// FuzzToken wants a token that can stand in a header, or an error that does not repeat it.
func FuzzToken(f *testing.F) {
	f.Add("hunter2-hunter2", "")
	f.Add("a b", "/dev/null")
	f.Fuzz(func(t *testing.T, value, path string) {
		e := Environment{vars{tokenVar: value, tokenFileVar: path}.get}
		s, err := e.Get(t.Context(), EnvPlexToken)
		if err != nil {
			if !strings.Contains(err.Error(), tokenVar) {
				t.Errorf("%v does not name the variable", err)
			}
			return
		}
		for _, r := range s.Reveal() {
			if r <= ' ' || r > '~' {
				t.Errorf("%q has %q in it", s.Reveal(), r)
			}
		}
	})
}
