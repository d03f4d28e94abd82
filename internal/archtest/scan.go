package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// pkg is one package, as its files for all operating systems together have it.
type pkg struct {
	dir      string            // from the repository's root
	imports  map[string]string // by what is imported outside the standard library, a file that does; ours from the root
	comments []string          // the files with a package comment
}

// scan reads the heads of all Go files that are not tests.
func scan(repo fs.FS, module string) ([]pkg, error) {
	var packages []pkg
	err := fs.WalkDir(repo, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			// What the go command leaves out, and what make builds.
			if name != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "bin", "build", "dist"}, d.Name())) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		// A folder's files may come before and after those of its subfolders.
		dir := path.Dir(name)
		i := slices.IndexFunc(packages, func(p pkg) bool { return p.dir == dir })
		if i < 0 {
			i = len(packages)
			packages = append(packages, pkg{dir: dir, imports: map[string]string{}})
		}
		return packages[i].add(repo, name, module)
	})
	return packages, err
}

func (p *pkg) add(repo fs.FS, name, module string) error {
	source, err := fs.ReadFile(repo, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return err
	}
	if file.Doc != nil {
		p.comments = append(p.comments, name)
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("read imports of %s: %w", name, err)
		}
		if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
			imported = ours
		} else if !foreign(imported) && imported != "C" {
			continue
		}
		if p.imports[imported] == "" {
			p.imports[imported] = name
		}
	}
	return nil
}
