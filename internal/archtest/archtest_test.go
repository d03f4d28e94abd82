package archtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/archtest"
)

const module = "github.com/scrubjay/scrubjay"

// root is the repository's root, seen from this package's folder, where go test runs its tests.
var root = filepath.Join("..", "..")

func TestRepositoryIsAsTheMapSays(t *testing.T) {
	wrong, err := archtest.Check(os.DirFS(root), module)
	if err != nil {
		t.Fatal(err)
	}
	for _, sentence := range wrong {
		t.Error(sentence)
	}
}

// Static and cross-compiled binaries need every package to do without cgo. The standard library has a way without.
func TestScrubjaydNeedsNoCgo(t *testing.T) {
	for _, system := range []string{"linux", "windows", "darwin"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps",
			"-f", "{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}", "./cmd/scrubjayd")
		list.Dir = root
		list.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=1")
		out, err := list.CombinedOutput()
		if err != nil {
			t.Fatalf("list the packages of scrubjayd for %s: %v\n%s", system, err, out)
		}
		if cgo := strings.Fields(string(out)); len(cgo) > 0 {
			t.Errorf("On %s scrubjayd reaches packages that need cgo: %s.", system, strings.Join(cgo, ", "))
		}
	}
}

// page is a map with a line for each thing that can go wrong; its first rule stands on line 6.
const page = "# A page\n\nWords.\n\n```imports\n" +
	"cmd/tool  -> cli                              # line 6\n" +
	"cli       -> words, video/*, example.com/flag # line 7\n" +
	"words     ->                                  # line 8\n" +
	"video/*   -> words                            # line 9\n" +
	"words/*   ->\n" +
	"```\n"

func repo(files map[string]string) fstest.MapFS {
	good := map[string]string{
		"internal/README.md":              page,
		"cmd/tool/main.go":                "// Command tool is one.\npackage main\nimport _ \"" + module + "/internal/cli\"\n",
		"internal/cli/cli.go":             "// Package cli is one.\npackage cli\nimport _ \"example.com/flag/v2/sub\"\nimport _ \"" + module + "/internal/video/cut\"\n",
		"internal/words/words.go":         "// Package words is one.\npackage words\nimport _ \"net/http\"\n",
		"internal/video/cut/cut.go":       "// Package cut is one.\npackage cut\n",
		"internal/video/cut/cut_test.go":  "package cut\nimport _ \"" + module + "/internal/cli\"\n",
		"internal/video/testdata/x/x.go":  "package x\n",
		"build/generated/generated.go":    "package generated\n",
		".tools/tools.go":                 "package tools\n",
		"internal/video/cut/no-go-at-all": "",
		"internal/words/verbs/verbs.go":   "// Package verbs is one.\npackage verbs\n",
	}
	fs := fstest.MapFS{}
	for _, set := range []map[string]string{good, files} {
		for name, text := range set {
			fs[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return fs
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		want  []string
	}{
		"nothing": {nil, nil},
		"an arrow that goes up": {
			map[string]string{"internal/video/cut/up.go": "package cut\nimport _ \"" + module + "/internal/cli\"\n"},
			[]string{"internal/video/cut/up.go imports internal/cli, which the map does not allow: read internal/README.md line 9."},
		},
		"an arrow to a sibling, on another operating system": {
			map[string]string{"internal/words/words_windows.go": "//go:build windows\n\npackage words\nimport _ \"" + module + "/internal/video/cut\"\n"},
			[]string{"internal/words/words_windows.go imports internal/video/cut, which the map does not allow: read internal/README.md line 8."},
		},
		"a module that is not listed": {
			map[string]string{"internal/cli/more.go": "package cli\nimport _ \"example.com/flagpole\"\n"},
			[]string{"internal/cli/more.go imports example.com/flagpole, which the map does not allow: read internal/README.md line 7."},
		},
		"cgo": {
			map[string]string{"internal/cli/c.go": "package cli\nimport \"C\"\n"},
			[]string{"internal/cli/c.go imports C, which the map does not allow: read internal/README.md line 7."},
		},
		"a package that the map does not know": {
			map[string]string{"internal/new/new.go": "// Package new is one.\npackage new\n"},
			[]string{"internal/new has no line in the map of internal/README.md: add one with the same commit."},
		},
		"a line without a package": {
			map[string]string{"internal/README.md": strings.Replace(page, "cli       ->", "gone ->\ncli       ->", 1)},
			[]string{"internal/README.md line 7 speaks of gone, but there is no such package."},
		},
		"no package comment": {
			map[string]string{"internal/video/glue/glue.go": "package glue\n"},
			[]string{"internal/video/glue has no package comment: say what the package knows, and to whom it is blind."},
		},
		"two package comments": {
			map[string]string{"internal/words/more.go": "// Package words is another.\npackage words\n"},
			[]string{"internal/words has 2 package comments, in internal/words/more.go and internal/words/words.go: keep one."},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			wrong, err := archtest.Check(repo(tc.files), module)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, wrong); diff != "" {
				t.Errorf("sentences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckRefusesAMapThatItCannotRead(t *testing.T) {
	for name, text := range map[string]string{
		"no map":           "# A page\n",
		"no arrow":         "```imports\ncli video\n```\n",
		"a missing comma":  "```imports\ncli -> video words\n```\n",
		"a broken pattern": "```imports\ncli -> video/[\n```\n",
	} {
		t.Run(name, func(t *testing.T) {
			if wrong, err := archtest.Check(repo(map[string]string{archtest.Page: text}), module); err == nil {
				t.Errorf("no error, but %q", wrong)
			}
		})
	}
}
