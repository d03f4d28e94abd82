package source

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// chosen is what a selection comes to on a server.
type chosen struct {
	libraries []choice
	files     []file
}

// choice is a library that is listed.
type choice struct {
	plex.Section
	below []pathmap.Folder // only what these folders of the server hold; empty for all of it
}

// takes reports whether a path of the server belongs to the choice.
func (c choice) takes(remote string) bool {
	return len(c.below) == 0 || slices.ContainsFunc(c.below, func(f pathmap.Folder) bool { return f.Holds(remote) })
}

// file is a single video that was named.
type file struct {
	local, remote string
	libraries     []plex.Section // whose folders hold it
}

// choose finds out what a selection means. Nothing is never everything: the error is [preview.NothingChosen] when the
// selection is empty, or when the settings leave out all of it, and [preview.PlexNoLibrary] for a library that Plex does
// not have.
func (p *Plex) choose(ctx context.Context, s preview.Selection) (chosen, error) {
	if !s.All && len(s.Libraries)+len(s.Paths) == 0 {
		return chosen{}, preview.Because(preview.NothingChosen, "list a Plex server: neither a library nor a path is selected")
	}
	all, err := p.ask(ctx)
	if err != nil {
		return chosen{}, err
	}
	var c chosen
	var outside, without []string
	if s.All {
		for _, section := range all {
			c.add(section, nil)
		}
		if len(all) == 0 {
			return chosen{}, preview.Because(preview.PlexNoLibrary, "the server has no library of films or shows")
		}
	}
	for _, name := range s.Libraries {
		found := byName(all, name)
		if len(found) == 0 {
			return chosen{}, preview.Because(preview.PlexNoLibrary, "%q is no library of the server; it has %s", name, titles(all))
		}
		for _, section := range found {
			c.add(section, nil)
		}
	}
	c.libraries = slices.DeleteFunc(c.libraries, func(l choice) bool {
		if p.o.Rules.library(l.Section) {
			return false
		}
		without = append(without, l.Title)
		return true
	})
	ours := slices.DeleteFunc(slices.Clone(all), func(s plex.Section) bool { return !p.o.Rules.library(s) })
	for _, path := range s.Paths {
		if !p.place(&c, ours, path) {
			outside = append(outside, path)
		}
	}
	switch {
	case len(c.libraries)+len(c.files) > 0:
		if len(outside) > 0 {
			p.o.Log.Warn().Strs("paths", outside).Msg("left out paths that no library holds")
		}
		return c, nil
	case len(outside) > 0:
		return chosen{}, preview.Because(preview.PathOutside, "no library holds %s", strings.Join(outside, ", "))
	}
	return chosen{}, preview.Because(preview.NothingChosen, "the settings leave out %s", strings.Join(without, ", "))
}

// byName returns the libraries that a person means: the one with that key, or those with that title.
func byName(all []plex.Section, name string) []plex.Section {
	for _, s := range all {
		if s.Key == strings.TrimSpace(name) {
			return []plex.Section{s}
		}
	}
	var out []plex.Section
	for _, s := range all {
		if named(s, name) {
			out = append(out, s)
		}
	}
	return out
}

// add chooses a library, or what a folder of the server holds of it.
func (c *chosen) add(s plex.Section, below *pathmap.Folder) {
	i := slices.IndexFunc(c.libraries, func(l choice) bool { return l.Key == s.Key })
	if i < 0 {
		c.libraries = append(c.libraries, choice{Section: s})
		i = len(c.libraries) - 1
	} else if len(c.libraries[i].below) == 0 {
		return // all of it already
	}
	if below == nil {
		c.libraries[i].below = nil
	} else {
		c.libraries[i].below = append(c.libraries[i].below, *below)
	}
}

// place finds the libraries that hold a path, as the server or this machine names it, and chooses what they hold of it.
func (p *Plex) place(c *chosen, ours []plex.Section, path string) bool {
	if !pathmap.Absolute(path) {
		if whole, err := filepath.Abs(path); err == nil {
			path = whole
		}
	}
	for _, remote := range append([]string{path}, p.o.Map.Remote(path)...) {
		in := slices.DeleteFunc(slices.Clone(ours), func(s plex.Section) bool { return !holds(s, remote) })
		if len(in) == 0 {
			continue
		}
		local := p.local(remote)
		if p.isFile(local, remote, in) {
			f := file{local: local, remote: remote, libraries: in}
			if !slices.ContainsFunc(c.files, func(g file) bool { return pathmap.Same(g.remote, remote) }) {
				c.files = append(c.files, f)
			}
			return true
		}
		folder, ok := pathmap.FolderOf(remote)
		if !ok {
			continue
		}
		for _, s := range in {
			c.add(s, &folder)
		}
		return true
	}
	found := false // libraries below a folder of this machine that is in no row
	for _, s := range ours {
		for _, l := range s.Locations {
			folder, ok := pathmap.FolderOf(l)
			if ok && slices.ContainsFunc(p.o.Map.Local(l), func(local string) bool { return pathmap.Within(path, local) }) {
				c.add(s, &folder)
				found = true
			}
		}
	}
	return found
}

// isFile tells a file from a folder, by the disk where it is there and by its name where it is not.
func (p *Plex) isFile(local, remote string, in []plex.Section) bool {
	for _, s := range in {
		for _, l := range s.Locations {
			if pathmap.Within(remote, l) {
				return false // a library's folder, or one above
			}
		}
	}
	if info, err := os.Stat(local); err == nil {
		return !info.IsDir()
	}
	return preview.VideoName(pathmap.Base(remote))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
