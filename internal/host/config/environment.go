package config

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// The environment variables that describe a server. The token, which is also taken from a file that the variable with
// _FILE at its end names, is read by host/secrets.
const (
	envURL     = "SCRUBJAY_PLEX_URL"
	envToken   = "SCRUBJAY_PLEX_TOKEN"
	envDataDir = "SCRUBJAY_PLEX_DATA_DIR"
	envPathMap = "SCRUBJAY_PATH_MAP"
	envTV      = "SCRUBJAY_PLEX_TV_URL"
)

// setting is a setting that environment or flags can have a say in.
type setting struct {
	key string
	env string // empty when only a flag can
	set func(c *Config, text string) error
}

// settings lists them. What they are set to is checked with all the rest.
func settings() []setting {
	return []setting{
		{"order", "", func(c *Config, s string) error { c.Order = preview.Order(s); return nil }},
		{"preview.interval", "SCRUBJAY_INTERVAL", func(c *Config, s string) error { return c.Preview.Interval.UnmarshalText([]byte(s)) }},
		{"preview.width", "SCRUBJAY_WIDTH", func(c *Config, s string) error { return number(&c.Preview.Width, s) }},
		{"preview.quality", "SCRUBJAY_QUALITY", func(c *Config, s string) error { return number(&c.Preview.Quality, s) }},
		{"preview.accuracy", "", func(c *Config, s string) error { c.Preview.Accuracy = preview.Accuracy(s); return nil }},
		{"devices.cpu_slots", "SCRUBJAY_CPU_SLOTS", func(c *Config, s string) error { return c.Devices.CPUSlots.UnmarshalText([]byte(s)) }},
		{"devices.gpu_slots", "SCRUBJAY_GPU_SLOTS", func(c *Config, s string) error { return c.Devices.GPUSlots.UnmarshalText([]byte(s)) }},
		{"log.level", "SCRUBJAY_LOG_LEVEL", func(c *Config, s string) error { c.Log.Level = strings.ToLower(s); return nil }},
		{"log.format", "SCRUBJAY_LOG_FORMAT", func(c *Config, s string) error { c.Log.Format = strings.ToLower(s); return nil }},
		{"plex_tv_url", envTV, func(c *Config, s string) error { c.PlexTV = s; return checkURL(s) }},
	}
}

func number(n *int, text string) error {
	read, err := strconv.Atoi(text)
	if err != nil {
		return errors.New("must be a whole number")
	}
	*n = read
	return nil
}

// Environment is what SCRUBJAY_PLEX_* say of a server; see the package comment.
type Environment struct {
	PlexURL     string
	PlexDataDir string
	PathMap     string // "remote=local;remote=local"
	TokenFrom   string // the variable that has the token, or names the file that has it; empty for none
}

// layers is what lies over the file.
type layers struct {
	env  Environment
	over []layer // later ones win
	id   string  // of the server at env.PlexURL, once somebody knows
}

// layer is a value for one setting.
type layer struct {
	key, from string
	set       func(c *Config) error
}

// readLayers reads environment and flags. A flag's name is the key of its setting.
func readLayers(getenv func(string) string, flags map[string]string) (l layers, found Problems) {
	get := func(name string) string { return strings.TrimSpace(getenv(name)) }
	l.env = Environment{PlexURL: get(envURL), PlexDataDir: get(envDataDir), PathMap: get(envPathMap)}
	for _, name := range []string{envToken, envToken + "_FILE"} {
		if l.env.TokenFrom == "" && get(name) != "" {
			l.env.TokenFrom = name
		}
	}
	if l.env.PlexURL != "" {
		if err := checkURL(l.env.PlexURL); err != nil {
			found = append(found, Problem{From: fromEnv(envURL), Text: err.Error()})
			l.env.PlexURL = ""
		}
	}
	if l.env.PlexDataDir != "" && !filepath.IsAbs(l.env.PlexDataDir) {
		found = append(found, Problem{From: fromEnv(envDataDir), Text: "must be a full path"})
		l.env.PlexDataDir = ""
	}
	all := settings()
	for _, s := range all {
		if text := get(s.env); s.env != "" && text != "" {
			l.over = append(l.over, layer{s.key, fromEnv(s.env), func(c *Config) error { return s.set(c, text) }})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		text := strings.TrimSpace(flags[key])
		i := slices.IndexFunc(all, func(s setting) bool { return s.key == key })
		if i < 0 {
			found = append(found, Problem{Key: key, From: "flag", Text: "is no setting that Scrubjay knows"})
			continue
		}
		l.over = append(l.over, layer{key, "flag", func(c *Config) error { return all[i].set(c, text) }})
	}
	return l, found
}

func fromEnv(name string) string { return "environment " + name }

// on returns the settings of a file with the layers over them, where each value that they changed comes from, and what is
// wrong with the outcome.
func (l layers) on(d document) (Config, map[string]string, Problems) {
	c, from := d.config.clone(), map[string]string{}
	var found Problems
	for _, o := range l.over {
		before := c.clone()
		if err := o.set(&c); err != nil {
			found = append(found, Problem{Key: o.key, From: o.from, Text: err.Error()})
			c = before
			continue
		}
		from[o.key] = o.from
	}
	l.server(&c, from)
	return c, from, append(found, c.check().place(func(key string) string {
		if f, ok := from[key]; ok {
			return f
		}
		return d.from(key)
	})...)
}

// server puts what SCRUBJAY_PLEX_* say of a server into the settings.
func (l layers) server(c *Config, from map[string]string) {
	if l.env == (Environment{}) {
		return
	}
	i := 0
	if l.env.PlexURL != "" {
		i = slices.IndexFunc(c.Servers, func(s Server) bool { return l.id != "" && s.ID == l.id })
		if i < 0 {
			i = slices.IndexFunc(c.Servers, func(s Server) bool {
				return s.URL != "" && sameURL(s.URL) == sameURL(l.env.PlexURL) && (l.id == "" || s.ID == "")
			})
		}
		if i < 0 {
			i = len(c.Servers)
			c.Servers = append(c.Servers, Server{})
		}
	} else if len(c.Servers) == 0 {
		return
	}
	s := &c.Servers[i]
	s.FromEnv = true
	for _, field := range []struct {
		key, env, text string
		to             *string
	}{
		{"url", envURL, l.env.PlexURL, &s.URL},
		{"data_dir", envDataDir, l.env.PlexDataDir, &s.DataDir},
		{"map", envPathMap, l.env.PathMap, &s.MapText},
	} {
		if field.text != "" {
			*field.to = field.text
			from[fmt.Sprintf("server[%d].%s", i, field.key)] = fromEnv(field.env)
		}
	}
	if l.id != "" && s.ID == "" {
		s.ID = l.id
		from[fmt.Sprintf("server[%d].id", i)] = "the server at " + envURL
	}
	if l.env.TokenFrom != "" {
		from[fmt.Sprintf("server[%d].token", i)] = fromEnv(l.env.TokenFrom)
	}
}
