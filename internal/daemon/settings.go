package daemon

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/host/buildinfo"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/logs"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/host/secrets"
	"github.com/scrubjay/scrubjay/internal/library/plex"
)

// Options say where a daemon lives.
type Options struct {
	Dirs   paths.Dirs
	Getenv func(string) string
	Build  buildinfo.Info
	Cores  int // CPU cores that this process may use
	// Stderr is where the log is shown; nil for nowhere. It goes into the file all the same.
	Stderr io.Writer
	Color  bool
	// Verbose logs everything, whatever the settings say.
	Verbose bool

	stand standIns
}

// standIns take the place of parts of the machine in tests. The zero value takes none.
type standIns struct {
	carrier  http.RoundTripper                  // of the network
	free     func(folder string) (int64, error) // of the disk's room, in bytes
	renderer engine.Renderer                    // of FFmpeg and the devices; it gets two slots
}

// Settings are what a person has set, and the log that it asks for. Its methods may be called from any goroutine.
type Settings struct {
	Options
	Config  *config.Store
	Secrets secrets.First
	Logs    *logs.Logs
	log     zerolog.Logger
	client  plex.Client
}

// OpenSettings opens settings, secrets and log. It changes nothing but the log and, the first time, the name of this
// installation. Its errors are [preview.Fault].
func OpenSettings(o Options) (*Settings, error) {
	conf, err := config.Open(config.Options{Dir: o.Dirs.Config, Getenv: o.Getenv})
	if err != nil {
		return nil, err
	}
	c := conf.Get()
	level := c.Log.Level
	if o.Verbose {
		level = "debug"
	}
	file := c.Log.File
	if file == "" {
		file = filepath.Join(o.Dirs.State, "scrubjay.log")
	}
	l, err := logs.Open(logs.Options{
		Level: level, Format: logs.Format(c.Log.Format), Stderr: o.Stderr, Color: o.Color, File: file,
	})
	if err != nil {
		return nil, err
	}
	s := &Settings{Options: o, Config: conf, Logs: l, log: l.Logger("daemon")}
	s.Secrets, err = secrets.Open(secrets.Options{
		Dir: o.Dirs.Data, Keyring: !o.Dirs.Together, Getenv: o.Getenv, Log: l.Logger("secrets"),
	})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	id, err := secrets.ClientID(o.Dirs.Data)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	host, _ := os.Hostname() // only a name in a list
	s.client = plex.Client{ID: id, Version: o.Build.Version, Device: host, Platform: platform()}
	return s, nil
}

// Close ends the log.
func (s *Settings) Close() error { return s.Logs.Close() }

// Log returns a logger for a part of the program.
func (s *Settings) Log(module string) zerolog.Logger { return s.Logs.Logger(module) }

// platform is the system by the name that people know.
func platform() string {
	names := map[string]string{"linux": "Linux", "darwin": "macOS", "windows": "Windows", "freebsd": "FreeBSD"}
	if name, ok := names[runtime.GOOS]; ok {
		return name
	}
	return runtime.GOOS
}

// plexOptions is how we speak to plex.tv and to servers.
func (s *Settings) plexOptions() plex.Options {
	return plex.Options{Client: s.client, TV: s.Config.Get().PlexTV, Transport: s.stand.carrier, Log: s.Log("plex")}
}

func (s *Settings) connectOptions(c config.Server) plex.ConnectOptions {
	o := plex.ConnectOptions{Options: s.plexOptions(), SkipVerify: !c.Verifies(), PinnedCert: c.PinnedCertificate}
	log := s.Log("plex")
	o.Waiting = func(err error) { log.Warn().Err(err).Msg("waited for Plex") }
	if o.SkipVerify {
		log.Warn().Str("server", c.Name).Msg("the certificate of the server is not checked: whoever is on the way can read the token")
	}
	return o
}
