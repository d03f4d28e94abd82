package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Origin says where the value of a setting comes from.
type Origin struct {
	Key   string `json:"key"`   // "preview.interval", "server[0].url"
	Value string `json:"value"` // as people write it; a secret is dots
	From  string `json:"from"`  // "default", "/path/config.toml:7", "environment SCRUBJAY_INTERVAL", "flag"
}

// origins lists all settings in the order of the file. The places are those of values that are not the file's.
func origins(c Config, d document, places map[string]string) []Origin {
	var out []Origin
	add := func(key, value string) {
		from, ok := places[key]
		line, has := d.lines[key]
		switch {
		case ok:
		case has:
			from = at(d.path, line)
		default:
			from = "default"
		}
		out = append(out, Origin{key, value, from})
	}
	leaves(reflect.ValueOf(c), "", add)
	if c.PlexTV != "" {
		add("plex_tv_url", c.PlexTV)
	}
	for i, s := range c.Servers {
		if s.MapText != "" {
			add(fmt.Sprintf("server[%d].map", i), s.MapText)
		}
		if key := fmt.Sprintf("server[%d].token", i); places[key] != "" {
			add(key, "•••")
		}
	}
	return out
}

// leaves calls add for each setting in v.
func leaves(v reflect.Value, key string, add func(key, value string)) {
	for f, field := range v.Fields() {
		name := nameOf(f)
		if name == "" {
			continue
		}
		full := strings.TrimPrefix(key+"."+name, ".")
		switch {
		case field.Kind() == reflect.Struct:
			leaves(field, full, add)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			for i := range field.Len() {
				leaves(field.Index(i), fmt.Sprintf("%s[%d]", full, i), add)
			}
		case field.Kind() == reflect.Slice:
			add(full, strings.Join(field.Interface().([]string), ", "))
		case field.Kind() == reflect.Pointer: // verify_tls: nil is the default
			add(full, fmt.Sprint(field.IsNil() || field.Elem().Bool()))
		default:
			add(full, fmt.Sprint(field.Interface()))
		}
	}
}
