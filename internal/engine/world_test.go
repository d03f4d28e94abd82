package engine_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a library, its disk, its media server and the devices, as a test wants them to be.
type world struct {
	store *memory

	mu        sync.Mutex
	videos    []preview.Video
	files     map[string]preview.Version // on the disk, by path
	standing  map[string]int             // frames of the previews that stand, by path of the video
	shown     map[string]bool            // by path of the video
	places    map[string]chan struct{}   // one token each
	rendered  map[string]int             // how often, by path
	on        map[string][]string        // devices that rendered, by path
	running   int
	most      int // renders at once
	showBusy  int
	mostShow  int
	suspended chan struct{} // closed while nothing is suspended
	suspends  int
	resumes   int
	listed    int // pages
	listings  int // at once
	mostList  int

	took    time.Duration // by a render
	showing time.Duration // by a show
	perPage int
	check   func(n int) error // n is how often it was asked
	checks  int
	ready   error
	missing func(v preview.Video) error
	render  func(ctx context.Context, r engine.Render) error // before the time it takes
	show    func(v preview.Video, n int) (bool, error)       // n is how often it was asked for this video
	shows   map[string]int
	listErr error // after the last page
	onPage  func(page int)
	open    func(v preview.Video) error
	commit  func(path string) error
	made    func(path string, v preview.Version) // with the lock
}

const source = "plex:one"

func newWorld(videos int) *world {
	w := &world{
		store: newMemory(), files: map[string]preview.Version{}, standing: map[string]int{}, shown: map[string]bool{},
		places: map[string]chan struct{}{}, rendered: map[string]int{}, on: map[string][]string{}, shows: map[string]int{},
		took: 4 * time.Second, perPage: 10, suspended: make(chan struct{}),
	}
	close(w.suspended)
	for i := range videos {
		w.add(fmt.Sprintf("/films/%05d.mkv", i))
	}
	return w
}

func (w *world) add(path string) preview.Video {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := preview.Video{
		Source: source, Key: "part-" + path, Library: "1", Title: path, Path: path, Remote: path,
		Size: 1000, Changed: time.Unix(1e9, 0), Items: []string{"item-" + path}, Duration: time.Hour,
	}
	w.videos = append(w.videos, v)
	w.files[path] = preview.Version{Size: v.Size, ModTime: time.Unix(1e9, 0)}
	return v
}

func path(i int) string { return fmt.Sprintf("/films/%05d.mkv", i) }

// ID, Check, Videos and Missing make it a source.
func (w *world) ID() string { return source }

func (w *world) Check(context.Context, preview.Selection) error {
	w.mu.Lock()
	w.checks++
	n, check := w.checks, w.check
	w.mu.Unlock()
	if check != nil {
		return check(n)
	}
	return nil
}

func (w *world) Videos(ctx context.Context, s preview.Selection) iter.Seq2[preview.Page, error] {
	return func(yield func(preview.Page, error) bool) {
		w.mu.Lock()
		w.listings++
		w.mostList = max(w.mostList, w.listings)
		all := slices.Clone(w.videos)
		w.mu.Unlock()
		defer func() {
			w.mu.Lock()
			w.listings--
			w.mu.Unlock()
		}()
		if len(s.Paths) > 0 {
			all = slices.DeleteFunc(all, func(v preview.Video) bool { return !slices.Contains(s.Paths, v.Path) })
		}
		listed := 0
		for page := range slices.Chunk(all, w.perPage) {
			if w.onPage != nil {
				w.onPage(listed / w.perPage)
			}
			if ctx.Err() != nil {
				yield(preview.Page{}, ctx.Err())
				return
			}
			w.mu.Lock()
			for i := range page {
				page[i].Shown = w.shown[page[i].Path]
			}
			w.listed++
			w.mu.Unlock()
			listed += len(page)
			if !yield(preview.Page{Videos: slices.Clone(page), Listed: listed, Total: len(all)}, nil) {
				return
			}
		}
		if w.listErr != nil {
			yield(preview.Page{}, w.listErr)
		}
	}
}

func (w *world) Missing(_ context.Context, v preview.Video) error {
	if w.missing != nil {
		return w.missing(v)
	}
	return nil
}

// Ready, Open and Show make it a publisher.
func (w *world) Ready(context.Context) error { return w.ready }

func (w *world) Open(ctx context.Context, v preview.Video) (preview.Place, error) {
	w.mu.Lock()
	token := w.places[v.Path]
	if token == nil {
		token = make(chan struct{}, 1)
		w.places[v.Path] = token
	}
	w.mu.Unlock()
	if w.open != nil {
		if err := w.open(v); err != nil {
			return nil, err
		}
	}
	select {
	case token <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	version, ok := w.files[v.Path]
	if !ok {
		<-token
		return nil, preview.Because(preview.VideoMissing, "open %s", v.Path)
	}
	return &place{w: w, v: v, version: version, token: token}, nil
}

func (w *world) Show(ctx context.Context, v preview.Video) (bool, error) {
	w.mu.Lock()
	w.shows[v.Path]++
	n, show, took := w.shows[v.Path], w.show, w.showing
	w.showBusy++
	w.mostShow = max(w.mostShow, w.showBusy)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.showBusy--
		w.mu.Unlock()
	}()
	if !sleep(ctx, took) {
		return false, ctx.Err()
	}
	if show != nil {
		if ok, err := show(v, n); !ok {
			return ok, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.standing[v.Path] == 0 {
		return false, preview.Because(preview.PlexNotShown, "nothing stands for %s", v.Path)
	}
	w.shown[v.Path] = true
	return true, nil
}

type place struct {
	w       *world
	v       preview.Video
	version preview.Version
	token   chan struct{}
	draft   bool
}

func (p *place) Path() string             { return "/bundles" + p.v.Path + ".bif" }
func (p *place) Version() preview.Version { return p.version }
func (p *place) Draft() (string, error) {
	p.draft = true
	return p.Path() + ".part", nil
}

func (p *place) Commit(context.Context) (bool, error) {
	if p.w.commit != nil {
		if err := p.w.commit(p.v.Path); err != nil {
			return false, err
		}
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if !p.w.files[p.v.Path].Same(p.version) {
		return false, preview.Because(preview.VideoChanged, "commit %s", p.v.Path)
	}
	replaced := p.w.standing[p.v.Path] > 0
	p.w.standing[p.v.Path] = 360
	if p.w.made != nil {
		p.w.made(p.v.Path, p.version)
	}
	return replaced, nil
}

func (p *place) Close() error {
	<-p.token
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
