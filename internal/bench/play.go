package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// library is a Plex that is played, with many videos that have no files, and a scrubjayd that is set up for it.
type library struct {
	*fakeplex.Fake
	dir     string // of all that follows
	parts   int
	section string // key
	url     string // of the server
	media   string // the library's folder on this machine; something lies in it, so that it counts as mounted
	base    string // scrubjayd's settings, queue and log
	env     []string
}

// play begins one of so many parts, of which the first have a preview.
func play(dir string, parts, shown int) (*library, error) {
	dir = filepath.Join(dir, "library")
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	l := &library{dir: dir, parts: parts, media: filepath.Join(dir, "media"), base: filepath.Join(dir, "settings")}
	if err := os.MkdirAll(l.media, 0o777); err != nil {
		return nil, err
	}
	// A video as far as its name goes: what tries to make a preview of it fails at once.
	if err := os.WriteFile(filepath.Join(l.media, "Broken.mkv"), make([]byte, 1<<20), 0o666); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "Plex Media Server")
	fake, err := fakeplex.New(fakeplex.Options{Name: "Bench", DataDir: data})
	if err != nil {
		return nil, err
	}
	l.Fake = fake
	l.section, err = fake.AddLibrary(fakeplex.Library{Title: "Films", Type: "movie", Synthetic: parts, Shown: shown})
	if err != nil {
		return nil, errors.Join(err, fake.Close())
	}
	tv, pms, err := fake.Start()
	if err != nil {
		return nil, errors.Join(err, fake.Close())
	}
	l.url = pms
	l.env = []string{
		"SCRUBJAY_CONFIG_DIR=" + l.base, "SCRUBJAY_PLEX_TV_URL=" + tv, "SCRUBJAY_PLEX_URL=" + pms,
		"SCRUBJAY_PLEX_TOKEN=" + fake.ServerToken(), "SCRUBJAY_PLEX_DATA_DIR=" + data,
		"SCRUBJAY_PATH_MAP=/synthetic/" + l.section + "=" + l.media, "SCRUBJAY_GPU_SLOTS=0",
	}
	return l, nil
}

// end ends the stand-in and removes what was written; what is left of it is in nobody's way.
func (l *library) end() {
	_ = l.Close()
	_ = os.RemoveAll(l.dir)
}

// store has do work with scrubjayd's store while scrubjayd does not run.
func (l *library) store(ctx context.Context, do func(*store.Store) error) error {
	s, err := store.Open(ctx, filepath.Join(l.base, "data", "scrubjay.db"), store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// know writes all parts into the ledger, as if scrubjayd had made their previews.
func (l *library) know(ctx context.Context) error {
	options := plex.ConnectOptions{Options: plex.Options{Client: plex.Client{ID: plex.NewClientID()}}}
	server, err := plex.Connect(ctx, plex.Target{URL: l.url, Token: secret.New(l.ServerToken())}, options)
	if err != nil {
		return err
	}
	defer server.Close()
	return l.store(ctx, func(s *store.Store) error {
		for page, err := range server.Parts(ctx, plex.Section{Key: l.section, Type: plex.Movies}, plex.PartQuery{}) {
			if err != nil {
				return err
			}
			entries := make([]preview.Entry, len(page.Parts))
			for i, p := range page.Parts {
				path := filepath.Join(l.media, filepath.Base(p.File))
				version := preview.Version{Size: p.Size, ModTime: p.Changed}
				entries[i] = preview.Entry{
					Source: l.source(), Key: p.ID, Path: path, Listed: version, File: version, Out: path + ".bif",
					Interval: 10 * time.Second, Width: 320, Quality: 4, Recipe: "packets", Shown: true, When: time.Now(),
				}
			}
			if err := s.Keep(ctx, entries); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *library) source() string { return "plex:" + l.Identity() }

// queue leaves a task for each part, as a scrubjayd that was ended after it had listed the library. The first is that of
// a file that is there.
func (l *library) queue(ctx context.Context) error {
	return l.store(ctx, func(s *store.Store) error {
		j, err := s.AddJob(ctx, preview.Job{
			Kind: preview.ScanJob, Title: "Scan all libraries of Bench", Source: l.source(), State: preview.JobRunning,
			Selection: preview.Selection{All: true, Order: preview.Newest}, Created: time.Now(), Started: time.Now(),
			Counts: preview.Counts{Videos: l.parts, Waiting: l.parts}, Listed: l.parts, Total: l.parts,
		})
		if err != nil {
			return err
		}
		tasks := make([]preview.Task, l.parts)
		for i := range tasks {
			name := fmt.Sprintf("Film %06d.mkv", i)
			if i == 0 {
				name = "Broken.mkv"
			}
			tasks[i] = preview.Task{Job: j.ID, State: preview.TaskQueued, Video: preview.Video{
				Source: l.source(), Key: strconv.Itoa(i + 1), Library: l.section, Title: strings.TrimSuffix(name, ".mkv"),
				Path: filepath.Join(l.media, name), Remote: "/synthetic/" + l.section + "/" + name, Size: 1 << 20, Items: []string{strconv.Itoa(i + 1)},
			}}
		}
		_, err = s.AddTasks(ctx, tasks)
		return err
	})
}

// summary is the last line that scrubjayd prints, as far as it is used here.
type summary struct {
	Videos  int `json:"videos"`
	Already int `json:"already"`
	Shown   int `json:"shown"`
}

func lastLine(out []byte) (s summary, err error) {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if last := lines[len(lines)-1]; len(last) > 0 {
		err = json.Unmarshal(last, &s)
	}
	return s, err
}

// figure returns the number before a unit in what "go test -bench" prints.
func figure(out []byte, unit string) (float64, error) {
	words := strings.Fields(string(out))
	if i := slices.Index(words, unit); i > 0 {
		return strconv.ParseFloat(words[i-1], 64)
	}
	return 0, fmt.Errorf("there are no %s in what the benchmark says:\n%s", unit, out)
}
