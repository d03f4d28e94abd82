// Package plexbundle puts previews where a Plex Media Server looks for them, in the bundles of its data folder, and has the
// server show them.
//
// Two things make a preview of Plex's: the file in the bundle that is named by the video's bytes, and the mark on the part
// in Plex's database without which players do not ask for it. [Publisher.Open] leads to the first without asking the
// server anything. The second is Plex's to set, when it looks at the file again; [Publisher.Show] asks for that and
// reads back whether it came about. Nothing is ever written into Plex's database, or into the folder of another server.
//
// The package knows no queue: a call that ends with a fault is worth another one later, and who remembers that is not its
// matter. How pictures are made is not either.
package plexbundle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
	"github.com/scrubjay/scrubjay/internal/library/publish"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Server is the Plex Media Server whose data folder it is. Its methods may be called from any goroutine, bring their own
// deadlines, and return faults with a reason that begins with "plex.".
type Server interface {
	// ID returns the server's machine identifier.
	ID() string
	// Item returns the parts of films and episodes by their rating keys, those of all versions. Keys that the server does
	// not know are left out.
	Item(ctx context.Context, ratingKey ...string) ([]plex.Part, error)
	// Children returns the parts of a season's episodes.
	Children(ctx context.Context, ratingKey string) ([]plex.Part, error)
	// Find returns the parts of a section that have a file, by its path as the server names it.
	Find(ctx context.Context, s plex.Section, file string) ([]plex.Part, error)
	Sections(ctx context.Context) ([]plex.Section, error)
	// Analyze asks the server to look at a film's or an episode's files again. The error is [plex.ErrNotFound] when it does
	// not know the key.
	Analyze(ctx context.Context, ratingKey string) error
	// ScanFolder asks the server to look for files in a folder of a section.
	ScanFolder(ctx context.Context, sectionKey, folder string) error
	// Frame returns the picture that the server shows for a time of a part.
	Frame(ctx context.Context, partID string, at time.Duration) ([]byte, error)
}

// Options say whose previews go where. DataDir and Server must be set.
type Options struct {
	DataDir string // Plex's data folder, or one of those above it
	Server  Server
	// Free returns how many bytes may still be written to the disk of a folder. Nil asks nobody.
	Free func(folder string) (int64, error)
	// Limit spaces out what is asked of the server. Nil for one request to analyze every half second.
	Limit Limiter
	// Verify has Show fetch a picture as players do before it believes that the preview is shown. Plex keeps in memory
	// what it has read of a preview until it restarts, so this is for tests of a server and not for whole libraries.
	Verify bool
	Log    zerolog.Logger
}

// Limiter is a rate: Wait returns when the next request may go out, or with an error when ctx would end before.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Publisher is an engine's publisher for one server. Its methods may be called from any goroutine.
type Publisher struct {
	options Options
	log     zerolog.Logger
	desk    publish.Desk

	mu      sync.Mutex
	home    string               // the folder of all bundles, when it was found to be this server's; guarded by mu
	scanned map[string]time.Time // when Plex was asked to look into a folder; guarded by mu
}

// New returns a publisher. It asks nothing of disk or server.
func New(o Options) *Publisher {
	if o.Limit == nil {
		o.Limit = &pace{gap: 500 * time.Millisecond}
	}
	return &Publisher{options: o, log: o.Log, scanned: map[string]time.Time{}}
}

// bundles is the folder of all bundles in a data folder; nothing above it is written to. "localhost" is a fixed name.
const bundles = "Media/localhost"

// floor is the free space, in bytes, below which nothing is begun: Plex's database shares the disk, and suffers badly
// when it is full. A preview has some 10 MB, very long ones 100.
const floor = 200 << 20

// Ready reports whether previews can be put in place: the folder is Plex's and this server's, files can be made and removed
// in it, and there is room. Faults are PlexDataMissing, PlexDataDenied, PlexDataForeign, TargetReadOnly and DiskFull.
func (p *Publisher) Ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	home, err := p.find()
	if err != nil {
		return err
	}
	// Permission bits tell nothing about read-only mounts, access lists and network shares.
	f, err := os.CreateTemp(home, ".scrubjay-*.probe")
	if err != nil {
		return publish.Fault("write to plex data folder", home, err)
	}
	_ = f.Close() // it is empty; only its creation matters
	if err := os.Remove(f.Name()); err != nil {
		return publish.Fault("remove a file from plex data folder", home, err)
	}
	if p.options.Free == nil {
		return nil
	}
	if free, err := p.options.Free(home); err == nil && free < floor { // not every share tells
		return preview.Because(preview.DiskFull, "write to plex data folder %s: %d MiB are free, and Plex needs some of them", home, free>>20)
	}
	return nil
}

// Open takes the place of a video's preview, which is named by 128 KiB of the video's bytes. It waits while somebody else
// has it; files with the same bytes have the same place. Faults are those of the video and of the data folder; that it
// cannot be written shows with the draft.
func (p *Publisher) Open(ctx context.Context, v preview.Video) (preview.Place, error) {
	home, err := p.known()
	if err != nil {
		return nil, err
	}
	hash, version, err := bundle.HashFile(ctx, v.Path)
	if err != nil {
		return nil, err
	}
	seen, err := publish.Look(ctx, v.Path)
	if err != nil {
		return nil, err
	}
	if !seen.Same(version) {
		return nil, preview.Because(preview.VideoChanged, "open place of preview: %s changed meanwhile", v.Path)
	}
	name, err := bundle.Path(hash)
	if err != nil {
		return nil, err
	}
	below, ok := strings.CutPrefix(name, bundles+"/")
	if !ok {
		return nil, fmt.Errorf("open place of preview: %s is not in %s", name, bundles)
	}
	place, err := p.desk.Open(ctx, publish.Spot{
		// People move Media to another disk and leave a link, so the root is below that.
		Root: home, Name: below, Like: home, Video: v.Path, Seen: seen,
		Same: func(ctx context.Context) (bool, error) {
			again, _, err := bundle.HashFile(ctx, v.Path)
			return again == hash, err
		},
	})
	if preview.ReasonOf(err) == preview.TargetMissing {
		p.forget()
		return nil, preview.Because(preview.PlexDataMissing, "open place of preview: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return place, nil
}

// known returns the folder of all bundles, as it was found.
func (p *Publisher) known() (string, error) {
	p.mu.Lock()
	home := p.home
	p.mu.Unlock()
	if home != "" {
		return home, nil
	}
	return p.find()
}

// find looks whether the data folder is Plex's and this server's, and returns the folder of all bundles in it. It is made
// where it is missing: a new server has its database before its first bundle.
func (p *Publisher) find() (string, error) {
	p.forget()
	dir, err := datadir.Open(p.options.DataDir)
	if err != nil {
		return "", err
	}
	if err := dir.Check(p.options.Server.ID()); err != nil {
		return "", err
	}
	home, err := filepath.Abs(filepath.Join(dir.Path, filepath.FromSlash(bundles)))
	if err != nil {
		return "", publish.Fault("find the working folder", dir.Path, err)
	}
	if _, err := os.Stat(home); os.IsNotExist(err) {
		if err := p.desk.Folder(dir.Path, bundles); err != nil {
			return "", err
		}
		p.log.Info().Str("folder", home).Msg("created Plex's folder of bundles")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.home = home
	return home, nil
}

func (p *Publisher) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.home = ""
}
