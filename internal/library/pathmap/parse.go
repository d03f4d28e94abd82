package pathmap

import (
	"fmt"
	"strings"
)

// Parse reads rows as an environment variable holds them:
//
//	/data/films=/mnt/films;D:\TV=/mnt/tv;\\nas\docs=/mnt/docs
//
// Every ";" ends a row. A row is split at its first "=" that a whole path follows, so a folder may be called "a=b". Blanks
// around both sides do not count. A folder with ";" in its name cannot be written here, only in the settings file. The
// error says which row cannot be understood and why; rows that come back make a [Map].
func Parse(text string) ([]Row, error) {
	var rows []Row
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		r, ok := split(part)
		switch {
		case !ok:
			return nil, fmt.Errorf(`%q is not "remote=local"; both must be whole paths such as /data/films, D:\films or \\nas\films`, part)
		case r.Local == "":
			return nil, fmt.Errorf(`%q has no folder of this machine behind the "="`, part)
		}
		if _, err := New([]Row{r}); err != nil {
			return nil, fmt.Errorf("%q: %w", part, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// split finds the "=" of a row.
func split(part string) (r Row, ok bool) {
	for i := range len(part) {
		if part[i] != '=' {
			continue
		}
		local := strings.TrimSpace(part[i+1:])
		if local == "" || Absolute(local) {
			return Row{Remote: strings.TrimSpace(part[:i]), Local: local}, true
		}
	}
	return Row{}, false
}
