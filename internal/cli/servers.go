package cli

import (
	"context"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
)

type serversCmd struct {
	JSON bool `name:"json" help:"Print one JSON object for each server."`
}

// serverRecord is the JSON of one server.
type serverRecord struct {
	Name       string `json:"name"`
	ID         string `json:"id"` // machine identifier
	Version    string `json:"version"`
	Platform   string `json:"platform"`
	Owned      bool   `json:"owned"`
	Online     bool   `json:"online"`     // as far as plex.tv knows
	Configured bool   `json:"configured"` // it is set up here
	URL        string `json:"url"`        // that answers; empty when none does, or when it is not set up
	ReasonID   string `json:"reason_id"`  // why it does not answer: "plex.away"
	Reason     string `json:"reason"`     // the same for people
	Hint       string `json:"hint"`
}

// Run lists the servers that are set up, and the others of the account.
func (c *serversCmd) Run(ctx context.Context, a *app) error {
	var listed []daemon.ListedServer
	err := a.settings(func(s *daemon.Settings) (err error) {
		stop := a.stderr.show(func(int, int) []string { return []string{a.paint.quiet("Looking for the servers ...")} })
		defer stop()
		listed, err = s.ListServers(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		lines := newJSONLines(a.Stdout)
		for _, l := range listed {
			if err := lines.print(serverRecord{
				Name: l.Name, ID: l.ID, Version: l.Version, Platform: l.Platform, Owned: l.Owned, Online: l.Online,
				Configured: l.Configured, URL: l.URL, ReasonID: string(l.Reason), Reason: textOf(l.Reason), Hint: hintOf(l.Reason),
			}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(listed) == 0 {
		return preview.Because(preview.NotSignedIn, "no server is set up, and nobody is signed in")
	}
	rows := [][]string{{"", "SERVER", "VERSION", "SYSTEM", "ADDRESS"}}
	for _, l := range listed {
		rows = append(rows, serverRow(l))
	}
	return a.printTable(rows, a.marked())
}

func serverRow(l daemon.ListedServer) []string {
	mark, where := "✓", l.URL
	switch {
	case !l.Configured && !l.Owned:
		mark, where = "·", "belongs to somebody else"
	case !l.Configured:
		mark, where = "·", "not set up here"
	case l.URL == "":
		mark, where = "✗", l.Reason.Text()
	}
	return []string{mark, printable(l.Name), printable(l.Version), printable(l.Platform), printable(where)}
}
