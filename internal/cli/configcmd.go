package cli

import (
	"context"
	"errors"

	"github.com/scrubjay/scrubjay/internal/daemon"
)

type configCmd struct {
	Show configShowCmd `cmd:"" help:"Show the settings that are in force."`
}

type configShowCmd struct {
	Origin bool `help:"Say where each value comes from: the default, the file, or the environment."`
	JSON   bool `name:"json" help:"Print one JSON object for each setting."`
}

// Run shows the settings; secrets are dots.
func (c *configShowCmd) Run(_ context.Context, a *app) error {
	return a.settings(func(s *daemon.Settings) error {
		lines := newJSONLines(a.Stdout)
		var rows [][]string
		for _, o := range s.Config.Origins() {
			if c.JSON {
				if err := lines.print(o); err != nil {
					return err
				}
				continue
			}
			row := []string{printable(o.Key), "=", printable(o.Value)}
			if c.Origin {
				row = append(row, printable(o.From))
			}
			rows = append(rows, row)
		}
		if c.JSON {
			return nil
		}
		p := a.paintFor(a.Stdout)
		return a.printTable(rows, func(_, column int, cell string) string {
			if column == 1 || column == 3 {
				return p.quiet(cell)
			}
			return cell
		})
	})
}

// settings opens the settings for as long as do looks at them.
func (a *app) settings(do func(*daemon.Settings) error) error {
	s, err := daemon.OpenSettings(a.daemonOptions())
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}
