package daemon

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// bundles finds previews on the disk.
type bundles struct {
	dir   datadir.Dir
	local func(remote string) []string
}

func (s *Settings) bundles(ctx context.Context, c config.Server) (*bundles, error) {
	m, err := mapOf(c)
	if err != nil {
		return nil, err
	}
	b := &bundles{local: m.Local}
	if c.DataDir != "" {
		b.dir, err = datadir.Open(c.DataDir)
	} else {
		b.dir, err = dataDirOf(ctx, c.ID)
	}
	if err == nil && b.dir.Path != "" {
		err = b.dir.Check(c.ID)
	}
	if err != nil {
		s.log.Warn().Err(err).Msg("could not look for previews on the disk")
		b.dir = datadir.Dir{}
	}
	return b, nil
}

// there reports whether a preview of a file lies in its bundle. An error says that nobody can tell.
func (b *bundles) there(ctx context.Context, remote string) (bool, error) {
	if b.dir.Path == "" {
		return false, preview.Because(preview.PlexDataMissing, "no data folder")
	}
	for _, local := range b.local(remote) {
		hash, _, err := bundle.HashFile(ctx, local)
		if err != nil {
			continue
		}
		path, err := bundle.Path(hash)
		if err != nil {
			return false, err
		}
		return filled(b.dir.Path, path)
	}
	return false, preview.Because(preview.VideoMissing, "none of the places of %s can be read", remote)
}

// filled reports whether there is a file with something in it at a slash path below a folder.
func filled(root, path string) (bool, error) {
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}
