package daemon

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/host/buildinfo"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/logs"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/host/secrets"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
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
	return plex.Options{Client: s.client, TV: s.Config.Get().PlexTV, Log: s.Log("plex")}
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

// token returns the token for a server, from the environment or from where secrets are kept.
func (s *Settings) token(ctx context.Context, c config.Server) (secret.Secret, error) {
	if c.FromEnv && s.Config.Environment().TokenFrom != "" {
		return s.Secrets.Get(ctx, secrets.EnvPlexToken)
	}
	return s.Secrets.Get(ctx, secrets.Server(c.ID))
}

// servers returns the servers of the settings, ready to be connected. One that only the environment describes tells who
// it is when it is asked; that is remembered, so that it may be away the next time.
func (s *Settings) servers(ctx context.Context, account *plex.Account, notes notes) ([]*server, error) {
	signIn, err := s.Secrets.Get(ctx, secrets.Account)
	if err != nil {
		s.log.Warn().Err(err).Msg("could not read the account's token")
	}
	var out []*server
	for _, c := range s.Config.Get().Servers {
		token, err := s.token(ctx, c)
		if err != nil {
			return nil, err
		}
		if c.FromEnv && c.ID == "" {
			id, err := s.identify(ctx, c, token, notes)
			if err != nil {
				return nil, err
			}
			s.Config.Identify(id)
			// From here on the file may have more to say of it.
			now := s.Config.Get().Servers
			if i := slices.IndexFunc(now, func(n config.Server) bool { return n.FromEnv }); i >= 0 {
				c = now[i]
			}
			c.ID = id
		}
		if slices.ContainsFunc(out, func(o *server) bool { return o.conf.ID == c.ID }) {
			continue
		}
		out = append(out, &server{
			conf: c, token: token, account: account, signIn: signIn, book: s.book(), options: s.connectOptions(c),
			log: s.Log("plex"),
		})
	}
	return out, nil
}

func (s *Settings) book() addressBook {
	return addressBook{path: filepath.Join(s.Dirs.Cache, "servers.json")}
}

// notes remembers words over restarts.
type notes interface {
	Note(ctx context.Context, name, value string) error
	Noted(ctx context.Context, name string) (string, error)
}

// identify asks the server at SCRUBJAY_PLEX_URL who it is.
func (s *Settings) identify(ctx context.Context, c config.Server, token secret.Secret, notes notes) (string, error) {
	name := "server at " + c.URL
	live, err := plex.Connect(ctx, plex.Target{URL: c.URL, Token: token}, s.connectOptions(c))
	if err == nil {
		defer live.Close()
		if notes != nil {
			if err := notes.Note(ctx, name, live.ID()); err != nil {
				return "", err
			}
		}
		return live.ID(), nil
	}
	if notes != nil && ctx.Err() == nil {
		if id, noted := notes.Noted(ctx, name); noted == nil && id != "" {
			s.log.Warn().Err(err).Msg("the server does not answer; it is taken for the one that answered last")
			return id, nil
		}
	}
	return "", err
}

// errNotSignedIn says that there is no server to work with.
func errNotSignedIn() error {
	return preview.Because(preview.NotSignedIn, "%w", errors.New("no server in the settings or the environment"))
}
