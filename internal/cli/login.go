package cli

import (
	"bufio"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

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
	dataDir := string(c.DataDir)
	if dataDir != "" { // it is kept, and the next run may stand in another folder
		whole, err := filepath.Abs(dataDir)
		if err != nil {
			return err
		}
		dataDir = whole
	}
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
		return a.setUp(ctx, in, server, dataDir)
	})
}

// signingIn hands do the way to sign in.
func (a *app) signingIn(do func(*daemon.SignIn) error) error {
	return a.settings(func(s *daemon.Settings) error {
		in := s.SignIn()
		defer in.Close()
		return do(in)
	})
}

func (c *loginCmd) signIn(ctx context.Context, a *app, in *daemon.SignIn) error {
	pin, err := in.Begin(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "Open this address and sign in to Plex:\n\n  %s\n\nCode: %s\n\n", printable(pin.URL), printable(pin.Code))
	if _, _, ok := a.Screen(a.Stdout); ok && !c.NoBrowser {
		a.Browse(pin.URL)
	}
	stop := a.stderr.show(func(int, int) []string {
		return []string{a.paint.quiet("Waiting for you to sign in, " + left(max(0, pin.Expires.Sub(a.Now()))) + " ...")}
	})
	user, err := in.Wait(ctx, pin)
	stop()
	if err != nil {
		return err
	}
	as := ""
	if user.Name != "" {
		as = " as " + printable(user.Name)
	}
	fmt.Fprintf(a.Stdout, "Signed in%s.\n\n", as)
	return nil
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
	switch len(own) {
	case 0:
		return servers[0], nil // the examination says what is wrong with it
	case 1:
		return own[0], nil
	}
	fmt.Fprintln(a.Stdout, "Your servers:")
	rows := make([][]string, len(own))
	for i, r := range own {
		rows[i] = []string{"  " + strconv.Itoa(i+1), printable(r.Name), printable(r.Platform), printable(r.Version)}
	}
	fmt.Fprintln(a.Stdout, strings.Join(table(rows, nil), "\n"))
	if _, _, ok := a.Screen(a.Stdout); !ok || !a.Typed() {
		return plex.Resource{}, usage("there are several servers; choose one with --server NAME")
	}
	answers := a.answers()
	for {
		fmt.Fprintf(a.Stdout, "Which one, 1 to %d? ", len(own))
		select {
		case <-ctx.Done():
			fmt.Fprintln(a.Stdout)
			return plex.Resource{}, ctx.Err()
		case answer, more := <-answers:
			if !more {
				fmt.Fprintln(a.Stdout)
				return plex.Resource{}, usage("no server was chosen")
			}
			if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(own) {
				return own[n-1], nil
			}
		}
	}
}

// answers are the lines that a person types. They come through a goroutine, which ends with Stdin: a read of a terminal
// cannot be interrupted, and a person who presses Ctrl-C wants to be through.
func (a *app) answers() <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(a.Stdin); s.Scan(); {
			lines <- strings.TrimSpace(s.Text())
		}
	}()
	return lines
}

// named finds a server by identifier or name.
func named(servers []plex.Resource, name string) (plex.Resource, error) {
	var names []string
	var found []plex.Resource
	for _, r := range servers {
		if r.ID == name {
			return r, nil
		}
		if strings.EqualFold(r.Name, name) {
			found = append(found, r)
		}
		names = append(names, r.Name)
	}
	switch len(found) {
	case 0:
		return plex.Resource{}, usage("--server: there is no %q in this account, only %s", name, strings.Join(names, ", "))
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.ID
	}
	return plex.Resource{}, usage("--server: several servers are called %q; name one by its identifier: %s", name, strings.Join(ids, ", "))
}

// setUp tests a server and keeps it.
func (a *app) setUp(ctx context.Context, in *daemon.SignIn, server plex.Resource, dataDir string) error {
	stop := a.stderr.show(func(int, int) []string {
		return []string{a.paint.quiet("Looking at " + printable(server.Name) + " ...")}
	})
	x, err := in.Examine(ctx, server, dataDir)
	stop()
	if err != nil {
		return err
	}
	p := a.paintFor(a.Stdout)
	for _, f := range x.Findings {
		fmt.Fprintln(a.Stdout, strings.Join(findingOf(f).lines(p), "\n"))
	}
	fmt.Fprintln(a.Stdout)
	if len(x.Sections) == 0 && !x.Ready() {
		return errSaid // somebody else's server, or one without videos: there is nothing to keep
	}
	if err := in.Keep(ctx, x); err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s is set up.", printable(x.Server.Name))
	if !x.Ready() {
		fmt.Fprintf(a.Stdout, " Mend what is bad, then run %q again.\n", a.Name+" login")
		return errSomeFailed
	}
	fmt.Fprintf(a.Stdout, " Now run %q.\n", a.Name+" scan")
	return nil
}

// findingOf is what was found out of a server, as doctor would say it.
func findingOf(f daemon.Finding) finding {
	state := map[preview.Outcome]health{preview.Works: healthOK, preview.DoesNot: healthBad, preview.NotTried: healthWarn}[f.State]
	return finding{Check: "plex", Status: state, Text: f.Text, Hint: f.Hint}
}
