package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
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

// Render, Look, Suspend and Resume make it a renderer.
func (w *world) Render(ctx context.Context, r engine.Render) (engine.Rendered, error) {
	w.mu.Lock()
	w.running++
	w.most = max(w.most, w.running)
	w.rendered[r.Video]++
	w.on[r.Video] = append(w.on[r.Video], r.Device.ID)
	fail, took := w.render, w.took
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.running--
		w.mu.Unlock()
	}()
	if fail != nil {
		if err := fail(ctx, r); err != nil {
			return engine.Rendered{}, err
		}
	}
	const steps = 4
	for i := range steps {
		w.mu.Lock()
		gate := w.suspended
		w.mu.Unlock()
		select {
		case <-gate:
		case <-ctx.Done():
			return engine.Rendered{}, ctx.Err()
		}
		if !sleep(ctx, took/steps) {
			return engine.Rendered{}, ctx.Err()
		}
		r.Progress(engine.Progress{Frames: 90 * (i + 1), Total: 360, Recipe: "fake"})
	}
	return engine.Rendered{Frames: 360, Recipe: "fake", Elapsed: took}, nil
}

func (w *world) Look(_ context.Context, path string) engine.Standing {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.standing[path[len("/bundles"):len(path)-len(".bif")]]
	return engine.Standing{There: n != 0, Sound: n > 0, Frames: n, Interval: 10 * time.Second, Width: 320}
}

func (w *world) Suspend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.suspends++
	w.suspended = make(chan struct{})
}

func (w *world) Resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resumes++
	close(w.suspended)
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

var (
	cpu = preview.CPUDevice()
	gpu = preview.Device{ID: "cuda:1", Kind: preview.CUDA, Name: "A GPU", Handle: "0"}
)

func slots(gpus, cpus int) []engine.Slots {
	return []engine.Slots{{Device: gpu, Count: gpus}, {Device: cpu, Count: cpus}}
}

// started is an engine that runs.
type started struct {
	*engine.Engine
	t    testing.TB
	w    *world
	stop context.CancelFunc
	done chan error
}

// start starts an engine over a world. It ends with the test.
func (w *world) start(t testing.TB, s []engine.Slots) *started {
	t.Helper()
	e := engine.New(engine.Options{
		Store: w.store, Libraries: map[string]engine.Library{source: {Source: w, Publisher: w}},
		Renderer: w, Spec: preview.DefaultSpec(), Slots: s, Log: zerolog.Nop(),
	})
	w.mu.Lock()
	w.suspended = make(chan struct{}) // a new process has nothing suspended
	close(w.suspended)
	w.mu.Unlock()
	ctx, stop := context.WithCancel(context.Background())
	r := &started{Engine: e, t: t, w: w, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- e.Run(ctx) }()
	return r
}

// end ends it as a shutdown does.
func (s *started) end() {
	s.t.Helper()
	s.stop()
	if err := <-s.done; err != nil {
		s.t.Errorf("Run = %v", err)
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.w.running > 0 || s.w.showBusy > 0 {
		s.t.Errorf("%d renders and %d shows outlive Run", s.w.running, s.w.showBusy)
	}
}

func (s *started) scan(r engine.Request) preview.Job {
	s.t.Helper()
	if r.Source == "" {
		r.Source = source
	}
	if r.Selection.Empty() {
		r.Selection.All = true
	}
	j, err := s.Scan(s.t.Context(), r)
	if err != nil {
		s.t.Fatalf("Scan = %v", err)
	}
	return j
}

func (s *started) wait(id int64) preview.Job {
	s.t.Helper()
	j, err := s.Wait(s.t.Context(), id)
	if err != nil {
		s.t.Fatalf("Wait = %v", err)
	}
	return j
}

// run scans everything and waits for it.
func (s *started) run() preview.Job {
	s.t.Helper()
	return s.wait(s.scan(engine.Request{}).ID)
}

// bubble runs a test on a clock of its own.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func fault(r preview.Reason) error { return preview.Because(r, "as the test wants it: %s", r) }

// follow collects what watchers are told, until the engine's end.
type diary struct {
	mu      sync.Mutex
	updates []event.Update
}

func (s *started) watch(t *testing.T) *diary {
	d := &diary{}
	ctx, stop := context.WithCancel(t.Context())
	seq := s.WatchAll(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for u := range seq {
			d.mu.Lock()
			d.updates = append(d.updates, u)
			d.mu.Unlock()
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return d
}

func (d *diary) events() []event.Event {
	synctest.Wait() // for the watcher to have read
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []event.Event
	for _, u := range d.updates {
		out = append(out, u.Events...)
	}
	return out
}

var errTest = errors.New("as the test wants it")
