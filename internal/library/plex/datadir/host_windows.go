package datadir

import (
	"errors"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// registered reads what the registry has of Plex: this user's part, then those of the other users that are signed in or
// have services running.
func registered() []Registry {
	users, err := registry.USERS.ReadSubKeyNames(-1)
	if err != nil {
		users = nil // only our own, then
	}
	found := []Registry{settings(registry.CURRENT_USER, "")}
	for _, sid := range users {
		if !strings.HasSuffix(sid, "_Classes") {
			found = append(found, settings(registry.USERS, sid+`\`))
		}
	}
	return found
}

// settings reads a user's part below a hive. Values that are missing or cannot be read are empty.
func settings(hive registry.Key, prefix string) Registry {
	var r Registry
	read(hive, prefix+`Software\Plex, Inc.\Plex Media Server`, map[string]*string{
		"LocalAppDataPath": &r.Moved, "MachineIdentifier": &r.Machine, "ProcessedMachineIdentifier": &r.Identity,
	})
	read(hive, prefix+`Volatile Environment`, map[string]*string{"LOCALAPPDATA": &r.AppData})
	return r
}

func read(hive registry.Key, path string, values map[string]*string) {
	key, err := registry.OpenKey(hive, path, registry.QUERY_VALUE)
	if err != nil {
		return
	}
	defer func() { _ = key.Close() }()
	for name, to := range values {
		value, kind, err := key.GetStringValue(name)
		if err != nil && !errors.Is(err, registry.ErrUnexpectedType) {
			continue
		}
		if kind == registry.EXPAND_SZ {
			if expanded, err := registry.ExpandString(value); err == nil {
				value = expanded
			}
		}
		*to = value
	}
}
