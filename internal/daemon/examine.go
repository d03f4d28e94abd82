package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Examination is what a look at one server came to, before it becomes one of the settings.
type Examination struct {
	Server   plex.Resource
	URL      string // the address that answered
	Sections []plex.Section
	DataDir  string       // Plex's data folder on this machine; empty when none was found, or when it is set already
	Maps     []config.Map // rows that lead to the videos, as far as they are needed and were found
	Findings []Finding
}

// Finding is one thing that was tested.
type Finding struct {
	// State is Works or DoesNot, or NotTried for what is neither known to be good nor bad.
	State preview.Outcome
	Text  string // one plain sentence
	Hint  string // what to do about it; may be empty
}

// Ready reports whether nothing that was found stands in the way.
func (x *Examination) Ready() bool {
	return !slices.ContainsFunc(x.Findings, func(f Finding) bool { return f.State == preview.DoesNot })
}

func (x *Examination) found(state preview.Outcome, hint, format string, args ...any) {
	x.Findings = append(x.Findings, Finding{State: state, Text: fmt.Sprintf(format, args...), Hint: hint})
}

func (x *Examination) fault(err error, about string) {
	r := preview.ReasonOf(err)
	text := r.Text()
	if about != "" {
		text = about + ": " + text
	}
	x.found(preview.DoesNot, r.Hint(), "%s", text)
}

// Examine tests all that Scrubjay needs of a server: an address, the owner's token, libraries, its data folder, and its
// videos under their names here. dataDir is where a person says the data folder is; empty to look for it. It changes
// nothing. An error is one that leaves nothing to show; the rest are findings.
func (i *SignIn) Examine(ctx context.Context, r plex.Resource, dataDir string) (*Examination, error) {
	x := &Examination{Server: r}
	c := i.configured(r.ID)
	target := r.Target()
	target.URL = c.URL
	live, err := plex.Connect(ctx, target, i.s.connectOptions(c))
	if err != nil {
		return nil, err
	}
	defer live.Close()
	x.URL = live.URL()
	root, err := live.Root(ctx)
	if err != nil {
		return nil, err
	}
	if root.Name != "" {
		x.Server.Name = root.Name
	}
	x.found(preview.Works, "", "%s answers at %s (Plex %s).", x.Server.Name, x.URL, live.Version())
	if !root.Owner {
		x.fault(preview.Because(preview.PlexNotOwner, "the token is not the owner's"), "")
		return x, nil
	}
	x.found(preview.Works, "", "It is yours.")
	all, err := live.Sections(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Videos() {
			x.Sections = append(x.Sections, s)
		}
	}
	if len(x.Sections) == 0 {
		x.found(preview.DoesNot, "Add a library of films or shows in Plex.", "It has no library of films or shows.")
	}
	x.lookForData(ctx, dataDir, c)
	x.lookForVideos(ctx, live, c)
	return x, ctx.Err()
}

// configured returns what the settings have on a server.
func (i *SignIn) configured(id string) config.Server {
	servers := i.s.Config.Get().Servers
	for _, c := range servers {
		if c.ID == id {
			return c
		}
	}
	// The server that the environment describes is not known by its identifier yet, or waits for the first server of the
	// file. With others there, it is one of those.
	if len(servers) == 0 || slices.ContainsFunc(servers, func(c config.Server) bool { return c.FromEnv && c.ID == "" }) {
		env := i.s.Config.Environment()
		return config.Server{ID: id, DataDir: env.PlexDataDir, MapText: env.PathMap}
	}
	return config.Server{ID: id}
}

// lookForData finds Plex's data folder and tries to write there.
func (x *Examination) lookForData(ctx context.Context, wanted string, c config.Server) {
	if wanted == "" {
		wanted = c.DataDir
	}
	var dir datadir.Dir
	if wanted != "" {
		var err error
		if dir, err = datadir.Open(wanted); err == nil {
			err = dir.Check(x.Server.ID)
		}
		if err != nil {
			x.fault(err, wanted)
			return
		}
	} else {
		found, denied := dataDirOf(ctx, x.Server.ID)
		switch {
		case found.Path == "" && denied != nil:
			x.fault(denied, "")
			return
		case found.Path == "":
			x.found(preview.DoesNot, "Name it with --data-dir: it is the folder called \"Plex Media Server\".",
				"Plex's data folder was not found on this machine.")
			return
		}
		dir = found
	}
	if err := paths.Writable(filepath.Join(dir.Path, "Media", "localhost")); err != nil {
		x.fault(preview.Because(preview.PlexDataDenied, "%w", err), dir.Path)
		return
	}
	if dir.Path != c.DataDir {
		x.DataDir = dir.Path
	}
	if dir.Identity == "" {
		x.found(preview.NotTried, "", "Plex's data folder is %s; whose it is could not be read.", dir.Path)
		return
	}
	x.found(preview.Works, "", "Plex's data folder is %s; it is this server's and can be written.", dir.Path)
}

// samples is how many files of a folder are looked for before a mapping is believed.
const samples = 5

// lookForVideos finds out where the folders of the libraries are on this machine, by some of their files.
func (x *Examination) lookForVideos(ctx context.Context, live *plex.Server, c config.Server) {
	m, err := mapOf(c)
	if err != nil {
		x.fault(err, "")
		return
	}
	for _, s := range x.Sections {
		locations, listed, err := sampled(ctx, live, s)
		if err != nil {
			x.fault(err, s.Title)
			continue
		}
		var here []string // folders that are where they should be
		var ask []pathmap.Location
		for _, l := range locations {
			if local, ok := all(m, l); ok {
				here = append(here, local)
			} else {
				ask = append(ask, l)
			}
		}
		if listed == 0 {
			x.found(preview.NotTried, "", "%s has no videos yet.", s.Title)
			continue
		}
		if len(ask) == 0 {
			x.found(preview.Works, "", "%s: %d videos, found at %s.", s.Title, listed, strings.Join(here, ", "))
			continue
		}
		for _, p := range pathmap.Propose(ctx, ask, pathmap.Here()) {
			switch {
			case p.Local == "" || p.Found == 0:
				x.found(preview.DoesNot, "Mount it, or map it: SCRUBJAY_PATH_MAP, or [[server.map]] in the settings.",
					"%s: Plex has it at %s, which is not here.", s.Title, p.Remote)
			case p.Sound():
				x.found(preview.Works, "", "%s: Plex's %s is %s here (%d of %d files found).", s.Title, p.Remote, p.Local, p.Found, p.Tried)
			default:
				x.found(preview.NotTried, "", "%s: Plex's %s is probably %s here (%d of %d files found).", s.Title, p.Remote, p.Local, p.Found, p.Tried)
			}
			if p.Needed() && p.Found > 0 {
				x.Maps = append(x.Maps, config.Map{Remote: p.Remote, Local: p.Local})
			}
		}
	}
}

// sampled returns a library's folders with some of their files, and how many films or episodes Plex says there are.
func sampled(ctx context.Context, live *plex.Server, s plex.Section) (locations []pathmap.Location, listed int, err error) {
	for _, path := range s.Locations {
		locations = append(locations, pathmap.Location{Path: path})
	}
	for page, err := range live.Parts(ctx, s, plex.PartQuery{}) {
		if err != nil {
			return locations, listed, err
		}
		listed = max(page.Total, page.Read)
		for _, p := range page.Parts {
			for n := range locations {
				if l := &locations[n]; p.File != "" && !p.Optimized && len(l.Samples) < samples && pathmap.Within(l.Path, p.File) {
					l.Samples = append(l.Samples, p.File)
				}
			}
		}
		break // the first page is enough
	}
	return locations, listed, nil
}

// all reports whether every sample of a location is where the map says, and where the location is.
func all(m pathmap.Map, l pathmap.Location) (local string, ok bool) {
	there := func(remote string) (string, bool) {
		for _, local := range m.Local(remote) {
			if _, err := os.Stat(local); err == nil {
				return local, true
			}
		}
		return "", false
	}
	if local, ok = there(l.Path); !ok {
		return "", false
	}
	for _, s := range l.Samples {
		if _, ok := there(s); !ok {
			return "", false
		}
	}
	return local, true
}
