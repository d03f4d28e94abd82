package source

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
)

// Match names videos by where they are.
type Match struct {
	Libraries []string // keys or titles; case does not count. Plain folders belong to none
	Paths     []string // files and folders, with all below, as this machine names them
	Patterns  []string // regular expressions (RE2) for the path on this machine
}

// Rules say which videos are left out, whoever asks for them. The zero value leaves out none.
type Rules struct{ include, exclude matcher }

type matcher struct {
	libraries []string
	folders   []pathmap.Folder
	patterns  []*regexp.Regexp
}

// NewRules makes rules. Each list of include that is not empty narrows everything down to what it names; what exclude
// names is left out in any case. The error names every path and pattern that cannot be understood.
func NewRules(include, exclude Match) (Rules, error) {
	in, err := newMatcher(include)
	out, err2 := newMatcher(exclude)
	if err := errors.Join(err, err2); err != nil {
		return Rules{}, err
	}
	return Rules{in, out}, nil
}

func newMatcher(m Match) (matcher, error) {
	out := matcher{libraries: m.Libraries}
	var wrong []error
	for _, path := range m.Paths {
		folder, ok := pathmap.FolderOf(path)
		if !ok {
			wrong = append(wrong, fmt.Errorf("%q is not a whole path", path))
		}
		out.folders = append(out.folders, folder)
	}
	for _, text := range m.Patterns {
		pattern, err := regexp.Compile(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%q is not a regular expression: %w", text, err))
		}
		out.patterns = append(out.patterns, pattern)
	}
	return out, errors.Join(wrong...)
}

// library reports whether the rules let a library through.
func (r Rules) library(s plex.Section) bool {
	return (len(r.include.libraries) == 0 || r.include.library(s)) && !r.exclude.library(s)
}

// path reports whether the rules let a video through, by its path on this machine.
func (r Rules) path(local string) bool {
	return (len(r.include.folders) == 0 || r.include.below(local)) &&
		(len(r.include.patterns) == 0 || r.include.like(local)) &&
		!r.exclude.below(local) && !r.exclude.like(local)
}

// folder reports whether videos below a folder of this machine may be let through.
func (r Rules) folder(local string) bool {
	if r.exclude.below(local) {
		return false
	}
	if len(r.include.folders) == 0 || r.include.below(local) {
		return true
	}
	for _, f := range r.include.folders {
		if pathmap.Within(local, f.String()) {
			return true
		}
	}
	return false
}

func (m matcher) library(s plex.Section) bool {
	for _, name := range m.libraries {
		if named(s, name) {
			return true
		}
	}
	return false
}

// named reports whether a person means this library by a name.
func named(s plex.Section, name string) bool {
	name = strings.TrimSpace(name)
	return name != "" && (s.Key == name || strings.EqualFold(strings.TrimSpace(s.Title), name))
}

func (m matcher) below(path string) bool {
	for _, f := range m.folders {
		if f.Holds(path) {
			return true
		}
	}
	return false
}

func (m matcher) like(path string) bool {
	for _, p := range m.patterns {
		if p.MatchString(path) {
			return true
		}
	}
	return false
}
