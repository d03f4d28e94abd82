package config

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// check returns all that is wrong with c, in the order of the file.
func (c Config) check() Problems {
	var p Problems
	add := func(key, format string, args ...any) {
		p = append(p, Problem{Key: key, Text: fmt.Sprintf(format, args...)})
	}
	oneOf := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			last := len(allowed) - 1
			add(key, "must be %s or %s, not %q", strings.Join(allowed[:last], ", "), allowed[last], value)
		}
	}
	slots := func(key string, s Slots) {
		if s < Auto || s > MaxSlots {
			add(key, "must be auto, or a number from 0 to %d", MaxSlots)
		}
	}

	if c.Version != Current {
		add("version", "must be %d", Current)
	}
	oneOf("order", string(c.Order), string(preview.Newest), string(preview.Oldest), string(preview.Random), string(preview.ByName))
	p = append(p, c.Preview.check()...)
	slots("devices.cpu_slots", c.Devices.CPUSlots)
	slots("devices.gpu_slots", c.Devices.GPUSlots)
	p = append(p, c.Rules.check()...)
	oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", c.Log.Format, "pretty", "json")
	if c.Log.File != "" && !filepath.IsAbs(c.Log.File) {
		add("log.file", "must be a full path")
	}
	devices := map[string]bool{}
	for i, d := range c.Device {
		key := fmt.Sprintf("device[%d].", i)
		switch {
		case d.ID == "":
			add(key+"id", "must say which device; scrubjayd devices lists them")
		case devices[d.ID]:
			add(key+"id", "is there twice")
		}
		devices[d.ID] = true
		slots(key+"slots", d.Slots)
	}
	return append(p, checkServers(c.Servers)...)
}

// check puts the spec's own words behind the user's keys.
func (p Preview) check() (found Problems) {
	sound := preview.DefaultSpec()
	ask := func(key string, change func(s *preview.Spec)) {
		s := sound
		change(&s)
		if err := s.Check(); err != nil {
			found = append(found, Problem{Key: "preview." + key, Text: strings.TrimPrefix(err.Error(), key+" ")})
		}
	}
	if p.Interval == unreadable {
		found = append(found, Problem{Key: "preview.interval", Text: "must be a time such as 10s, 2500ms or 10"})
	} else {
		ask("interval", func(s *preview.Spec) { s.Interval = p.Interval.Duration() })
	}
	ask("width", func(s *preview.Spec) { s.Width = p.Width })
	ask("quality", func(s *preview.Spec) { s.Quality = p.Quality })
	ask("accuracy", func(s *preview.Spec) { s.Accuracy = p.Accuracy })
	return found
}

func (r Rules) check() (found Problems) {
	for _, list := range []struct {
		key   string
		words []string
	}{
		{"include_libraries", r.IncludeLibraries},
		{"exclude_libraries", r.ExcludeLibraries},
		{"include_paths", r.IncludePaths},
		{"exclude_paths", r.ExcludePaths},
		{"include_regex", r.IncludeRegex},
		{"exclude_regex", r.ExcludeRegex},
	} {
		key := "rules." + list.key
		for i, word := range list.words {
			// An empty rule would match everything, or nothing; nobody means either.
			if strings.TrimSpace(word) == "" {
				found = append(found, Problem{Key: key, Text: fmt.Sprintf("has nothing in place %d", i+1)})
			} else if strings.HasSuffix(list.key, "regex") {
				if _, err := regexp.Compile(word); err != nil {
					found = append(found, Problem{Key: key, Text: fmt.Sprintf("has %q, which is no regular expression: %v", word, err)})
				}
			}
		}
	}
	return found
}

func checkServers(servers []Server) (found Problems) {
	ids, urls := map[string]bool{}, map[string]bool{}
	for i, s := range servers {
		add := func(key, text string) {
			found = append(found, Problem{Key: fmt.Sprintf("server[%d].%s", i, key), Text: text})
		}
		if s.ID == "" && s.URL == "" {
			add("url", "must be the server's address, unless id says which server it is")
		}
		if s.ID != "" && ids[s.ID] {
			add("id", "is there twice")
		}
		ids[s.ID] = true
		if s.URL != "" {
			if err := checkURL(s.URL); err != nil {
				add("url", err.Error())
			} else if key := sameURL(s.URL); urls[key] {
				add("url", "is there twice")
			} else {
				urls[key] = true
			}
		}
		if s.PinnedCertificate != "" && !fingerprint(s.PinnedCertificate) {
			add("pinned_certificate", "must be a SHA-256: 64 digits and letters from a to f, with colons between them or not")
		}
		if s.DataDir != "" && !filepath.IsAbs(s.DataDir) {
			add("data_dir", "must be a full path")
		}
		for n, name := range s.ExcludeLibraries {
			if strings.TrimSpace(name) == "" {
				add("exclude_libraries", fmt.Sprintf("has nothing in place %d", n+1))
			}
		}
		for n, m := range s.Maps {
			if strings.TrimSpace(m.Remote) == "" {
				add(fmt.Sprintf("map[%d].remote", n), "must be the folder as Plex names it")
			}
			if strings.TrimSpace(m.Local) == "" {
				add(fmt.Sprintf("map[%d].local", n), "must be the same folder as this machine names it")
			}
		}
	}
	return found
}

// checkURL says what is wrong with an address. It never repeats the address: people paste ones with a token in them.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	// "nas:32400" parses as a scheme, and "192.168.1.5:32400" not at all.
	case !strings.Contains(text, "://"):
		return fmt.Errorf("must begin with http:// or https://, such as http://nas:32400")
	case err != nil || u.Hostname() == "":
		return fmt.Errorf("must be an address such as http://nas:32400")
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("must begin with http:// or https://")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("must be the address alone, without a name, a password or a token")
	}
	return nil
}

// sameURL returns one text for all ways to write an address that [checkURL] found sound.
func sameURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + host + strings.TrimRight(u.Path, "/")
}

// fingerprint reports whether text is a SHA-256 in hex.
func fingerprint(text string) bool {
	b, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	return err == nil && len(b) == 32
}
