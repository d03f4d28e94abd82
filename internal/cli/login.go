package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

type loginCmd struct {
	Server    string `placeholder:"NAME" help:"The server to use, by name or machine identifier. Without it you are asked when there are several."`
	NoBrowser bool   `help:"Only print the address, open no browser."`
	DataDir   path   `placeholder:"DIR" help:"Plex's data folder on this machine, called \"Plex Media Server\". Without it, it is looked for."`
}

// Run takes a person from a Plex account to settings that work.
func (c *loginCmd) Run(ctx context.Context, a *app) error {
	return a.signingIn(func(in *daemon.SignIn) error {
		if err := c.signIn(ctx, a, in); err != nil {
			return err
		}
		servers, err := in.Servers(ctx)
		if err != nil {
			return err
		}
		server, err := c.choose(ctx, a, servers)
		if err != nil {
			return err
		}
		return c.examine(ctx, a, in, server)
	})
}

// signingIn hands do the way to sign in.
func (a *app) signingIn(do func(*daemon.SignIn) error) error {
	s, err := daemon.OpenSettings(a.daemonOptions())
	if err != nil {
		return err
	}
	defer s.Close()
	in := s.SignIn()
	defer in.Close()
	return do(in)
}

func (c *loginCmd) signIn(ctx context.Context, a *app, in *daemon.SignIn) error {
	pin, err := in.Begin(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "Open this address and sign in to Plex:\n\n  %s\n\nCode: %s\n\n", pin.URL, pin.Code)
	if _, _, ok := a.Screen(a.Stdout); ok && !c.NoBrowser {
		openBrowser(ctx, pin.URL)
	}
	stop := a.stderr.show(func(int, int) []string {
		return []string{a.paint.quiet("Waiting for you to sign in, " + left(max(0, pin.Expires.Sub(a.Now()))) + " ...")}
	})
	user, err := in.Wait(ctx, pin)
	stop()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s Signed in as %s.\n", a.paintFor(a.Stdout).good("✓"), printable(user.Name))
	return nil
}

// openBrowser opens an address where there is a desktop to open it on. Where there is none, the person has read it.
func openBrowser(ctx context.Context, url string) {
	program, args := browser(url)
	if path, err := exec.LookPath(program); err == nil {
		cmd := exec.CommandContext(ctx, path, args...)
		if cmd.Start() == nil {
			go func() { _ = cmd.Wait() }() // it ends when it has told the browser
		}
	}
}

// choose returns the server that is meant, asking when there is somebody to ask.
func (c *loginCmd) choose(ctx context.Context, a *app, servers []plex.Resource) (plex.Resource, error) {
	if len(servers) == 0 {
		return plex.Resource{}, preview.Because(preview.AccountNoServer, "the account lists no server")
	}
	if c.Server != "" {
		return named(servers, c.Server)
	}
	own := slices.DeleteFunc(slices.Clone(servers), func(r plex.Resource) bool { return !r.Owned })
	if len(own) == 1 {
		return own[0], nil
	}
	if len(own) == 0 {
		return servers[0], nil // the examination says what is wrong with it
	}
	fmt.Fprintln(a.Stdout, "Your servers:")
	rows := make([][]string, len(own))
	for i, r := range own {
		rows[i] = []string{"  " + strconv.Itoa(i+1), printable(r.Name), printable(r.Platform), printable(r.Version)}
	}
	fmt.Fprintln(a.Stdout, strings.Join(table(rows, nil), "\n"))
	if !a.interactive() {
		return plex.Resource{}, usage("there are several servers; choose one with --server NAME")
	}
	answers := bufio.NewScanner(a.Stdin)
	for {
		fmt.Fprint(a.Stdout, "Which one? ")
		if !answers.Scan() || ctx.Err() != nil {
			return plex.Resource{}, usage("no server was chosen")
		}
		n, err := strconv.Atoi(strings.TrimSpace(answers.Text()))
		if err == nil && n >= 1 && n <= len(own) {
			return own[n-1], nil
		}
	}
}

// named finds a server by name or identifier.
func named(servers []plex.Resource, name string) (plex.Resource, error) {
	var names []string
	for _, r := range servers {
		if strings.EqualFold(r.Name, name) || r.ID == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return plex.Resource{}, usage("--server: there is no %q in this account, only %s", name, strings.Join(names, ", "))
}

// examine tests the server and keeps it.
func (c *loginCmd) examine(ctx context.Context, a *app, in *daemon.SignIn, server plex.Resource) error {
	stop := a.stderr.show(func(int, int) []string {
		return []string{a.paint.quiet("Looking at " + printable(server.Name) + " ...")}
	})
	x, err := in.Examine(ctx, server, string(c.DataDir))
	stop()
	if err != nil {
		return err
	}
	p := a.paintFor(a.Stdout)
	for _, f := range x.Findings {
		fmt.Fprintln(a.Stdout, findingLine(p, f))
	}
	if len(x.Sections) == 0 && !x.Ready() {
		return errSaid // somebody else's server, or one without videos: there is nothing to keep
	}
	if err := in.Keep(ctx, x); err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s is set up.", printable(x.Server.Name))
	if !x.Ready() {
		fmt.Fprintf(a.Stdout, " Mend what is marked, then run %q again.\n", a.Name+" login")
		return errSomeFailed
	}
	fmt.Fprintf(a.Stdout, " Now run %q.\n", a.Name+" scan")
	return nil
}

func findingLine(p paint, f daemon.Finding) string {
	mark := map[preview.Outcome]string{
		preview.Works: p.good("✓"), preview.DoesNot: p.bad("✗"), preview.NotTried: p.held("?"),
	}[f.State]
	out := mark + " " + printable(f.Text)
	if f.Hint != "" {
		out += "\n  " + p.quiet(printable(f.Hint))
	}
	return out
}

type logoutCmd struct{}

// Run forgets the account, here and at plex.tv.
func (*logoutCmd) Run(ctx context.Context, a *app) error {
	return a.signingIn(func(in *daemon.SignIn) error {
		if !in.SignedIn(ctx) {
			fmt.Fprintln(a.Stdout, "Nobody is signed in.")
			return nil
		}
		if err := in.Out(ctx); err != nil {
			return err
		}
		fmt.Fprintln(a.Stdout, "Signed out. The servers stay in the settings, without their tokens.")
		return nil
	})
}

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
	Reason     string `json:"reason"`     // why it does not answer
}

// Run lists the servers that are set up, and the others of the account.
func (c *serversCmd) Run(ctx context.Context, a *app) error {
	s, err := daemon.OpenSettings(a.daemonOptions())
	if err != nil {
		return err
	}
	defer s.Close()
	listed, err := s.ListServers(ctx)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(a.Stdout)
	enc.SetEscapeHTML(false)
	rows := [][]string{{"", "SERVER", "VERSION", "SYSTEM", "ADDRESS"}}
	for _, l := range listed {
		if c.JSON {
			if err := enc.Encode(serverRecord{
				Name: l.Name, ID: l.ID, Version: l.Version, Platform: l.Platform, Owned: l.Owned, Online: l.Online,
				Configured: l.Configured, URL: l.URL, Reason: textOf(l.Reason),
			}); err != nil {
				return &writeError{err}
			}
			continue
		}
		rows = append(rows, serverRow(l))
	}
	if c.JSON {
		return nil
	}
	if len(listed) == 0 {
		return preview.Because(preview.NotSignedIn, "no server is set up, and nobody is signed in")
	}
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

func markOf(p paint, mark string) string {
	switch mark {
	case "✓":
		return p.good(mark)
	case "✗":
		return p.bad(mark)
	}
	return p.quiet(mark)
}

// printTable prints a table to stdout.
func (a *app) printTable(rows [][]string, dress func(row, column int, cell string) string) error {
	if _, err := fmt.Fprintln(a.Stdout, strings.Join(table(rows, dress), "\n")); err != nil {
		return &writeError{err}
	}
	return nil
}

// ago says when something was, as people say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%.0f min ago", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h ago", d.Hours())
	}
	return fmt.Sprintf("%.0f days ago", d.Hours()/24)
}
