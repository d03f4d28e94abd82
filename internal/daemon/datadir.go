package daemon

import (
	"context"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
)

// dataDirOf looks for the data folder of a server: the one that says it is, or else the only one that says nothing.
func dataDirOf(ctx context.Context, id string) (found datadir.Dir, denied error) {
	var silent []datadir.Dir
	for _, c := range datadir.Host().Find(ctx) {
		switch {
		case c.Err != nil:
			denied = c.Err
		case c.Identity == id:
			return c.Dir, nil
		case c.Identity == "":
			silent = append(silent, c.Dir)
		}
	}
	if len(silent) == 1 {
		return silent[0], nil
	}
	return datadir.Dir{}, denied
}

// dataDir returns where the previews of a server go: what is set, or what is found. An empty one is told when it is
// needed.
func (d *Daemon) dataDir(ctx context.Context, c config.Server) string {
	if c.DataDir != "" {
		return c.DataDir
	}
	found, err := dataDirOf(ctx, c.ID)
	if err != nil {
		d.log.Warn().Err(err).Msg("could not look into a data folder of Plex")
	}
	return found.Path
}
