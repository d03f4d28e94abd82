package daemon

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/host/atomicfile"
	"github.com/scrubjay/scrubjay/internal/library/plex"
)

// addressBook remembers the addresses that plex.tv listed, so that a server is found while plex.tv is away. It holds no
// tokens. It is a file that can be deleted at any time.
type addressBook struct{ path string }

// address is a server of the book.
type address struct {
	ID            string            `json:"id"` // machine identifier
	Name          string            `json:"name"`
	HTTPSRequired bool              `json:"https_required"`
	Connections   []plex.Connection `json:"connections"`
}

// find returns what the book has on a server.
func (b addressBook) find(id string) (address, bool) {
	var all []address
	data, err := os.ReadFile(b.path)
	if err != nil || json.Unmarshal(data, &all) != nil {
		return address{}, false
	}
	i := slices.IndexFunc(all, func(a address) bool { return a.ID == id && id != "" })
	if i < 0 {
		return address{}, false
	}
	return all[i], true
}

// keep replaces the book by what plex.tv lists now. A book that cannot be written is a pity and no fault.
func (b addressBook) keep(listed []plex.Resource, log zerolog.Logger) {
	all := make([]address, len(listed))
	for i, r := range listed {
		all[i] = address{ID: r.ID, Name: r.Name, HTTPSRequired: r.HTTPSRequired, Connections: r.Connections}
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(b.path), 0o700)
	}
	if err == nil {
		err = atomicfile.Write(b.path, data, 0o600)
	}
	if err != nil {
		log.Debug().Err(err).Msg("could not keep the servers' addresses")
	}
}
