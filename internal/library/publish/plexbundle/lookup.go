package plexbundle

import (
	"context"
	"maps"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// lookUp asks Plex for the parts of a file that it is not known to have. When it has none, it is asked to look into the
// file's folder, and the fault is PlexNotYet.
func (p *Publisher) lookUp(ctx context.Context, v preview.Video) ([]plex.Part, error) {
	file := remote(v)
	all, err := p.options.Server.Sections(ctx)
	if err != nil {
		return nil, err
	}
	sections := holding(all, file)
	if len(sections) == 0 {
		return nil, preview.Because(preview.PlexNoLibrary, "look up %s: it is in no library's folder", file)
	}
	var found []plex.Part
	for _, s := range sections {
		parts, err := p.options.Server.Find(ctx, s, file)
		if err != nil {
			return nil, err
		}
		found = append(found, ofFile(parts, v)...)
	}
	if len(found) > 0 {
		return found, nil
	}
	for _, s := range sections {
		if err := p.scan(ctx, s.Key, folder(file)); err != nil {
			return nil, err
		}
	}
	return nil, preview.Because(preview.PlexNotYet, "look up %s: plex does not list it", file)
}

// once is how often at most Plex is asked to look into one folder. A season comes in many files.
const once = time.Minute

// scan has Plex look into a folder, unless it was just asked to.
func (p *Publisher) scan(ctx context.Context, section, folder string) error {
	key, now := section+" "+folder, time.Now()
	p.mu.Lock()
	maps.DeleteFunc(p.scanned, func(_ string, asked time.Time) bool { return now.Sub(asked) >= once })
	_, asked := p.scanned[key]
	p.scanned[key] = now
	p.mu.Unlock()
	if asked {
		return nil
	}
	err := p.options.Server.ScanFolder(ctx, section, folder)
	if err != nil {
		p.mu.Lock()
		delete(p.scanned, key)
		p.mu.Unlock()
		return err
	}
	p.log.Debug().Str("section", section).Str("folder", folder).Msg("asked Plex to look into a folder")
	return nil
}
