package pathmap

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Location is a folder of a library as the server names it, with some of the server's files below it to test with.
type Location struct {
	Path    string
	Samples []string
}

// Proposal is a row for a location that was tested on its files.
type Proposal struct {
	// Row's Local is empty when the location was not found, and the same as Remote when it is here under that name.
	Row
	Found   int    // of the samples, when the row is used
	Tried   int    // samples
	Because string // one plain clause for people
}

// Sound reports whether every sample was found, and there was one.
func (p Proposal) Sound() bool { return p.Tried > 0 && p.Found == p.Tried }

// Needed reports whether the row changes anything.
func (p Proposal) Needed() bool { return p.Local != "" && p.Local != p.Remote }

const (
	deepest     = 3               // folders below a root
	mostFolders = 2000            // that are listed in one search
	broadest    = 200             // a folder with more folders is a library, not the way to one
	mostSamples = 10              // of a location
	patience    = 5 * time.Second // for one look; a share whose server is gone may never answer
)

// Propose finds out where locations are on this machine: under their own names, or elsewhere below the mounts. It
// compares names from the end, so "/data/films" is found as "/mnt/nas/films", and in a folder of any name that holds
// the samples. A location that is spread over several folders here comes once for each; one that was not found comes
// with an empty Local. It reads at most some thousand folders and ends early with what it has when ctx is done; a mount
// that does not answer within seconds is left out.
func Propose(ctx context.Context, locations []Location, mounts Mounts) []Proposal {
	s := &search{ctx: ctx, mounts: mounts}
	for _, l := range locations {
		s.add(l)
	}
	s.run()
	var out []Proposal
	for _, w := range s.wanted {
		out = append(out, w.proposals()...)
	}
	return out
}

// wanted is a location that is searched.
type wanted struct {
	Location
	place   prefix
	tails   []string // of the samples, below the location, as the server spells them
	here    bool     // something is at the location's own path, sample or not
	done    bool
	best    []candidate
	visited map[string]bool
}

// candidate is a folder of this machine that holds some of the samples.
type candidate struct {
	folder string
	found  []bool
}

func (c candidate) count() (n int) {
	for _, f := range c.found {
		if f {
			n++
		}
	}
	return n
}

type search struct {
	ctx    context.Context
	mounts Mounts
	wanted []*wanted
	dead   []string // roots that did not answer
	roots  []string
}

// add begins with a location, and looks whether it is here under its own name.
func (s *search) add(l Location) {
	w := &wanted{Location: l, visited: map[string]bool{}}
	s.wanted = append(s.wanted, w)
	var ok bool
	if w.place, ok = parse(l.Path); !ok {
		w.done = true
		return
	}
	for _, sample := range l.Samples {
		if tail, ok := w.place.cut(sample); ok && tail != "" && len(w.tails) < mostSamples {
			w.tails = append(w.tails, tail)
		}
	}
	w.here = s.has(l.Path)
	w.done = len(w.tails) == 0
	if w.here && !w.done {
		s.try(w, l.Path, w.place)
	}
}

// run goes through the folders of the machine, those near the roots first.
func (s *search) run() {
	type step struct {
		folder string
		depth  int
	}
	var queue []step
	s.roots, _ = look(s, "", s.mounts.Roots)
	for _, root := range s.roots {
		queue = append(queue, step{root, 0})
	}
	seen := map[string]bool{}
	for read := 0; len(queue) > 0 && read < mostFolders; {
		at := queue[0]
		queue = queue[1:]
		if s.ctx.Err() != nil || !slices.ContainsFunc(s.wanted, func(w *wanted) bool { return !w.done }) {
			return
		}
		folder, ok := parse(at.folder)
		if !ok || seen[folder.text] {
			continue
		}
		seen[folder.text] = true
		read++
		entries, _ := look(s, at.folder, func() []Entry { return s.mounts.List(at.folder) })
		names := map[string]bool{}
		var below []string
		for _, e := range entries {
			names[folded(e.Name)] = true
			if e.Folder && !preview.LeftOut(e.Name) && !(folder.text == "/" && ofSystem("/"+e.Name)) {
				below = append(below, e.Name)
			}
		}
		for _, w := range s.wanted {
			if !w.done {
				s.within(w, folder, names)
			}
		}
		if at.depth == deepest || len(below) > broadest && at.depth > 0 {
			continue
		}
		for _, name := range below {
			if path, ok := folder.join(name, folder); ok {
				queue = append(queue, step{path, at.depth + 1})
			}
		}
	}
}

// within tries a folder as the parent of the location's last one, two, three... folders, and as the location itself.
func (s *search) within(w *wanted, folder prefix, names map[string]bool) {
	for n := range len(w.place.segments) + 1 {
		end := w.place.segments[len(w.place.segments)-n:]
		begins := w.tails
		if n > 0 {
			begins = end[:1]
		}
		if !slices.ContainsFunc(begins, func(tail string) bool {
			first, _ := w.place.next(tail)
			return names[folded(first)]
		}) {
			continue
		}
		path, ok := folder.join(strings.Join(end, "/"), prefix{kind: unix})
		if !ok {
			continue
		}
		if there, ok := parse(path); ok && s.try(w, path, there) {
			return
		}
	}
}

// try counts the samples below a folder, and reports whether all were found.
func (s *search) try(w *wanted, path string, folder prefix) bool {
	if w.visited[folder.text] {
		return false
	}
	w.visited[folder.text] = true
	c := candidate{folder: path, found: make([]bool, len(w.tails))}
	for i, tail := range w.tails {
		if file, ok := folder.join(tail, w.place); ok {
			c.found[i] = s.has(file)
		}
	}
	switch n := c.count(); n {
	case 0:
		return false
	case len(w.tails):
		w.best, w.done = []candidate{c}, true
	default:
		w.best = append(w.best, c)
	}
	return w.done
}

func (s *search) has(path string) bool {
	there, _ := look(s, path, func() bool { return s.mounts.Has(path) })
	return there
}

// look asks the machine something about a path. Neither a context nor a deadline ends a system call on a share whose
// server is gone, so the goroutine is left behind until the system gives up, and the share's root is not asked again.
func look[T any](s *search, path string, ask func() T) (answer T, ok bool) {
	if s.ctx.Err() != nil || slices.ContainsFunc(s.dead, func(root string) bool { return Within(root, path) }) {
		return answer, false
	}
	got := make(chan T, 1)
	go func() { got <- ask() }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case answer = <-got:
		return answer, true
	case <-s.ctx.Done():
	case <-timer.C:
		s.dead = append(s.dead, s.rootOf(path))
	}
	return answer, false
}

// rootOf returns the deepest root that holds a path, or the path itself. A whole system's root is never given up.
func (s *search) rootOf(path string) string {
	best := path
	for _, root := range s.roots {
		if p, ok := parse(root); ok && len(p.segments) > 0 && Within(root, path) && (best == path || len(root) > len(best)) {
			best = root
		}
	}
	return best
}

// folded makes names that some disk takes for one compare as one. Whether this disk does is found out by looking.
func folded(name string) string { return strings.ToLower(norm.NFC.String(name)) }

// proposals are the folders that hold the samples together, the best first.
func (w *wanted) proposals() []Proposal {
	row := func(local string, found int, because string) Proposal {
		return Proposal{Row: Row{Remote: w.Path, Local: local}, Found: found, Tried: len(w.tails), Because: because}
	}
	if len(w.tails) == 0 || len(w.best) == 0 {
		switch {
		case w.place.kind == neither:
			return []Proposal{row("", 0, "it is not a whole path")}
		case w.here && len(w.tails) == 0:
			return []Proposal{row(w.Path, 0, "the folder is here under the same name, but there was no file to test it with")}
		case len(w.tails) == 0:
			return []Proposal{row("", 0, "the folder is not here, and there was no file to search for")}
		}
		return []Proposal{row("", 0, "none of its files was found on this machine")}
	}
	best := slices.Clone(w.best)
	slices.SortStableFunc(best, func(a, b candidate) int { return b.count() - a.count() })
	covered := make([]bool, len(w.tails))
	var out []Proposal
	for _, c := range best {
		adds := false
		for i, found := range c.found {
			adds = adds || found && !covered[i]
			covered[i] = covered[i] || found
		}
		if !adds {
			continue
		}
		because := fmt.Sprintf("%d of %d files that were looked for are there", c.count(), len(w.tails))
		if c.folder == w.Path {
			because = "the folder is here under the same name; " + because
		}
		out = append(out, row(c.folder, c.count(), because))
	}
	return out
}
