package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// rule is one line of the map.
type rule struct {
	line    int      // in the page, from 1
	pattern string   // the packages it speaks of, as path.Match reads it, without "internal/"
	may     []string // what they may import: patterns like that, or the paths of modules of others
}

// parseMap reads the page's block that is fenced by ```imports. Its lines are "package -> import, import", and what
// stands behind # is a remark. Names are paths from the repository's root, without "internal/".
func parseMap(page string) ([]rule, error) {
	var rules []rule
	inside := false
	for i, text := range strings.Split(page, "\n") {
		switch {
		case strings.HasPrefix(text, "```"):
			inside = text == "```imports"
			continue
		case !inside:
			continue
		}
		text, _, _ = strings.Cut(text, "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		name, list, arrow := strings.Cut(text, "->")
		r := rule{line: i + 1, pattern: strings.TrimSpace(name)}
		for word := range strings.SplitSeq(list, ",") {
			if word = strings.TrimSpace(word); word != "" {
				r.may = append(r.may, word)
			}
		}
		for _, pattern := range append([]string{r.pattern}, r.may...) {
			if _, err := path.Match(pattern, ""); err != nil || !arrow || strings.Contains(pattern, " ") {
				return nil, fmt.Errorf("%s line %d is not \"package -> import, import\"", Page, i+1)
			}
		}
		rules = append(rules, r)
	}
	if len(rules) == 0 {
		return nil, fmt.Errorf("%s has no block fenced by ```imports", Page)
	}
	return rules, nil
}

// covers reports whether the rule speaks of the package in dir.
func (r rule) covers(dir string) bool { return matches(r.pattern, dir) }

// allows reports whether the rule lets its packages import one, given as pkg has it. A module of others brings all
// of its packages.
func (r rule) allows(imported string) bool {
	return slices.ContainsFunc(r.may, func(may string) bool {
		return matches(may, imported) || strings.HasPrefix(imported, may+"/") && foreign(may)
	})
}

func matches(pattern, dir string) bool {
	ok, _ := path.Match(pattern, strings.TrimPrefix(dir, "internal/")) // parseMap saw that the pattern is sound
	return ok
}

// foreign reports whether an import path is neither ours, given from the root, nor the standard library's: its first
// element is a host's name.
func foreign(imported string) bool {
	host, _, _ := strings.Cut(imported, "/")
	return strings.Contains(host, ".")
}
