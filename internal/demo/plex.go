package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
)

// server is the Plex that is played.
type server struct {
	*fakeplex.Fake
	tv, pms string // addresses
	data    string // folder
}

// play begins a plex.tv and a server with two libraries and an empty data folder. Signing in needs nobody: the PIN is
// approved when it is asked for the second time.
func (d demo) play() (*server, error) {
	data := filepath.Join(d.dir, "Plex Media Server")
	for _, old := range []string{data, filepath.Join(d.dir, "settings")} {
		if err := os.RemoveAll(old); err != nil {
			return nil, err
		}
	}
	fake, err := fakeplex.New(fakeplex.Options{Name: "Demo", DataDir: data, AutoApprove: 2})
	if err != nil {
		return nil, err
	}
	s := &server{Fake: fake, data: data}
	for _, l := range []fakeplex.Library{
		{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: filepath.Join(d.dir, filmFolder)}}},
		{Title: "Shows", Type: "show", Folders: []fakeplex.Folder{{Path: filepath.Join(d.dir, "media", "Shows")}}},
	} {
		if _, err := fake.AddLibrary(l); err != nil {
			return nil, errors.Join(err, fake.Close())
		}
	}
	if s.tv, s.pms, err = fake.Start(); err != nil {
		return nil, errors.Join(err, fake.Close())
	}
	return s, nil
}

// env is the environment in which scrubjayd finds this Plex in place of the real one, and keeps its settings where they
// are in nobody's way. A real server's data folder is found by itself; this one is in no usual place.
func (s *server) env(settings string) []string {
	return []string{
		"SCRUBJAY_CONFIG_DIR=" + settings,
		"SCRUBJAY_PLEX_TV_URL=" + s.tv,
		"SCRUBJAY_PLEX_DATA_DIR=" + s.data,
	}
}

// fetch gets the first picture of each video, and the one in its twentieth second, as players do. It returns how many
// pictures there were.
func (s *server) fetch(ctx context.Context) (n int, err error) {
	for _, f := range s.Files() {
		for _, ms := range []int{0, 20_000} {
			url := fmt.Sprintf("%s/library/parts/%s/indexes/sd/%d", s.pms, f.ID, ms)
			if err := s.picture(ctx, url); err != nil {
				return n, fmt.Errorf("fetch the picture of %s at %d s: %w", f.Title, ms/1000, err)
			}
			n++
		}
	}
	return n, nil
}

func (s *server) picture(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("X-Plex-Token", s.ServerToken())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("plex answers %s", answer.Status)
	}
	_, err = jpeg.Decode(bytes.NewReader(body))
	return err
}
