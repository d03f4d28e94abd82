package pathmap

import (
	"errors"
	"fmt"
	"slices"
)

// Row says that the server's folder Remote is called Local on this machine.
type Row struct{ Remote, Local string }

// Map turns paths around. The zero value maps nothing, and a Map never changes: it may be used from any goroutine.
type Map struct{ rows []row }

type row struct {
	Row
	remote, local prefix
}

// New makes a map of rows. A row without a local folder is one that nobody has filled in yet, and is skipped. The error
// names every row that cannot be understood.
func New(rows []Row) (Map, error) {
	var m Map
	var wrong []error
	for i, r := range rows {
		if r.Local == "" {
			continue
		}
		remote, ok := parse(r.Remote)
		if !ok {
			wrong = append(wrong, fmt.Errorf("row %d, remote %w", i+1, unsound(r.Remote)))
		}
		local, okay := parse(r.Local)
		if !okay {
			wrong = append(wrong, fmt.Errorf("row %d, local %w", i+1, unsound(r.Local)))
		}
		if ok && okay && !slices.Contains(m.Rows(), r) {
			m.rows = append(m.rows, row{r, remote, local})
		}
	}
	if len(wrong) > 0 {
		return Map{}, errors.Join(wrong...)
	}
	return m, nil
}

// unsound says what is wrong with a folder that parse does not take.
func unsound(folder string) error {
	switch {
	case folder == "":
		return errors.New("folder is empty")
	case kindOf(folder) == neither:
		return fmt.Errorf(`%q is not a whole path; it must look like /data/films, D:\films or \\nas\films`, folder)
	}
	return fmt.Errorf(`%q has "." or ".." in it; write the path without`, folder)
}

// Rows returns the rows, in the order in which they were given.
func (m Map) Rows() []Row {
	out := make([]Row, len(m.rows))
	for i, r := range m.rows {
		out[i] = r.Row
	}
	return out
}

// Local returns where a server's path may be on this machine: one path for each of the rows with the longest remote
// folder that holds it, in their order. A path that no row holds is returned as it is.
func (m Map) Local(remote string) []string {
	best, out := -1, []string(nil)
	for _, r := range m.rows {
		best, out = longest(best, out, r.remote, r.local, remote)
	}
	if out == nil {
		return []string{remote}
	}
	return out
}

// Remote returns what the server may call a path of this machine, by the rows with the longest local folder that holds
// it. A path that no row holds is returned as it is.
func (m Map) Remote(local string) []string {
	best, out := -1, []string(nil)
	for _, r := range m.rows {
		best, out = longest(best, out, r.local, r.remote, local)
	}
	if out == nil {
		return []string{local}
	}
	return out
}

// longest takes path's translation by one row into out, if the row's folder is not shorter than the best so far.
func longest(best int, out []string, from, to prefix, path string) (int, []string) {
	if len(from.segments) < best {
		return best, out
	}
	tail, ok := from.cut(path)
	if !ok {
		return best, out
	}
	there, ok := to.join(tail, from)
	switch {
	case !ok:
		return best, out
	case len(from.segments) > best:
		out = []string{there}
	case !slices.Contains(out, there):
		out = append(out, there)
	}
	return len(from.segments), out
}

// For returns the rows that decide where a server's path is here; none when no row holds it.
func (m Map) For(remote string) []Row {
	best, out := -1, []Row(nil)
	for _, r := range m.rows {
		n := len(r.remote.segments)
		if _, ok := r.remote.cut(remote); !ok || n < best {
			continue
		}
		if n > best {
			best, out = n, nil
		}
		out = append(out, r.Row)
	}
	return out
}
