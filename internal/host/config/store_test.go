package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// settingsIn writes a settings file and returns its folder.
func settingsIn(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	put(t, filepath.Join(dir, "config.toml"), text)
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func mustOpen(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names returns what a folder holds.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func quality(n int) func(*Config) { return func(c *Config) { c.Preview.Quality = n } }

func TestWithoutAFileTheDefaultsHoldAndNothingIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	s := mustOpen(t, Options{Dir: dir})
	if diff := cmp.Diff(Default(), s.Get()); diff != "" {
		t.Error(diff)
	}
	if got := names(t, filepath.Dir(filepath.Dir(dir))); len(got) != 0 {
		t.Errorf("opening wrote %q", got)
	}
	if err := s.Modify(func(*Config) {}); err != nil { // as somebody does who wants a file to begin with
		t.Fatal(err)
	}
	if got := names(t, dir); !cmp.Equal(got, []string{"config.toml"}) {
		t.Errorf("the folder holds %q", got)
	}
	if os.PathSeparator == '/' {
		for path, want := range map[string]os.FileMode{dir: 0o700, s.Path(): 0o600} {
			if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != want {
				t.Errorf("%s has mode %v, want %v", path, stat.Mode(), want)
			}
		}
	}
}

func TestAChangeIsSavedAndTold(t *testing.T) {
	dir := settingsIn(t, "[preview]\nwidth = 480\n")
	s := mustOpen(t, Options{Dir: dir})
	var told []string
	cancel := s.Subscribe(func(from, to Config) {
		told = append(told, strings.Repeat("<", from.Preview.Quality)+strings.Repeat(">", to.Preview.Quality))
	})
	for _, q := range []int{5, 5, 6} { // the second changes nothing
		if err := s.Modify(quality(q)); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := s.Modify(quality(7)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"<<<<>>>>>", "<<<<<>>>>>>"}, told); diff != "" {
		t.Error(diff)
	}
	for _, c := range []Config{s.Get(), mustOpen(t, Options{Dir: dir}).Get()} {
		if c.Preview.Quality != 7 || c.Preview.Width != 480 {
			t.Errorf("it is %+v", c.Preview)
		}
	}
}

// TestASubscriberMayChangeSettings has one that answers a change with another: no deadlock, and all is told in order.
func TestASubscriberMayChangeSettings(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir()})
	var told []int
	s.Subscribe(func(_, to Config) {
		if to.Preview.Quality < 8 {
			if err := s.Modify(quality(to.Preview.Quality + 1)); err != nil {
				t.Error(err)
			}
		}
	})
	s.Subscribe(func(_, to Config) { told = append(told, to.Preview.Quality) })
	if err := s.Modify(quality(5)); err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(told, []int{5, 6, 7, 8}) {
		t.Errorf("told %v", told)
	}
}

func TestChangesFromManySidesAllHold(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	var mu sync.Mutex
	last := s.Get()
	s.Subscribe(func(from, to Config) {
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff(last, from); diff != "" {
			t.Errorf("told out of order: %s", diff)
		}
		last = to
	})
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			name := string(rune('a' + i))
			if err := s.Modify(func(c *Config) { c.Rules.ExcludeLibraries = append(c.Rules.ExcludeLibraries, name) }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := mustOpen(t, Options{Dir: dir}).Get().Rules.ExcludeLibraries; len(got) != 10 {
		t.Errorf("the file has %q", got)
	}
}

func TestABadChangeChangesNothing(t *testing.T) {
	dir := settingsIn(t, "order = 'name'\n")
	s := mustOpen(t, Options{Dir: dir})
	s.Subscribe(func(_, _ Config) { t.Error("somebody was told") })
	err := s.Modify(func(c *Config) {
		c.Preview.Quality = 99
		c.Servers = append(c.Servers, Server{URL: "nas"})
	})
	want := "preview.quality must be between 2 (best) and 31 (smallest), not 99\n" +
		"server[0].url must begin with http:// or https://, such as http://nas:32400"
	if preview.ReasonOf(err) != preview.ConfigInvalid || err.Error() != want {
		t.Errorf("the error is %v", err)
	}
	if got := names(t, dir); len(got) != 1 || content(t, s.Path()) != "order = 'name'\n" {
		t.Errorf("the folder holds %q", got)
	}
	if got := s.Get(); got.Preview.Quality == 99 || len(got.Servers) > 0 {
		t.Errorf("it is in force: %+v", got)
	}
}

// TestWhatWasChangedByHandStays changes the file behind the store's back.
func TestWhatWasChangedByHandStays(t *testing.T) {
	dir := settingsIn(t, "order = 'name'\n")
	s := mustOpen(t, Options{Dir: dir})
	put(t, s.Path(), "order = 'random'\n[preview]\nwidth = 640\n")
	if err := s.Modify(quality(9)); err != nil {
		t.Fatal(err)
	}
	if got := s.Get(); got.Order != preview.Random || got.Preview.Width != 640 || got.Preview.Quality != 9 {
		t.Errorf("it is %+v", got)
	}
	put(t, s.Path(), "order = 'newst'\n")
	err := s.Modify(quality(10))
	if preview.ReasonOf(err) != preview.ConfigInvalid || !strings.Contains(err.Error(), "config.toml:1: order must be") {
		t.Errorf("the error is %v", err)
	}
	if got := content(t, s.Path()); got != "order = 'newst'\n" {
		t.Errorf("the file was written over: %s", got)
	}
	if s.Reload() == nil || s.Get().Preview.Quality != 9 {
		t.Error("a bad file is in force")
	}
	put(t, s.Path(), "order = 'oldest'\n")
	told := 0
	s.Subscribe(func(_, to Config) { told++ })
	if err := s.Reload(); err != nil || s.Get().Order != preview.Oldest || told != 1 {
		t.Errorf("after reloading: %v, %+v, told %d times", err, s.Get(), told)
	}
	if err := os.Remove(s.Path()); err != nil {
		t.Fatal(err)
	}
	if err := s.Modify(quality(11)); err != nil || mustOpen(t, Options{Dir: dir}).Get().Order != preview.Oldest {
		t.Errorf("a file that went away is not written anew: %v", err)
	}
}

func TestFiveGoodVersionsAreKept(t *testing.T) {
	dir := settingsIn(t, "# mine\norder = 'name'\n")
	s := mustOpen(t, Options{Dir: dir})
	for q := 5; q <= 8; q++ {
		if err := s.Modify(quality(q)); err != nil {
			t.Fatal(err)
		}
	}
	if got := content(t, s.Path()+".4"); got != "# mine\norder = 'name'\n" {
		t.Errorf("the oldest is %q", got)
	}
	for q := 9; q <= 12; q++ {
		if err := s.Modify(quality(q)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"config.toml", "config.toml.1", "config.toml.2", "config.toml.3", "config.toml.4", "config.toml.5"}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Error(diff)
	}
	for n := 1; n <= 5; n++ {
		d, err := decode("backup", []byte(content(t, backup(s.Path(), n))))
		if err != nil || d.config.Preview.Quality != 12-n {
			t.Errorf("version %d before has %d (%v)", n, d.config.Preview.Quality, err)
		}
	}
}

func TestADamagedFileIsRefusedAndLeftAlone(t *testing.T) {
	for reason, text := range map[preview.Reason]string{
		preview.ConfigDamaged: "version = 1\n[preview\n",
		preview.ConfigInvalid: "typo = 1\n",
		preview.ConfigNewer:   "version = 2\n",
	} {
		dir := settingsIn(t, text)
		put(t, filepath.Join(dir, "config.toml.1"), "order = 'name'\n")
		s, err := Open(Options{Dir: dir})
		if s != nil || preview.ReasonOf(err) != reason {
			t.Errorf("%q opens with %v, want %s", text, err, reason)
		}
		if got := names(t, dir); len(got) != 2 || content(t, filepath.Join(dir, "config.toml")) != text {
			t.Errorf("%q was touched: %q", text, got)
		}
	}
}

func TestAskedToADamagedFileIsReplacedByTheNewestGoodVersion(t *testing.T) {
	const bad = "order = 'name'\n[preview\nwidth = 480\n"
	dir := settingsIn(t, bad)
	put(t, filepath.Join(dir, "config.toml.1"), "\x00\x00\x00") // the same power cut
	put(t, filepath.Join(dir, "config.toml.2"), "order = 'oldest'\n")
	now := time.Date(2026, 11, 23, 14, 5, 9, 0, time.UTC)
	o := Options{Dir: dir, Anyway: true, Now: func() time.Time { return now }}
	s := mustOpen(t, o)
	r := s.Rescued()
	if r == nil || preview.ReasonOf(r.Fault) != preview.ConfigDamaged || r.From != filepath.Join(dir, "config.toml.2") {
		t.Fatalf("rescued %+v", r)
	}
	if s.Get().Order != preview.Oldest || content(t, s.Path()) != bad || len(names(t, dir)) != 3 {
		t.Errorf("opening came to %+v and %q", s.Get(), names(t, dir))
	}
	if err := s.Modify(quality(9)); err != nil {
		t.Fatal(err)
	}
	if got := content(t, filepath.Join(dir, "config.toml.bad-2026-11-23-140509")); got != bad {
		t.Errorf("kept aside is %q", got)
	}
	if s.Rescued() != nil || mustOpen(t, Options{Dir: dir}).Get().Order != preview.Oldest {
		t.Error("it is not good again")
	}

	// The same again is not kept twice; something else in the same second is.
	for _, text := range []string{bad, "other [", bad, "other ["} {
		put(t, s.Path(), text)
		if err := mustOpen(t, o).Modify(quality(3)); err != nil {
			t.Fatal(err)
		}
	}
	aside, err := filepath.Glob(s.Path() + ".bad-*")
	if err != nil || len(aside) != 2 || content(t, aside[1]) != "other [" {
		t.Errorf("kept aside are %q (%v)", aside, err)
	}
}

func TestWithoutAGoodVersionTheDefaultsAreTakenWhenAskedTo(t *testing.T) {
	s := mustOpen(t, Options{Dir: settingsIn(t, "["), Anyway: true})
	if r := s.Rescued(); r == nil || r.From != "" || !cmp.Equal(s.Get(), Default()) {
		t.Errorf("rescued %+v: %+v", r, s.Get())
	}
	if _, err := Open(Options{Dir: settingsIn(t, "version = 99"), Anyway: true}); preview.ReasonOf(err) != preview.ConfigNewer {
		t.Errorf("a newer file opens with %v", err)
	}
}

func TestWhatIsNoFileOfOurs(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "config.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	large := t.TempDir()
	if f, err := os.Create(filepath.Join(large, "config.toml")); err != nil || f.Truncate(8<<30) != nil || f.Close() != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"a folder": folder, "a film": large} {
		for _, anyway := range []bool{false, true} {
			if _, err := Open(Options{Dir: dir, Anyway: anyway}); preview.ReasonOf(err) != preview.ConfigDamaged {
				t.Errorf("%s opens with %v", name, err)
			}
		}
	}
}

func TestAFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, "")
	s, err := Open(Options{Dir: filepath.Join(file, "below")})
	if err == nil {
		err = s.Modify(quality(5))
	}
	if r := preview.ReasonOf(err); r != preview.ConfigReadOnly && r != preview.ConfigDamaged {
		t.Errorf("the error is %v", err)
	}
}

func TestASaveThatFailsChangesNothing(t *testing.T) {
	dir := settingsIn(t, "order = 'name'\n")
	s := mustOpen(t, Options{Dir: dir})
	// A folder where the oldest version belongs stops the rest.
	if err := os.Mkdir(backup(s.Path(), 5), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, backup(s.Path(), 4), "")
	if err := s.Modify(quality(5)); preview.ReasonOf(err) != preview.ConfigReadOnly {
		t.Errorf("the error is %v", err)
	}
	if content(t, s.Path()) != "order = 'name'\n" || s.Get().Preview.Quality == 5 {
		t.Error("it was changed all the same")
	}
}
