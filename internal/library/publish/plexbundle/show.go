package plexbundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// longest is how long Show may take, whatever the server does.
const longest = 20 * time.Second

// readBack are the pauses after a request to analyze, each before a look at what came of it. A server with 129,199 files
// took up to 3 s.
var readBack = []time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond, 1750 * time.Millisecond,
}

// again is the pause before the second, and last, request to analyze.
const again = time.Second

var errTooLong = fmt.Errorf("it took longer than %v", longest)

// Show has Plex show the preview of a video, and reports whether it does. It asks once when Plex shows it already, and
// otherwise has Plex analyze each film and episode that the file is and does not show it: analyzing costs the server
// reads and drops chapter pictures that other programs registered. Other versions of the same film do not count.
//
// Faults are PlexNotYet for a file that Plex does not know, which it is then asked to look for; PlexNotShown when Plex
// was asked in vain; PlexNoLibrary for a file outside of all libraries; and those of the server.
func (p *Publisher) Show(ctx context.Context, v preview.Video) (shown bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errTooLong)
	defer cancel()
	err = p.show(ctx, v)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(context.Cause(ctx), errTooLong):
		return false, preview.Because(preview.PlexNotShown, "show preview of %s: %w: %w", v.Remote, errTooLong, err)
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	}
	return false, err
}

func (p *Publisher) show(ctx context.Context, v preview.Video) error {
	parts, err := p.parts(ctx, v)
	if err != nil {
		return err
	}
	dark := slices.DeleteFunc(slices.Clone(parts), shown)
	if len(dark) == 0 {
		return nil
	}
	if dark, err = p.siblings(ctx, dark, v); err != nil {
		return err
	}
	first := dark[0]
	for round := range 2 {
		if round > 0 {
			if err := sleep(ctx, again); err != nil {
				return err
			}
		}
		if err := p.analyze(ctx, dark); err != nil {
			return err
		}
		if dark, err = p.wait(ctx, dark, v); err != nil {
			return err
		}
		if len(dark) == 0 {
			return p.verify(ctx, first)
		}
	}
	return preview.Because(preview.PlexNotShown, "show preview of %s: item %s was analyzed and does not have it", v.Remote, dark[0].Item)
}

// parts returns what Plex has of the video's file: a part for each film or episode that it is.
func (p *Publisher) parts(ctx context.Context, v preview.Video) ([]plex.Part, error) {
	if len(v.Items) == 0 {
		return p.lookUp(ctx, v)
	}
	parts, err := p.options.Server.Item(ctx, v.Items...)
	if err != nil {
		return nil, err
	}
	if parts = ofFile(parts, v); len(parts) == 0 { // gone, or it has another file by now
		return p.lookUp(ctx, v)
	}
	return parts, nil
}

// siblings adds the other episodes of the season that are the same file: a file with two episodes is a part of both.
func (p *Publisher) siblings(ctx context.Context, dark []plex.Part, v preview.Video) ([]plex.Part, error) {
	var seasons []string
	for _, part := range dark {
		if part.Season != "" && !slices.Contains(seasons, part.Season) {
			seasons = append(seasons, part.Season)
		}
	}
	for _, season := range seasons {
		episodes, err := p.options.Server.Children(ctx, season)
		if err != nil {
			return nil, err
		}
		for _, part := range ofFile(episodes, v) {
			if !shown(part) && !slices.ContainsFunc(dark, func(q plex.Part) bool { return q.Item == part.Item }) {
				dark = append(dark, part)
			}
		}
	}
	return dark, nil
}

// analyze asks for each item once, and lets the limiter space that out.
func (p *Publisher) analyze(ctx context.Context, dark []plex.Part) error {
	for _, item := range items(dark) {
		if err := p.options.Limit.Wait(ctx); err != nil {
			return preview.Because(preview.PlexNotShown, "wait to analyze item %s: %w", item, err)
		}
		p.log.Debug().Str("item", item).Msg("asked Plex to analyze")
		err := p.options.Server.Analyze(ctx, item)
		if err != nil && !errors.Is(err, plex.ErrNotFound) { // an item that went meanwhile shows when it is read back
			return err
		}
	}
	return nil
}

// wait returns the parts that Plex does not show after some seconds, or none as soon as it shows all.
func (p *Publisher) wait(ctx context.Context, dark []plex.Part, v preview.Video) ([]plex.Part, error) {
	for _, pause := range readBack {
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
		now, err := p.options.Server.Item(ctx, items(dark)...)
		if err != nil {
			return nil, err
		}
		now = slices.DeleteFunc(ofFile(now, v), func(q plex.Part) bool { return !shown(q) })
		dark = slices.DeleteFunc(dark, func(part plex.Part) bool {
			return slices.ContainsFunc(now, func(q plex.Part) bool { return q.Item == part.Item })
		})
		if len(dark) == 0 {
			break
		}
	}
	return dark, nil
}

// verify fetches the first picture as a player would.
func (p *Publisher) verify(ctx context.Context, part plex.Part) error {
	if !p.options.Verify {
		return nil
	}
	picture, err := p.options.Server.Frame(ctx, part.ID, 0)
	if err == nil && !bytes.HasPrefix(picture, []byte{0xff, 0xd8, 0xff}) {
		err = preview.Because(preview.PlexFailed, "%d bytes that are no JPEG", len(picture))
	}
	if preview.ReasonOf(err) == preview.PlexFailed {
		return preview.Because(preview.PlexNotShown, "fetch picture of part %s: %w", part.ID, err)
	}
	return err
}

func shown(p plex.Part) bool { return p.Indexed }

// ofFile returns the parts that are the video's file, without those that Plex believes to be gone.
func ofFile(parts []plex.Part, v preview.Video) []plex.Part {
	var found []plex.Part
	for _, p := range parts {
		if !p.Missing && p.Item != "" && pathmap.Same(p.File, remote(v)) {
			found = append(found, p)
		}
	}
	return found
}

// items returns the rating keys of parts, each once.
func items(parts []plex.Part) []string {
	var keys []string
	for _, p := range parts {
		if !slices.Contains(keys, p.Item) {
			keys = append(keys, p.Item)
		}
	}
	return keys
}
