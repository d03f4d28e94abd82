package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
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
	Unknown        int      `json:"unknown"`   // the file cannot be looked at from here
	ReasonID       string   `json:"reason_id"` // why it could not be listed, or not to its end
	Reason         string   `json:"reason"`
	Hint           string   `json:"hint"`
}

// Run lists libraries and how many of their videos have previews.
func (c *librariesCmd) Run(ctx context.Context, a *app) error {
	a.limitMemory(libraryMemory)
	var all []daemon.Coverage
	err := a.settings(func(s *daemon.Settings) (err error) {
		var done atomic.Int64
		stop := a.stderr.show(func(int, int) []string {
			return []string{a.paint.quiet("Counting " + count(int(done.Load()), "video") + " ...")}
		})
		defer stop()
		all, err = s.Coverage(ctx, func(n int) { done.Store(int64(n)) })
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		lines := newJSONLines(a.Stdout)
		for _, l := range all {
			if err := lines.print(newLibraryRecord(l)); err != nil {
				return err
			}
		}
	} else if err := a.printTable(libraryRows(all), a.marked()); err != nil {
		return err
	}
	return a.libraryNotes(all)
}

// libraryNotes says below the table what is wrong, and what is not known.
func (a *app) libraryNotes(all []daemon.Coverage) error {
	unknown := 0
	var err error
	for _, l := range all {
		unknown += l.Unknown
		if l.Err != nil {
			fmt.Fprintf(a.stderr, "%s: %s\n", printable(nameOfLibrary(l)), explain(l.Err))
			err = errSomeFailed
		}
	}
	if unknown > 0 {
		fmt.Fprintf(a.stderr, "Of %s it is not known whether there is a preview: the files or Plex's data folder cannot be looked at from here. "+
			"Run %q to see which.\n", count(unknown, "video"), a.Name+" login")
	}
	return err
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
		r.ReasonID, r.Reason, r.Hint = string(reason), reason.Text(), reason.Hint()
	}
	return r
}

func libraryRows(all []daemon.Coverage) [][]string {
	several := len(all) > 0 && all[0].ServerID != all[len(all)-1].ServerID
	unknown := slices.ContainsFunc(all, func(l daemon.Coverage) bool { return l.Unknown > 0 })
	rows := [][]string{{"", "LIBRARY", "VIDEOS", "SHOWN", "ON DISK, NOT SHOWN", "MISSING"}}
	if unknown {
		rows[0] = append(rows[0], "UNKNOWN")
	}
	for _, l := range all {
		mark := "·"
		switch {
		case l.Err != nil:
			mark = "✗"
		case l.Unknown > 0:
			mark = "?"
		case l.Videos > 0 && l.Shown == l.Videos:
			mark = "✓"
		}
		name := l.Section.Title
		if several || name == "" {
			name = nameOfLibrary(l)
		}
		if l.Excluded {
			name += " (left out)"
		}
		row := []string{mark, printable(name)}
		figures := []int{l.Videos, l.Shown, l.OnDisk, l.Missing}
		if unknown {
			figures = append(figures, l.Unknown)
		}
		for _, n := range figures {
			if l.Err != nil && l.Videos == 0 {
				row = append(row, "?")
			} else {
				row = append(row, strconv.Itoa(n))
			}
		}
		rows = append(rows, row)
	}
	return right(rows, 2)
}

func nameOfLibrary(l daemon.Coverage) string {
	if l.Section.Title == "" {
		return l.Server
	}
	return l.Server + " / " + l.Section.Title
}
