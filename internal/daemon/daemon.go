package daemon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/instance"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/publish/plexbundle"
	"github.com/scrubjay/scrubjay/internal/library/publish/sidecar"
	"github.com/scrubjay/scrubjay/internal/library/source"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// Daemon is all of Scrubjay, ready to run. One process has it for one configuration.
type Daemon struct {
	*Settings
	*engine.Engine
	Store *store.Store

	lock     *instance.Instance
	account  *plex.Account
	servers  []*server
	folders  []string
	spec     preview.Spec
	machine  Machine
	launched []func() error // what Close undoes, in reverse order
}

// Open builds a daemon. It fails with [preview.AnotherIsRunning] when another process has it, and with the fault of
// whatever else stands in the way. Servers that are away do not: they are asked when they are needed.
func Open(ctx context.Context, o Options) (_ *Daemon, err error) {
	d := &Daemon{machine: Machine{Dirs: o.Dirs}}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if d.Settings, err = OpenSettings(o); err != nil {
		return nil, err
	}
	d.closing(d.Settings.Close)
	if d.lock, err = instance.Lock(o.Dirs.Data); err != nil {
		return nil, err
	}
	d.closing(d.lock.Close)
	if err := d.openStore(ctx); err != nil {
		return nil, err
	}
	d.account = plex.NewAccount(d.plexOptions())
	d.closing(func() error { d.account.Close(); return nil })
	if d.servers, err = d.Settings.servers(ctx, d.account, d.Store); err != nil {
		return nil, err
	}
	for _, s := range d.servers {
		d.closing(func() error { s.close(); return nil })
	}
	d.spec = d.Config.Get().Preview.Spec()
	if d.Engine, err = d.newEngine(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// storeName is the file of the queue in the data folder.
const storeName = "scrubjay.db"

// openStore opens the queue. A damaged one was put aside and is empty now: the library says again what is to be done.
func (d *Daemon) openStore(ctx context.Context) (err error) {
	log := d.Log("store")
	if d.Store, err = store.Open(ctx, filepath.Join(d.Dirs.Data, storeName), store.Options{Log: &log}); err != nil {
		return err
	}
	d.closing(d.Store.Close)
	return nil
}

func (d *Daemon) newEngine(ctx context.Context) (*engine.Engine, error) {
	libraries, err := d.libraries(ctx)
	if err != nil {
		return nil, err
	}
	log := d.Log("engine")
	tools, candidates, err := d.machine.FFmpeg(ctx, false)
	for _, c := range candidates {
		log.Debug().Str("path", c.Path).Str("what", c.What).Bool("taken", c.Taken).Str("note", c.Note).Msg("considered an FFmpeg")
	}
	if err != nil {
		return nil, err
	}
	brake := &ffmpeg.Brake{}
	return engine.New(engine.Options{
		Store: d.Store, Libraries: libraries, Spec: d.spec, Log: log,
		Renderer: renderer{
			render: &render.Renderer{Tools: tools, Log: d.Log("render"), Brake: brake}, brake: brake, log: log,
		},
		Slots: d.slots(ctx, tools),
	}), nil
}

// slots has the devices tested and gives those that work their slots. The CPU works without a test.
func (d *Daemon) slots(ctx context.Context, tools *ffmpeg.Tools) []engine.Slots {
	c := d.Config.Get()
	want := slotCounts{cpu: int(c.Devices.CPUSlots), gpu: int(c.Devices.GPUSlots), each: map[string]int{}, cores: d.Cores}
	for _, one := range c.Device {
		if one.Slots != config.Auto {
			want.each[one.ID] = int(one.Slots)
		}
	}
	reports := []preview.DeviceReport{}
	if want.gpus() {
		reports = d.machine.Devices(ctx, tools, DeviceQuestion{GPUsOnly: true}, d.Log("devices")).Reports
	}
	reports = append(reports, preview.DeviceReport{Device: preview.CPUDevice(), Outcome: preview.Works})
	return slots(reports, want)
}

// libraries are the servers of the settings, and plain folders.
func (d *Daemon) libraries(ctx context.Context) (map[string]engine.Library, error) {
	c := d.Config.Get()
	out := map[string]engine.Library{}
	for _, s := range d.servers {
		m, err := mapOf(s.conf)
		if err != nil {
			return nil, err
		}
		rules, err := rulesOf(c.Rules, s.conf.ExcludeLibraries)
		if err != nil {
			return nil, err
		}
		from := source.NewPlex(s, source.Options{Map: m, Rules: rules, Log: d.Log("source")})
		out[from.ID()] = engine.Library{
			Source: from,
			Publisher: plexbundle.New(plexbundle.Options{
				DataDir: d.dataDir(ctx, s.conf), Server: s, Free: paths.Free, Log: d.Log("publish"),
			}),
		}
	}
	rules, err := rulesOf(c.Rules, nil)
	if err != nil {
		return nil, err
	}
	folder := source.NewFolder(source.Options{Rules: rules, Log: d.Log("source")})
	out[folder.ID()] = engine.Library{Source: folder, Publisher: sidecar.New(d.Config.Get().Preview.Spec())}
	return out, nil
}

// rulesOf are the rules of the settings, with libraries that are left out of one server only.
func rulesOf(r config.Rules, libraries []string) (source.Rules, error) {
	rules, err := source.NewRules(
		source.Match{Libraries: r.IncludeLibraries, Paths: r.IncludePaths, Patterns: r.IncludeRegex},
		source.Match{Libraries: slices.Concat(r.ExcludeLibraries, libraries), Paths: r.ExcludePaths, Patterns: r.ExcludeRegex},
	)
	if err != nil {
		return rules, preview.Because(preview.ConfigInvalid, "rules: %w", err)
	}
	return rules, nil
}

// mapOf is the path map of a server: the environment's rows, then the file's.
func mapOf(c config.Server) (pathmap.Map, error) {
	rows, err := pathmap.Parse(c.MapText)
	if err != nil {
		return pathmap.Map{}, preview.Because(preview.ConfigInvalid, "SCRUBJAY_PATH_MAP: %w", err)
	}
	for _, m := range c.Maps {
		rows = append(rows, pathmap.Row{Remote: m.Remote, Local: m.Local})
	}
	out, err := pathmap.New(rows)
	if err != nil {
		return pathmap.Map{}, preview.Because(preview.ConfigInvalid, "path map of %s: %w", c.Name, err)
	}
	return out, nil
}

// Spec returns how previews look.
func (d *Daemon) Spec() preview.Spec { return d.spec }

// Scan makes a job for each source that the selection is about: the Plex servers for libraries and paths, the folders for
// folders. They are stored when it returns.
func (d *Daemon) Scan(ctx context.Context, s preview.Selection, regenerate bool) ([]preview.Job, error) {
	requests, err := d.requests(ctx, s)
	if err != nil {
		return nil, err
	}
	var jobs []preview.Job
	for _, r := range requests {
		r.Regenerate = regenerate
		job, err := d.Engine.Scan(ctx, r)
		if err != nil {
			return jobs, err
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// requests splits a selection by the sources that it is about.
func (d *Daemon) requests(ctx context.Context, s preview.Selection) ([]engine.Request, error) {
	if s.Empty() {
		return nil, preview.Because(preview.NothingChosen, "the selection is empty")
	}
	var out []engine.Request
	if s.All || len(s.Libraries)+len(s.Paths) > 0 {
		if len(d.servers) == 0 {
			return nil, errNotSignedIn()
		}
		mine := s
		mine.Folders = nil
		for _, server := range d.servers {
			chosen, err := d.of(ctx, server, mine)
			if err != nil {
				return nil, err
			}
			if !chosen.Empty() {
				out = append(out, engine.Request{Source: plexID(server.conf.ID), Selection: chosen, Title: title(chosen, server.conf.Name)})
			}
		}
	}
	if len(s.Folders) > 0 {
		mine := preview.Selection{Folders: absolute(s.Folders), Order: s.Order, Limit: s.Limit}
		out = append(out, engine.Request{Source: folderID, Selection: mine, Title: title(mine, "")})
	}
	return out, nil
}

// of returns what of a selection is about one of several servers: a library that only the other one has is none of this
// one's business.
func (d *Daemon) of(ctx context.Context, s *server, selection preview.Selection) (preview.Selection, error) {
	if len(d.servers) == 1 || len(selection.Libraries) == 0 {
		return selection, nil
	}
	sections, err := s.Sections(ctx)
	if err != nil {
		return preview.Selection{}, err
	}
	selection.Libraries = slices.DeleteFunc(slices.Clone(selection.Libraries), func(name string) bool {
		return !slices.ContainsFunc(sections, func(x plex.Section) bool { return namesLibrary(name, x) })
	})
	return selection, nil
}

// The sources as videos name them; see source.
const folderID = "folder"

func plexID(machine string) string { return "plex:" + machine }

// title says for people what a job is about.
func title(s preview.Selection, server string) string {
	what := "all libraries"
	switch {
	case len(s.Libraries) > 0:
		what = strings.Join(s.Libraries, ", ")
	case len(s.Paths) == 1:
		what = s.Paths[0]
	case len(s.Paths) > 1:
		what = fmt.Sprintf("%d paths", len(s.Paths))
	case len(s.Folders) == 1:
		what = s.Folders[0]
	case len(s.Folders) > 1:
		what = fmt.Sprintf("%d folders", len(s.Folders))
	}
	if server != "" {
		return "Scan " + what + " of " + server
	}
	return "Scan " + what
}

// absolute makes folders independent of where this process happens to stand.
func absolute(folders []string) []string {
	out := make([]string, len(folders))
	for i, f := range folders {
		out[i] = f
		if abs, err := filepath.Abs(f); err == nil {
			out[i] = abs
		}
	}
	return out
}

func (d *Daemon) closing(f func() error) { d.launched = append(d.launched, f) }

// Close lets go of everything. Run has returned before.
func (d *Daemon) Close() error {
	var errs []error
	for _, undo := range slices.Backward(d.launched) {
		errs = append(errs, undo())
	}
	d.launched = nil
	return errors.Join(errs...)
}

// Plan says what a scan would do, and does nothing.
func (d *Daemon) Plan(ctx context.Context, s preview.Selection, regenerate bool) iter.Seq2[engine.Plan, error] {
	return func(yield func(engine.Plan, error) bool) {
		requests, err := d.requests(ctx, s)
		if err != nil {
			yield(engine.Plan{}, err)
			return
		}
		for _, r := range requests {
			r.Regenerate = regenerate
			for plan, err := range d.Engine.Plan(ctx, r) {
				if !yield(plan, err) || err != nil {
					return
				}
			}
		}
	}
}
