package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
)

type librariesCmd struct {
	JSON bool `name:"json" help:"Print one JSON object for each library."`
}

// libraryRecord is the JSON of one library. Videos is the sum of shown, on_disk_not_shown, missing and unknown.
type libraryRecord struct {
	Server         string   `json:"server"`
	ServerID       string   `json:"server_id"`
	Key            string   `json:"key"`
	Title          string   `json:"title"`
	Type           string   `json:"type"` // "movie", "show"
	Folders        []string `json:"folders"`
	Excluded       bool     `json:"excluded"` // the settings leave it out
	Videos         int      `json:"videos"`
	Shown          int      `json:"shown"`
	OnDiskNotShown int      `json:"on_disk_not_shown"`
	Missing        int      `json:"missing"`
	Unknown        int      `json:"unknown"` // the file cannot be looked at from here
	ReasonID       string   `json:"reason_id"`
	Reason         string   `json:"reason"`
}

// Run lists libraries and how many of their videos have previews.
func (c *librariesCmd) Run(ctx context.Context, a *app) error {
	s, err := daemon.OpenSettings(a.daemonOptions())
	if err != nil {
		return err
	}
	defer s.Close()
	var done atomic.Int64
	stop := a.stderr.show(func(int, int) []string {
		return []string{a.paint.quiet("Counting " + count(int(done.Load()), "video") + " ...")}
	})
	all, err := s.Coverage(ctx, func(n int) { done.Store(int64(n)) })
	stop()
	if err != nil {
		return err
	}
	failed := false
	enc := json.NewEncoder(a.Stdout)
	enc.SetEscapeHTML(false)
	rows := [][]string{{"", "LIBRARY", "VIDEOS", "SHOWN", "ON DISK, NOT SHOWN", "MISSING", "UNKNOWN"}}
	for _, l := range all {
		failed = failed || l.Err != nil
		if c.JSON {
			if err := enc.Encode(newLibraryRecord(l)); err != nil {
				return &writeError{err}
			}
			continue
		}
		rows = append(rows, libraryRow(l, len(all) > 0 && all[0].ServerID != all[len(all)-1].ServerID))
	}
	if !c.JSON {
		if err := a.libraryTable(rows); err != nil {
			return err
		}
		for _, l := range all {
			if l.Err != nil {
				fmt.Fprintf(a.stderr, "%s: %s\n", printable(nameOfLibrary(l)), explain(l.Err))
			}
		}
	}
	if failed {
		return errSomeFailed
	}
	return nil
}

func (a *app) libraryTable(rows [][]string) error {
	p := a.paintFor(a.Stdout)
	return a.printTable(rows, func(row, column int, cell string) string {
		switch {
		case row == 0:
			return p.quiet(cell)
		case column == 0:
			return markOf(p, cell)
		}
		return cell
	})
}

func newLibraryRecord(l daemon.Coverage) libraryRecord {
	r := libraryRecord{
		Server: l.Server, ServerID: l.ServerID, Key: l.Section.Key, Title: l.Section.Title, Type: l.Section.Type,
		Folders: l.Section.Locations, Excluded: l.Excluded,
		Videos: l.Videos, Shown: l.Shown, OnDiskNotShown: l.OnDisk, Missing: l.Missing, Unknown: l.Unknown,
	}
	if r.Folders == nil {
		r.Folders = []string{}
	}
	if l.Err != nil {
		reason := preview.ReasonOf(l.Err)
		r.ReasonID, r.Reason = string(reason), reason.Text()
	}
	return r
}

func libraryRow(l daemon.Coverage, several bool) []string {
	mark := "·"
	switch {
	case l.Err != nil:
		mark = "✗"
	case l.Videos > 0 && l.Shown == l.Videos:
		mark = "✓"
	}
	name := l.Section.Title
	if several {
		name = nameOfLibrary(l)
	}
	if l.Excluded {
		name += " (left out)"
	}
	return []string{
		mark, printable(name), fmt.Sprint(l.Videos), fmt.Sprint(l.Shown), fmt.Sprint(l.OnDisk), fmt.Sprint(l.Missing), fmt.Sprint(l.Unknown),
	}
}

func nameOfLibrary(l daemon.Coverage) string {
	if l.Section.Title == "" {
		return l.Server
	}
	return l.Server + " / " + l.Section.Title
}
