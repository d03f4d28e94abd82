package plexbundle

import (
	"strings"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// remote returns the video's path as the server names it.
func remote(v preview.Video) string {
	if v.Remote == "" {
		return v.Path
	}
	return v.Remote
}

// folder returns the folder that holds a file of the server, as the server writes it: "/" and `D:\` keep their slash.
func folder(file string) string {
	above := strings.TrimSuffix(file, pathmap.Base(file))
	if above == "" {
		return ""
	}
	cut := strings.TrimRight(above, above[len(above)-1:])
	if cut == "" || len(cut) == 2 && cut[1] == ':' {
		return above
	}
	return cut
}

// holding returns the libraries that have the file in one of their folders, the innermost: several when they share it.
func holding(all []plex.Section, file string) []plex.Section {
	var found []plex.Section
	nearest := len(file) + 1
	for _, s := range all {
		if !s.Videos() {
			continue
		}
		below := len(file) + 1 // bytes of the path below the nearest of the library's folders
		for _, location := range s.Locations {
			if tail, ok := pathmap.Tail(location, file); ok && tail != "" {
				below = min(below, len(tail))
			}
		}
		switch {
		case below > len(file) || below > nearest:
			continue
		case below < nearest:
			found, nearest = nil, below
		}
		found = append(found, s)
	}
	return found
}
