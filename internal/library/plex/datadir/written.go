package datadir

import (
	"bytes"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// variable says which folder the data folder is in. Plex's own start script reads it from the environment.
const variable = "PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR"

// longest is how long a small file of the system may be, in bytes. The mounts of a machine with many containers have
// the most.
const longest = 1 << 20

// written are the places that files of the system name: where somebody moved the data folder to.
func (m Machine) written() []place {
	var all []place
	if dir := m.env(variable); strings.HasPrefix(dir, "/") {
		all = append(all, place{dir, "named in the environment"})
	}
	files := m.expand("/etc/systemd/system/plexmediaserver.service.d/*.conf") // they win over the unit
	files = append(files, "/etc/default/plexmediaserver", "/etc/conf.d/plexmediaserver",
		"/etc/systemd/system/plexmediaserver.service", "/usr/lib/systemd/system/plexmediaserver.service",
		"/lib/systemd/system/plexmediaserver.service")
	for _, file := range files {
		if text, err := m.ReadFile(file, longest); err == nil {
			if dir := assigned(text); dir != "" {
				all = append(all, place{dir, "named in " + file})
			}
		}
	}
	if text, err := m.ReadFile("/etc/config/qpkg.conf", longest); err == nil {
		if dir := installed(text); dir != "" {
			all = append(all, place{m.join(dir, "Library", name), "named in /etc/config/qpkg.conf"})
		}
	}
	return slices.DeleteFunc(all, func(p place) bool { return strings.Contains(p.pattern, "*") })
}

// assigned returns the folder that a file of shell assignments, or a systemd unit, gives to the variable; the last one
// counts, as it does there. These are all met:
//
//	PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR="/srv/plex/Application Support"
//	export PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR=/srv/plex/Application\ Support
//	Environment="PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR=/srv/plex/Application Support"
func assigned(text []byte) (dir string) {
	for line := range lines(text) {
		before, value, ok := strings.Cut(line, variable+"=")
		if !ok || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		quote := ""
		if before != "" && strings.ContainsAny(before[len(before)-1:], `"'`) {
			quote = before[len(before)-1:]
		} else if value != "" && strings.ContainsAny(value[:1], `"'`) {
			quote, value = value[:1], value[1:]
		}
		if value = upTo(value, quote); strings.HasPrefix(value, "/") && !strings.Contains(value, "$") {
			dir = value
		}
	}
	return dir
}

// upTo returns a value up to its closing quote or, where it has none, up to a blank that no backslash guards.
func upTo(value, quote string) string {
	if quote != "" {
		value, _, _ = strings.Cut(value, quote)
		return value
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && i+1 < len(value):
			i++
			b.WriteByte(value[i])
		case c == ' ' || c == '\t':
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// installed returns where QNAP's list of packages says that Plex is.
func installed(text []byte) string {
	here := false
	for line := range lines(text) {
		if strings.HasPrefix(line, "[") {
			here = strings.EqualFold(line, "[PlexMediaServer]")
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		if value = strings.TrimSpace(value); here && strings.EqualFold(strings.TrimSpace(key), "Install_Path") && strings.HasPrefix(value, "/") {
			return value
		}
	}
	return ""
}

// mounts returns the folders that were mounted into this container, as the kernel lists them: a line has the mount
// point in its fifth field, with blanks as \040, and the kind of file system after a lone dash.
func (m Machine) mounts() []string {
	text, err := m.ReadFile("/proc/self/mountinfo", longest)
	if err != nil {
		return nil
	}
	var all []string
	for line := range lines(text) {
		fields := strings.Fields(line)
		dash := slices.Index(fields, "-")
		if dash < 5 || dash+1 >= len(fields) {
			continue
		}
		switch fields[dash+1] {
		case "proc", "sysfs", "tmpfs", "devpts", "devtmpfs", "mqueue", "cgroup", "cgroup2", "overlay", "aufs":
			continue
		}
		point := unescape(fields[4])
		if top, _, _ := strings.Cut(strings.TrimPrefix(point, "/"), "/"); top == "" || slices.Contains([]string{"proc", "sys", "dev", "etc", "run", "usr", "lib"}, top) {
			continue
		}
		if info, err := m.Stat(point); err == nil && info.IsDir() {
			all = append(all, point)
		}
	}
	return all
}

// unescape turns \040 into a blank, and other bytes that are written so into themselves.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// lines are the lines of a small file without the blanks around them.
func lines(text []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range bytes.Lines(text) {
			if !yield(strings.TrimSpace(string(line))) {
				return
			}
		}
	}
}
