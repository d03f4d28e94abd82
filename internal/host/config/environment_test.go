package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// vars is an environment.
type vars map[string]string

func (v vars) get(name string) string { return v[name] }

// origin returns where a setting comes from and its value.
func origin(t *testing.T, s *Store, key string) (value, from string) {
	t.Helper()
	for _, o := range s.Origins() {
		if o.Key == key {
			return o.Value, o.From
		}
	}
	t.Fatalf("%s is not among %v", key, s.Origins())
	return "", ""
}

func TestWhoWins(t *testing.T) {
	dir := settingsIn(t, "[preview]\ninterval = '5s'\nwidth = 480\nquality = 6\n")
	s := mustOpen(t, Options{
		Dir: dir,
		Getenv: vars{
			"SCRUBJAY_INTERVAL": " 2500ms ", "SCRUBJAY_WIDTH": "640", "SCRUBJAY_QUALITY": "", "SCRUBJAY_CPU_SLOTS": "0",
			"SCRUBJAY_GPU_SLOTS": "4", "SCRUBJAY_LOG_LEVEL": "DEBUG", "SCRUBJAY_LOG_FORMAT": "json",
			"SCRUBJAY_PLEX_TV_URL": "http://localhost:1",
		}.get,
		Flags: map[string]string{"preview.width": "800", "order": "name"},
	})
	file := filepath.Join(dir, "config.toml")
	for key, want := range map[string][2]string{
		"preview.interval":  {"2.5s", "environment SCRUBJAY_INTERVAL"},
		"preview.width":     {"800", "flag"},
		"preview.quality":   {"6", file + ":4"},
		"preview.accuracy":  {"auto", "default"},
		"order":             {"name", "flag"},
		"devices.cpu_slots": {"0", "environment SCRUBJAY_CPU_SLOTS"},
		"devices.gpu_slots": {"4", "environment SCRUBJAY_GPU_SLOTS"},
		"log.level":         {"debug", "environment SCRUBJAY_LOG_LEVEL"},
		"log.format":        {"json", "environment SCRUBJAY_LOG_FORMAT"},
		"plex_tv_url":       {"http://localhost:1", "environment SCRUBJAY_PLEX_TV_URL"},
		"version":           {"1", "default"},
	} {
		if value, from := origin(t, s, key); value != want[0] || from != want[1] {
			t.Errorf("%s is %s from %s, want %s from %s", key, value, from, want[0], want[1])
		}
	}
	c := s.Get()
	if c.Preview.Interval != Duration(2500*time.Millisecond) || c.Preview.Width != 800 || c.PlexTV != "http://localhost:1" {
		t.Errorf("in force is %+v", c)
	}

	// What lies over the file is not written into it.
	if err := s.Modify(func(c *Config) { c.Order = preview.Oldest }); err != nil {
		t.Fatal(err)
	}
	if got := s.Get(); got.Preview != c.Preview || got.Order != preview.ByName {
		t.Errorf("after a change, in force is %+v", got)
	}
	bare := mustOpen(t, Options{Dir: dir}).Get()
	if bare.Preview.Interval != Duration(5*time.Second) || bare.Preview.Width != 480 || bare.Order != preview.Oldest ||
		bare.Devices.CPUSlots != Auto || bare.PlexTV != "" {
		t.Errorf("the file has %+v", bare)
	}
}

func TestBadVariablesAreNamed(t *testing.T) {
	_, err := Open(Options{
		Dir: settingsIn(t, "[preview]\nwidth = 5\n"),
		Getenv: vars{
			"SCRUBJAY_INTERVAL": "soon", "SCRUBJAY_QUALITY": "best", "SCRUBJAY_GPU_SLOTS": "3000", "SCRUBJAY_LOG_LEVEL": "loud",
			"SCRUBJAY_PLEX_URL": "http://nas/?X-Plex-Token=hunter2", "SCRUBJAY_PLEX_DATA_DIR": "plex", "SCRUBJAY_WIDTH": "5",
			"SCRUBJAY_PLEX_TV_URL": "plex.tv",
		}.get,
		Flags: map[string]string{"preview.accuracy": "wrong", "nonsense": "1"},
	})
	if preview.ReasonOf(err) != preview.ConfigInvalid || strings.Contains(err.Error(), "hunter2") {
		t.Fatalf("the error is %v", err)
	}
	for _, want := range []string{
		"environment SCRUBJAY_PLEX_URL: must be the address alone, without a name, a password or a token",
		"environment SCRUBJAY_PLEX_DATA_DIR: must be a full path",
		"flag: nonsense is no setting that Scrubjay knows",
		"config.toml:2: preview.width must be between",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	_, err = Open(Options{
		Dir: t.TempDir(),
		Getenv: vars{
			"SCRUBJAY_INTERVAL": "soon", "SCRUBJAY_QUALITY": "best", "SCRUBJAY_GPU_SLOTS": "3000", "SCRUBJAY_LOG_LEVEL": "loud",
			"SCRUBJAY_WIDTH": "5", "SCRUBJAY_PLEX_TV_URL": "plex.tv",
		}.get,
		Flags: map[string]string{"preview.accuracy": "wrong"},
	})
	want := []string{
		"environment SCRUBJAY_INTERVAL: preview.interval must be a time such as 10s, 2500ms or 10",
		"environment SCRUBJAY_QUALITY: preview.quality must be a whole number",
		"environment SCRUBJAY_GPU_SLOTS: devices.gpu_slots must be auto, or a number from 0 to 64",
		"environment SCRUBJAY_PLEX_TV_URL: plex_tv_url must begin with http:// or https://, such as http://nas:32400",
		"environment SCRUBJAY_WIDTH: preview.width must be between 16 and 3840 pixels, not 5",
		`flag: preview.accuracy must be auto, keyframe or exact, not "wrong"`,
		`environment SCRUBJAY_LOG_LEVEL: log.level must be debug, info, warn or error, not "loud"`,
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), err.Error()); diff != "" {
		t.Error(diff)
	}
}

// TestTheServerOfTheEnvironment goes through the rule of the package comment.
func TestTheServerOfTheEnvironment(t *testing.T) {
	const two = "[[server]]\nid = 'a'\nurl = 'http://one:32400'\nname = 'One'\n[[server]]\nid = 'b'\nname = 'Two'\n"
	for _, tt := range []struct {
		name, file string
		env        vars
		id         string // told to Identify
		want       []Server
	}{
		{name: "nothing said", file: two, env: vars{"SCRUBJAY_PLEX_URL": " "}, want: []Server{
			{ID: "a", URL: "http://one:32400", Name: "One"}, {ID: "b", Name: "Two"},
		}},
		{
			name: "on its own", env: vars{"SCRUBJAY_PLEX_URL": "http://nas:32400", "SCRUBJAY_PLEX_DATA_DIR": "/plex", "SCRUBJAY_PATH_MAP": "/a=/b"},
			want: []Server{{URL: "http://nas:32400", DataDir: "/plex", MapText: "/a=/b", FromEnv: true}},
		},
		{
			name: "the same address", file: two, env: vars{"SCRUBJAY_PLEX_URL": "http://ONE:32400/", "SCRUBJAY_PLEX_DATA_DIR": "/plex"},
			want: []Server{{ID: "a", URL: "http://ONE:32400/", Name: "One", DataDir: "/plex", FromEnv: true}, {ID: "b", Name: "Two"}},
		},
		{
			name: "another address", file: two, env: vars{"SCRUBJAY_PLEX_URL": "http://nas:32400"},
			want: []Server{
				{ID: "a", URL: "http://one:32400", Name: "One"},
				{ID: "b", Name: "Two"},
				{URL: "http://nas:32400", FromEnv: true},
			},
		},
		{
			name: "another address of a server in the file", file: two, env: vars{"SCRUBJAY_PLEX_URL": "http://nas:32400"}, id: "b",
			want: []Server{
				{ID: "a", URL: "http://one:32400", Name: "One"}, {ID: "b", Name: "Two", URL: "http://nas:32400", FromEnv: true},
			},
		},
		{
			name: "another address of an unknown server", file: two, env: vars{"SCRUBJAY_PLEX_URL": "http://nas:32400"}, id: "c",
			want: []Server{
				{ID: "a", URL: "http://one:32400", Name: "One"},
				{ID: "b", Name: "Two"},
				{ID: "c", URL: "http://nas:32400", FromEnv: true},
			},
		},
		{
			name: "no address", file: two, env: vars{"SCRUBJAY_PLEX_TOKEN_FILE": "/run/token", "SCRUBJAY_PATH_MAP": "/a=/b"},
			want: []Server{
				{ID: "a", URL: "http://one:32400", Name: "One", MapText: "/a=/b", FromEnv: true}, {ID: "b", Name: "Two"},
			},
		},
		{name: "no address and no server", env: vars{"SCRUBJAY_PLEX_DATA_DIR": "/plex", "SCRUBJAY_PATH_MAP": "/a=/b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !filepath.IsAbs("/plex") {
				delete(tt.env, "SCRUBJAY_PLEX_DATA_DIR") // no full path on Windows
				for i := range tt.want {
					tt.want[i].DataDir = ""
				}
			}
			dir := settingsIn(t, "version = 1\n"+tt.file)
			s := mustOpen(t, Options{Dir: dir, Getenv: tt.env.get})
			if tt.id != "" {
				told := 0
				s.Subscribe(func(_, _ Config) { told++ })
				s.Identify(tt.id)
				if told != 1 {
					t.Errorf("told %d times", told)
				}
			}
			if diff := cmp.Diff(tt.want, s.Get().Servers); diff != "" {
				t.Error(diff)
			}
			// A change keeps the file free of it.
			if err := s.Modify(quality(9)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.Get().Servers); diff != "" {
				t.Error(diff)
			}
			plain := mustOpen(t, Options{Dir: settingsIn(t, "version = 1\n"+tt.file)}).Get().Servers
			if diff := cmp.Diff(plain, mustOpen(t, Options{Dir: dir}).Get().Servers); diff != "" {
				t.Errorf("the file changed: %s", diff)
			}
		})
	}
}

func TestOriginsOfServers(t *testing.T) {
	dir := settingsIn(t, "[[device]]\nid = 'cuda:1'\nslots = 2\n[server]\nURL = 'http://nas:32400'\n[[server.map]]\nremote = '/a'\nlocal = '/b'\n")
	s := mustOpen(t, Options{Dir: dir, Getenv: vars{
		"SCRUBJAY_PLEX_URL": "http://nas:32400", "SCRUBJAY_PLEX_TOKEN": "hunter2-hunter2", "SCRUBJAY_PATH_MAP": "/c=/d",
	}.get})
	s.Identify("4f2a")
	file := filepath.Join(dir, "config.toml")
	for key, want := range map[string][2]string{
		"device[0].slots":         {"2", file + ":3"},
		"server[0].url":           {"http://nas:32400", "environment SCRUBJAY_PLEX_URL"},
		"server[0].id":            {"4f2a", "the server at SCRUBJAY_PLEX_URL"},
		"server[0].verify_tls":    {"true", "default"},
		"server[0].map[0].remote": {"/a", file + ":7"},
		"server[0].map":           {"/c=/d", "environment SCRUBJAY_PATH_MAP"},
		"server[0].token":         {"•••", "environment SCRUBJAY_PLEX_TOKEN"},
	} {
		if value, from := origin(t, s, key); value != want[0] || from != want[1] {
			t.Errorf("%s is %s from %s, want %s from %s", key, value, from, want[0], want[1])
		}
	}
	for _, o := range s.Origins() {
		if strings.Contains(o.Value+o.From, "hunter2") {
			t.Errorf("the token is in %v", o)
		}
	}
}

// FuzzEnvironment wants settings that hold, or a list of what is wrong, whatever the environment says.
func FuzzEnvironment(f *testing.F) {
	f.Add("http://nas:32400", "/plex", "/a=/b", "5s", "320", "auto", "json")
	f.Add("http://me:pw@nas?x", "plex", "=;=", "1e99s", "99999999999999999999", "-1", "\x00")
	f.Fuzz(func(t *testing.T, url, dataDir, pathMap, interval, width, slots, format string) {
		s, err := Open(Options{Dir: t.TempDir(), Getenv: vars{
			"SCRUBJAY_PLEX_URL": url, "SCRUBJAY_PLEX_DATA_DIR": dataDir, "SCRUBJAY_PATH_MAP": pathMap, "SCRUBJAY_INTERVAL": interval,
			"SCRUBJAY_WIDTH": width, "SCRUBJAY_CPU_SLOTS": slots, "SCRUBJAY_LOG_FORMAT": format,
		}.get})
		if err != nil {
			for _, p := range problemsOf(err) {
				if !strings.HasPrefix(p.From, "environment SCRUBJAY_") {
					t.Errorf("%v does not name its variable", p)
				}
			}
			if preview.ReasonOf(err) != preview.ConfigInvalid || len(problemsOf(err)) == 0 {
				t.Errorf("the error is %v", err)
			}
			return
		}
		if found := s.Get().check(); len(found) > 0 {
			t.Errorf("in force is what cannot be: %v", found)
		}
		if err := s.Modify(quality(5)); err != nil {
			t.Error(err)
		}
	})
}
