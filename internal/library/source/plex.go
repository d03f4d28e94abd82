package source

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Server is what a [Plex] source asks of a Plex server; see library/plex.
type Server interface {
	// ID is the server's machine identifier.
	ID() string
	Sections(ctx context.Context) ([]plex.Section, error)
	// Parts lists the files of a section, page by page; [preview.PlexIncomplete] may come after the last page.
	Parts(ctx context.Context, s plex.Section, q plex.PartQuery) iter.Seq2[plex.Page, error]
	// Find returns the parts of a section that are a file, given by its whole path as the server names it.
	Find(ctx context.Context, s plex.Section, file string) ([]plex.Part, error)
}

// Plex lists the videos of a Plex server's libraries of films and shows.
type Plex struct {
	server Server
	o      Options

	mu       sync.Mutex     // guards sections
	sections []plex.Section // as the server listed them last; nil before
}

// NewPlex makes a source of a server.
func NewPlex(server Server, o Options) *Plex { return &Plex{server: server, o: o} }

// ID is "plex:" and the server's machine identifier.
func (p *Plex) ID() string { return "plex:" + p.server.ID() }

// known returns the server's libraries as it listed them last, and asks when it never did.
func (p *Plex) known(ctx context.Context) ([]plex.Section, error) {
	p.mu.Lock()
	sections := p.sections
	p.mu.Unlock()
	if sections != nil {
		return sections, nil
	}
	return p.ask(ctx)
}

// ask returns the server's libraries of films and shows.
func (p *Plex) ask(ctx context.Context) ([]plex.Section, error) {
	all, err := p.server.Sections(ctx)
	if err != nil {
		return nil, err
	}
	sections := slices.DeleteFunc(slices.Clone(all), func(s plex.Section) bool { return !s.Videos() })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sections = sections
	return sections, nil
}

// Videos lists what is selected. Named files come first, then the libraries together in the selection's order: newest
// and oldest go by the time of addition across all of them, random takes pages of them by chance and shuffles each,
// name goes library by library. The limit is not applied here. [preview.Page.Total] is what is listed already and what
// the server says is left.
//
// A file that is several episodes comes once with all of them when they are on one page; otherwise it comes again with
// another item.
func (p *Plex) Videos(ctx context.Context, s preview.Selection) iter.Seq2[preview.Page, error] {
	return func(yield func(preview.Page, error) bool) {
		c, err := p.choose(ctx, s)
		if err != nil {
			yield(preview.Page{}, err)
			return
		}
		l := newListing(ctx, p, s.Order)
		defer l.close()
		err = l.run(c, yield)
		l.log()
		if err != nil {
			yield(preview.Page{}, err)
		}
	}
}

// local returns where a server's path is on this machine. The disk is asked only where there is more than one answer.
func (p *Plex) local(remote string) string {
	candidates := p.o.Map.Local(remote)
	if len(candidates) > 1 {
		for _, path := range candidates {
			if exists(path) {
				return path
			}
		}
	}
	return candidates[0]
}

// titles names libraries for a message.
func titles(sections []plex.Section) string {
	if len(sections) == 0 {
		return "none"
	}
	var names []string
	for _, s := range sections {
		names = append(names, strconv.Quote(s.Title)+" ("+s.Key+")")
	}
	return strings.Join(names, ", ")
}

// holds reports whether a library has a folder that holds a path of the server, or is below it.
func holds(s plex.Section, remote string) bool {
	return slices.ContainsFunc(s.Locations, func(l string) bool {
		return pathmap.Within(l, remote) || pathmap.Within(remote, l)
	})
}
