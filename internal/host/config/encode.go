package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// head stands at the top of the file.
const head = `# Scrubjay's settings.
#
# Scrubjay writes this file anew when a setting is changed elsewhere. What you set here stays, comments that you add do
# not. The five versions before are kept beside it, the newest as config.toml.1.
#
# Put Windows' paths in single quotes: 'D:\Films'. What the environment (SCRUBJAY_...) or a flag says wins over this file;
# "scrubjayd config show --origin" tells which of them did. Tokens do not belong here.

`

// encode writes settings as the file has them, with an example as a comment where a list of parts is empty. It is made of
// the same structs, so it cannot say what is not so.
func encode(c Config) ([]byte, error) {
	c = c.clone()
	example := map[string]bool{"device": len(c.Device) == 0, "server": len(c.Servers) == 0}
	if example["device"] {
		c.Device = []Device{{ID: "cuda:GPU-1c6f", Slots: 2}}
	}
	if example["server"] {
		c.Servers = []Server{{
			Name: "Home", URL: "http://nas:32400", DataDir: "/plex/Library/Application Support/Plex Media Server",
			Maps: []Map{{Remote: "/data/films", Local: "/mnt/films"}},
		}}
	}
	for i := range c.Servers {
		s := &c.Servers[i]
		s.VerifyTLS = new(s.Verifies()) // said also where it is the default, with its comment
	}
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).EnableMarshalerInterface().Encode(c); err != nil {
		return nil, fmt.Errorf("write settings: %w", err)
	}
	var out bytes.Buffer
	out.WriteString(head)
	off := false
	for line := range strings.Lines(text.String()) {
		if part, ok := strings.CutPrefix(line, "[["); ok {
			off = example[part[:strings.IndexAny(part, ".]")]]
		}
		if off && line != "\n" && line[0] != '#' {
			out.WriteByte('#')
		}
		out.WriteString(line)
	}
	return out.Bytes(), nil
}
