package source

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Check reports whether what is selected can be reached: the server answers, the libraries exist, and each of their
// folders that the rules do not leave out is here and holds something. The fault names the folder.
func (p *Plex) Check(ctx context.Context, s preview.Selection) error {
	c, err := p.choose(ctx, s)
	if err != nil {
		return err
	}
	for _, library := range c.libraries {
		for _, location := range library.Locations {
			if !library.reaches(location) || !p.wanted(location) {
				continue
			}
			err := p.stands(ctx, library.Title, location)
			if preview.ReasonOf(err) == preview.MountEmpty && p.empty(ctx, library.Section) {
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	for _, f := range c.files {
		for _, library := range f.libraries {
			for _, location := range library.Locations {
				if !pathmap.Within(location, f.remote) {
					continue
				}
				// The first file of a library may well be named before Plex, or its folder, has any other.
				if err := p.stands(ctx, library.Title, location); err != nil && !exists(f.local) {
					return err
				}
			}
		}
	}
	return nil
}

// reaches reports whether a location of the library has to do with the choice.
func (c choice) reaches(location string) bool {
	return len(c.below) == 0 || slices.ContainsFunc(c.below, func(f pathmap.Folder) bool {
		return f.Holds(location) || pathmap.Within(location, f.String())
	})
}

// wanted reports whether the rules let anything of a location through.
func (p *Plex) wanted(location string) bool {
	return slices.ContainsFunc(p.o.Map.Local(location), p.o.Rules.folder)
}

// stands reports whether a location of a library is here and holds something. Where several rows map it, one of their
// folders has to hold the location, and all of them have to stand: each may be a disk of its own.
func (p *Plex) stands(ctx context.Context, title, location string) error {
	rows := p.o.Map.For(location)
	var first error
	good := false
	for _, local := range p.o.Map.Local(location) {
		if !p.o.Rules.folder(local) {
			continue
		}
		err := look(ctx, local)
		switch {
		case err == nil:
			good = true
		case !isFault(err):
			return err // called off
		default:
			for _, r := range rows {
				// In a container the mapped folder is often the mount, and the location a folder in it.
				if pathmap.Within(r.Local, local) && len(rows) > 1 {
					if err := look(ctx, r.Local); err != nil {
						return p.told(title, location, r.Local, err)
					}
				}
			}
			if first == nil {
				first = p.told(title, location, local, err)
			}
		}
	}
	if good {
		return nil
	}
	return first
}

// told says whose folder it is that is not there.
func (p *Plex) told(title, location, local string, err error) error {
	reason := preview.ReasonOf(err)
	// Where no row maps the location and not even the folder around it is here, it is on another machine. Where that is
	// here, a drive is not mounted.
	if reason == preview.MountMissing && len(p.o.Map.For(location)) == 0 && !hasParent(location) {
		reason = preview.PathUnmapped
	}
	if local == location {
		return preview.Because(reason, "library %q, folder %s: %w", title, location, err)
	}
	return preview.Because(reason, "library %q, folder %s, here %s: %w", title, location, local, err)
}

// hasParent reports whether the folder around a location is here, and is not the root.
func hasParent(location string) bool {
	parent := strings.TrimRight(location, `/\`)
	parent = strings.TrimSuffix(parent, pathmap.Base(parent))
	if trimmed := strings.TrimRight(parent, `/\`); trimmed == "" || len(trimmed) == 2 && trimmed[1] == ':' {
		return false
	}
	return exists(parent)
}

func isFault(err error) bool {
	_, ok := errors.AsType[*preview.Fault](err)
	return ok
}

// empty reports whether Plex has nothing in a library: then an empty folder is no surprise.
func (p *Plex) empty(ctx context.Context, s plex.Section) bool {
	for page, err := range p.server.Parts(ctx, s, plex.PartQuery{}) {
		return err == nil && page.Total == 0 && len(page.Parts) == 0
	}
	return true
}

// Missing explains a file that is not there: nil when it is only this file, a fault when the library's folder that
// should hold it, or a disk of it, is not there or is empty. A server that does not answer is no explanation.
func (p *Plex) Missing(ctx context.Context, v preview.Video) error {
	sections, err := p.known(ctx)
	if err != nil {
		return nil
	}
	for _, s := range sections {
		if s.Key != v.Library {
			continue
		}
		for _, location := range s.Locations {
			if pathmap.Within(location, v.Remote) {
				return p.stands(ctx, s.Title, location)
			}
		}
	}
	return nil
}
