// Package archtest holds the code to the map in internal/README.md: who may import whom, and that every package
// says what it is.
//
// The map is read from the page itself, so that the page stays true. Source files are read for all operating
// systems at once; tests are not looked at, they may import what they like. The package knows nothing of what the
// other packages do.
package archtest

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Page is the file that holds the map, from the repository's root.
const Page = "internal/README.md"

// Check returns a sentence for each thing in the repository that is not as the map says; none is good. module is
// the path that go.mod states. An error means that the repository or its map could not be read.
func Check(repo fs.FS, module string) ([]string, error) {
	text, err := fs.ReadFile(repo, Page)
	if err != nil {
		return nil, err
	}
	rules, err := parseMap(string(text))
	if err != nil {
		return nil, err
	}
	packages, err := scan(repo, module)
	if err != nil {
		return nil, err
	}

	var wrong []string
	for _, r := range rules {
		if !slices.ContainsFunc(packages, func(p pkg) bool { return r.covers(p.dir) }) {
			wrong = append(wrong, fmt.Sprintf("%s line %d speaks of %s, but there is no such package.", Page, r.line, r.pattern))
		}
	}
	for _, p := range packages {
		switch i := slices.IndexFunc(rules, func(r rule) bool { return r.covers(p.dir) }); i {
		case -1:
			wrong = append(wrong, fmt.Sprintf("%s has no line in the map of %s: add one with the same commit.", p.dir, Page))
		default:
			wrong = append(wrong, checkImports(p, rules[i])...)
		}
		wrong = append(wrong, checkComment(p)...)
	}
	return wrong, nil
}

func checkImports(p pkg, r rule) (wrong []string) {
	for _, imported := range slices.Sorted(maps.Keys(p.imports)) {
		if !r.allows(imported) {
			wrong = append(wrong, fmt.Sprintf("%s imports %s, which the map does not allow: read %s line %d.",
				p.imports[imported], imported, Page, r.line))
		}
	}
	return wrong
}

func checkComment(p pkg) []string {
	switch len(p.comments) {
	case 0:
		return []string{p.dir + " has no package comment: say what the package knows, and to whom it is blind."}
	case 1:
		return nil
	}
	return []string{fmt.Sprintf("%s has %d package comments, in %s: keep one.", p.dir, len(p.comments), strings.Join(p.comments, " and "))}
}
