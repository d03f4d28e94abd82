// Package config keeps the settings that people may change: one TOML file, with the environment and flags over it.
//
// # What wins
//
// A flag wins over the environment, that over the file, and that over the default; [Store.Origins] says for each value
// who won. What the environment and flags say is never written into the file. A variable that is set but empty counts as
// not set.
//
// # The server in the environment
//
// SCRUBJAY_PLEX_URL, SCRUBJAY_PLEX_DATA_DIR, SCRUBJAY_PATH_MAP and SCRUBJAY_PLEX_TOKEN describe one server. With a URL,
// they win over what the file says of the first [[server]] with that URL (or, once [Store.Identify] has told which server
// answers there, of the one with that identifier), and the rest of that entry stays; when the file has no such entry, they
// are a server of their own, the last of the list. Without a URL, they win over the first [[server]] of the file, and wait
// while there is none. Rows of SCRUBJAY_PATH_MAP come before those of the file.
//
// # The file
//
// It is written with comments, which come from the struct tags below, and with mode 0600. Comments of a person's own are
// lost when Scrubjay writes it; values never are: what was changed by hand since it was read is read again first. A file
// that has a mistake is refused by line and never quietly replaced by defaults. The last five versions that were good are
// kept beside it as config.toml.1 (the newest) to config.toml.5.
//
// The package knows no secrets but whether there is one in the environment; see host/secrets. What a value means to
// those who use it (whether a library exists, what a path map says) is not known here.
package config

import (
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Current is the version of the settings' layout that this program writes.
const Current = 1

// Config is all settings. It is a value: what [Store.Get] returns shares nothing with the store.
type Config struct {
	Version int           `toml:"version" comment:"The layout of this file. Leave it as it is."`
	Order   preview.Order `toml:"order" comment:"Which videos come first: newest, oldest, random or name."`
	Preview Preview       `toml:"preview" comment:"How previews look."`
	Devices Devices       `toml:"devices" comment:"How many videos are worked on at once."`
	Rules   Rules         `toml:"rules" comment:"Which videos are left out, of all servers and folders."`
	Log     Log           `toml:"log" comment:"What is logged, and where."`
	Device  []Device      `toml:"device,omitempty" comment:"A GPU with a setting of its own; one such part for each. \"scrubjayd devices\" lists the IDs."`
	Servers []Server      `toml:"server,omitempty" comment:"A Plex server; one such part for each. \"scrubjayd login\" writes it."`

	// PlexTV replaces https://plex.tv, for tests; SCRUBJAY_PLEX_TV_URL. Empty for the real one.
	PlexTV string `toml:"-"`
}

// Preview says how previews look.
type Preview struct {
	Interval Duration         `toml:"interval" comment:"Time between two pictures: 10s, 2500ms, or plain seconds."`
	Width    int              `toml:"width" comment:"Width of the pictures in pixels."`
	Quality  int              `toml:"quality" comment:"2 (best) to 31 (smallest), as FFmpeg's -q:v."`
	Accuracy preview.Accuracy `toml:"accuracy" comment:"How near to its time a picture must be: auto, keyframe (fastest) or exact (slowest)."`
}

// Spec returns the preview's settings as the renderer takes them.
func (p Preview) Spec() preview.Spec {
	return preview.Spec{Interval: p.Interval.Duration(), Width: p.Width, Quality: p.Quality, Accuracy: p.Accuracy}
}

// Devices says how many videos are worked on at once.
type Devices struct {
	CPUSlots Slots `toml:"cpu_slots" comment:"Videos at once on the CPU: auto, or a number. 0 leaves the CPU out."`
	GPUSlots Slots `toml:"gpu_slots" comment:"Videos at once on each GPU: auto, or a number. 0 leaves the GPUs out."`
}

// Device is a device with a setting of its own.
type Device struct {
	ID    string `toml:"id" comment:"As \"scrubjayd devices\" shows it."`
	Slots Slots  `toml:"slots" comment:"Videos at once on this device: auto, or a number. 0 leaves it out."`
}

// Rules says which videos are left out. What is included narrows everything down; what is excluded wins.
type Rules struct {
	IncludeLibraries []string `toml:"include_libraries" comment:"Names or keys of the only libraries to work on; empty for all of films and shows."`
	ExcludeLibraries []string `toml:"exclude_libraries" comment:"Names or keys of libraries to leave out."`
	IncludePaths     []string `toml:"include_paths" comment:"The only folders to work on, as this machine names them; empty for all."`
	ExcludePaths     []string `toml:"exclude_paths" comment:"Folders and files to leave out, as this machine names them."`
	IncludeRegex     []string `toml:"include_regex" comment:"Regular expressions (RE2) of which one must match the path; empty for all."`
	ExcludeRegex     []string `toml:"exclude_regex" comment:"Regular expressions (RE2) of paths to leave out."`
}

// Log says what is logged, and where.
type Log struct {
	Level  string `toml:"level" comment:"debug, info, warn or error."`
	Format string `toml:"format" comment:"pretty (for people) or json (for programs)."`
	File   string `toml:"file" comment:"Full path of the log file; empty for the usual place."`
}

// Server is a Plex server.
type Server struct {
	Name              string   `toml:"name" comment:"What you call it."`
	ID                string   `toml:"id" comment:"Its machine identifier; another server at the same address is not trusted."`
	URL               string   `toml:"url" comment:"Its address, such as http://nas:32400. Empty to use those that plex.tv lists."`
	VerifyTLS         *bool    `toml:"verify_tls,omitempty" comment:"Check its certificate. Better than false: pin it."`
	PinnedCertificate string   `toml:"pinned_certificate" comment:"SHA-256 of the only certificate to trust, in hex; empty to trust what the system trusts."`
	DataDir           string   `toml:"data_dir" comment:"Plex's data folder on this machine (\"Plex Media Server\"); empty to look in the usual places."`
	ExcludeLibraries  []string `toml:"exclude_libraries" comment:"Names or keys of its libraries to leave out."`
	Maps              []Map    `toml:"map,omitempty" comment:"Where its folders are on this machine; one such part for each."`

	// MapText is SCRUBJAY_PATH_MAP as it was given ("remote=local;remote=local"), when that belongs to this server.
	MapText string `toml:"-"`
	// FromEnv says that SCRUBJAY_PLEX_* describe this server: the token there, if there is one, is for it and no other.
	FromEnv bool `toml:"-"`
}

// Verifies reports whether the server's certificate is checked.
func (s Server) Verifies() bool { return s.VerifyTLS == nil || *s.VerifyTLS }

// Map is one row of a path map.
type Map struct {
	Remote string `toml:"remote" comment:"The folder as Plex names it."`
	Local  string `toml:"local" comment:"The same folder as this machine names it."`
}

// Default returns the settings of somebody who set none.
func Default() Config {
	spec := preview.DefaultSpec()
	return Config{
		Version: Current,
		Order:   preview.Newest,
		Preview: Preview{Interval: Duration(spec.Interval), Width: spec.Width, Quality: spec.Quality, Accuracy: spec.Accuracy},
		Devices: Devices{CPUSlots: Auto, GPUSlots: Auto},
		Log:     Log{Level: "info", Format: "pretty"},
	}
}

// clone returns a copy that shares nothing with c. What is empty, or said although it is the default, is nil in it, so
// that equal settings are equal values.
func (c Config) clone() Config {
	for _, list := range []*[]string{
		&c.Rules.IncludeLibraries, &c.Rules.ExcludeLibraries, &c.Rules.IncludePaths, &c.Rules.ExcludePaths,
		&c.Rules.IncludeRegex, &c.Rules.ExcludeRegex,
	} {
		*list = copyOf(*list)
	}
	c.Device = copyOf(c.Device)
	c.Servers = copyOf(c.Servers)
	for i := range c.Servers {
		s := &c.Servers[i]
		s.ExcludeLibraries = copyOf(s.ExcludeLibraries)
		s.Maps = copyOf(s.Maps)
		if s.Verifies() {
			s.VerifyTLS = nil
		} else {
			s.VerifyTLS = new(false)
		}
	}
	return c
}

func copyOf[T any](list []T) []T { return append([]T(nil), list...) }
