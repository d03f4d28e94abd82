package daemon

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/control"
	"github.com/scrubjay/scrubjay/internal/host/instance"
	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Daemon is all of Scrubjay, ready to run. One process has it for one configuration.
type Daemon struct {
	*Settings
	*engine.Engine
	Store *store.Store

	servers  serverSet
	sources  map[string]engine.Library // as videos name them
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
	lock, err := instance.Lock(o.Dirs.Data)
	if err != nil {
		return nil, err
	}
	d.closing(lock.Close)
	if err := d.openStore(ctx); err != nil {
		return nil, err
	}
	account := plex.NewAccount(d.plexOptions())
	d.closing(func() error { account.Close(); return nil })
	d.servers = d.Settings.servers(ctx, account, d.Store)
	d.closing(func() error { d.servers.close(); return nil })
	d.spec = d.Config.Get().Preview.Spec()
	if d.sources, err = d.libraries(ctx); err != nil {
		return nil, err
	}
	renderer, slots, err := d.equipment(ctx)
	if err != nil {
		return nil, err
	}
	d.Engine = engine.New(engine.Options{
		Store: d.Store, Libraries: d.sources, Renderer: renderer, Slots: slots, Spec: d.spec, Log: d.Log("engine"),
	})
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

// Spec returns how previews look.
func (d *Daemon) Spec() preview.Spec { return d.spec }

// Control returns the verbs that people have.
func (d *Daemon) Control() control.Verbs { return &control.Here{Engine: d.Engine, History: d.Store} }

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
