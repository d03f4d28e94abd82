package config

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/host/atomicfile"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Options say how to open the settings.
type Options struct {
	Dir    string                   // of config.toml
	Getenv func(name string) string // nil for no environment
	Flags  map[string]string        // by the key of the setting: {"preview.interval": "5s"}
	// Anyway opens settings whose file can be read but is damaged or invalid: with the newest version that was good, or else the defaults.
	// [Store.Rescued] tells. Nothing is written before somebody changes a setting; the bad file is then copied to
	// config.toml.bad-<time> first.
	Anyway bool
	Now    func() time.Time // nil for the clock of this machine
}

// Store holds the settings of a running program. Its methods may be called from any goroutine.
type Store struct {
	path string
	now  func() time.Time

	change sync.Mutex // held while the file is read and written; never while others are called back but for Modify's

	mu      sync.Mutex // guards all below
	layers  layers
	doc     document // the file
	raw     []byte   // its bytes; nil when there is none
	good    bool     // raw is what doc was read from
	rescue  *Rescue
	current Config
	places  map[string]string // of values of current that are not the file's
	subs    []*subscriber
	untold  []turn
	telling bool
}

type (
	subscriber struct{ tell func(from, to Config) }
	turn       struct{ from, to Config }
)

// Rescue says that settings could not be read and what was taken in their stead; see [Options.Anyway].
type Rescue struct {
	Fault error  // why they could not
	From  string // the earlier version that was taken; empty for the defaults
}

// Open reads the settings. When there is no file, they are the defaults. Its errors are [preview.Fault] with
// [preview.ConfigDamaged], [preview.ConfigInvalid] or [preview.ConfigNewer], and hold [Problems]. It writes nothing.
func Open(o Options) (*Store, error) {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{path: filepath.Join(o.Dir, fileName), now: o.Now}
	var found Problems
	s.layers, found = readLayers(o.Getenv, o.Flags)
	data, ok, err := read(s.path)
	if err != nil {
		return nil, err
	}
	s.doc, s.good = document{path: s.path, config: Default()}, true
	if ok {
		s.raw = data
		s.doc, err = decode(s.path, data)
		switch reason := preview.ReasonOf(err); {
		case err == nil:
		case o.Anyway && reason != preview.ConfigNewer:
			s.doc, s.good, s.rescue = lastGood(s.path), false, &Rescue{Fault: err}
			if s.doc.path != s.path {
				s.rescue.From = s.doc.path
			}
		case reason == preview.ConfigInvalid && len(found) > 0:
			return nil, append(found, problemsOf(err)...).fault(reason)
		default:
			return nil, err
		}
	}
	var wrong Problems
	s.current, s.places, wrong = s.layers.on(s.doc)
	if err := append(found, wrong...).fault(preview.ConfigInvalid); err != nil {
		return nil, err
	}
	return s, nil
}

// lastGood returns the newest earlier version that can be read, or else the defaults.
func lastGood(path string) document {
	for n := 1; n <= backups; n++ {
		if data, ok, err := read(backup(path, n)); err == nil && ok {
			if d, err := decode(backup(path, n), data); err == nil {
				return d
			}
		}
	}
	return document{path: path, config: Default()}
}

// Path returns where the settings are, or will be.
func (s *Store) Path() string { return s.path }

// Get returns the settings that are in force: those of the file, with the environment and flags over them.
func (s *Store) Get() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.clone()
}

// Origins lists all settings, in the order of the file, with where their values come from.
func (s *Store) Origins() []Origin {
	s.mu.Lock()
	defer s.mu.Unlock()
	return origins(s.current, s.doc, s.places)
}

// Environment returns what SCRUBJAY_PLEX_* say of a server, also while there is none to say it of.
func (s *Store) Environment() Environment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layers.env
}

// Rescued returns what [Options.Anyway] did; nil when there was nothing to do, or the file is good again.
func (s *Store) Rescued() *Rescue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rescue
}

// Modify changes settings of the file: change gets them as they stand there, without what environment and flags say, and
// must not call the store. What comes out is checked, saved, and then told to subscribers. A file that was changed by hand
// meanwhile is read again first.
//
// On an error nothing is changed, neither in the file nor in what [Store.Get] returns. Errors are [preview.Fault]: those of
// [Open], [preview.ConfigReadOnly] and [preview.DiskFull]. When there is no file yet, one is written even when change does
// nothing.
func (s *Store) Modify(change func(*Config)) error {
	if err := s.save(change); err != nil {
		return err
	}
	s.tell()
	return nil
}

// Reload reads the file again and tells subscribers what changed. With an error, what was known stays in force.
func (s *Store) Reload() error {
	s.change.Lock()
	err := s.reread()
	s.change.Unlock()
	s.tell()
	return err
}

// Identify says which server answers at SCRUBJAY_PLEX_URL, so that the settings of the file for that server hold for it.
func (s *Store) Identify(id string) {
	s.change.Lock()
	s.mu.Lock()
	s.layers.id = id
	err := s.takeLocked(s.doc)
	if err != nil { // two entries that cannot be one; it stays apart
		s.layers.id = ""
	}
	s.mu.Unlock()
	s.change.Unlock()
	s.tell()
}

// Subscribe has tell called after each change, with the settings before and after, until cancel. Calls come one after
// another, in the order of the changes, from a goroutine that changes settings; tell may call the store.
func (s *Store) Subscribe(tell func(from, to Config)) (cancel func()) {
	sub := &subscriber{tell}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs = append(s.subs, sub)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.subs = slices.DeleteFunc(s.subs, func(x *subscriber) bool { return x == sub })
	}
}

// save is Modify without telling.
func (s *Store) save(change func(*Config)) error {
	s.change.Lock()
	defer s.change.Unlock()
	if err := s.reread(); err != nil {
		return err
	}
	s.mu.Lock()
	doc, raw, good := s.doc, s.raw, s.good
	s.mu.Unlock()

	next := doc.config.clone()
	change(&next)
	next.Version, next.PlexTV = Current, ""
	for i := range next.Servers {
		next.Servers[i].MapText, next.Servers[i].FromEnv = "", false
	}
	next = next.clone()
	if raw != nil && good && reflect.DeepEqual(next, doc.config) {
		return nil
	}
	if err := next.check().fault(preview.ConfigInvalid); err != nil {
		return err
	}
	data, err := encode(next)
	if err != nil {
		return err
	}
	saved, err := decode(s.path, data) // what the next start will see
	if err != nil {
		return err
	}
	s.mu.Lock()
	_, _, wrong := s.layers.on(saved)
	s.mu.Unlock()
	if err := wrong.fault(preview.ConfigInvalid); err != nil {
		return err
	}
	if err := s.write(raw, good, data); err != nil {
		return unsaved(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw, s.good, s.rescue = data, true, nil
	return s.takeLocked(saved)
}

// write puts data into the file, and what was there aside.
func (s *Store) write(old []byte, good bool, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	var err error
	switch {
	case old == nil || bytes.Equal(old, data):
	case good:
		err = keepVersion(s.path, old)
	default:
		err = keepAside(s.path, old, s.now())
	}
	if err != nil {
		return err
	}
	return atomicfile.Write(s.path, data, 0o600)
}

// reread takes over what was changed in the file by others. A file that is gone changes nothing: it is written again with
// the next change. The caller holds s.change.
func (s *Store) reread() error {
	data, ok, err := read(s.path)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ok || s.raw != nil && bytes.Equal(data, s.raw) {
		return nil
	}
	doc, err := decode(s.path, data)
	if err != nil {
		if s.good {
			return err
		}
		s.raw = data // bad in another way than before: kept aside all the same
		return nil
	}
	if err := s.takeLocked(doc); err != nil {
		return err
	}
	s.raw, s.good, s.rescue = data, true, nil
	return nil
}

// takeLocked puts settings in force and notes what is to be told.
func (s *Store) takeLocked(doc document) error {
	next, places, wrong := s.layers.on(doc)
	if err := wrong.fault(preview.ConfigInvalid); err != nil {
		return err
	}
	if !reflect.DeepEqual(next, s.current) {
		s.untold = append(s.untold, turn{s.current, next})
	}
	s.doc, s.current, s.places = doc, next, places
	return nil
}

// tell calls subscribers back for each change that they were not told. One goroutine at a time does it for all, so that
// changes are told in order and a subscriber may change settings itself.
func (s *Store) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.telling {
		return
	}
	s.telling = true
	defer func() { s.telling = false }()
	for len(s.untold) > 0 {
		t, subs := s.untold[0], slices.Clone(s.subs)
		s.untold = s.untold[1:]
		for _, sub := range subs {
			s.callLocked(func() { sub.tell(t.from.clone(), t.to.clone()) })
		}
	}
}

// callLocked calls f without the lock, and has it again afterwards, also when f panics.
func (s *Store) callLocked(f func()) {
	s.mu.Unlock()
	defer s.mu.Lock()
	f()
}
