package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

var (
	attic  = plex.Resource{Name: "Attic", ID: "a1", Platform: "Linux", Version: "1.43", Owned: true}
	cellar = plex.Resource{Name: "Cellar", ID: "c1", Platform: "Windows", Version: "1.42", Owned: true}
	twin   = plex.Resource{Name: "attic", ID: "a2", Owned: true}
	bens   = plex.Resource{Name: "Bens\x1b[2J", ID: "b1"}
)

// choosing has somebody choose among servers: at a terminal that has these keys typed, or without one.
func choosing(ctx context.Context, t *testing.T, c loginCmd, keys io.Reader, servers ...plex.Resource) (w *world, chosen plex.Resource, err error) {
	t.Helper()
	w = newWorld(t)
	a := &app{Env: w.Env, stderr: newScreen(w.Env.Stderr, w.Screen)}
	if keys != nil {
		a.Stdin, a.Typed = keys, func() bool { return true }
		a.Screen = func(io.Writer) (int, int, bool) { return 80, 24, true }
	}
	chosen, err = c.choose(ctx, a, servers)
	return w, chosen, err
}

func TestWhichServerIsMeant(t *testing.T) {
	for name, c := range map[string]struct {
		server  string
		keys    string // typed; empty for no terminal
		servers []plex.Resource
		want    string // identifier
		wrong   string // in the error
	}{
		"the only one of one's own": {servers: []plex.Resource{attic, bens}, want: "a1"},
		"only somebody else's":      {servers: []plex.Resource{bens}, want: "b1"}, // and then the test says what is wrong
		"by name, in any case":      {server: "cellar", servers: []plex.Resource{attic, cellar}, want: "c1"},
		"by identifier":             {server: "a2", servers: []plex.Resource{attic, twin}, want: "a2"},
		"a name that two have":      {server: "Attic", servers: []plex.Resource{attic, twin}, wrong: "several servers are called \"Attic\"; name one by its identifier: a1, a2"},
		"a name that none has":      {server: "Shed", servers: []plex.Resource{attic, bens}, wrong: `there is no "Shed" in this account, only Attic, Bens`},
		"typed":                     {keys: "2\n", servers: []plex.Resource{attic, cellar, bens}, want: "c1"},
		"typed in the end":          {keys: "x\n0\n3\n\n 1 \n", servers: []plex.Resource{attic, cellar, bens}, want: "a1"},
		"nothing typed":             {keys: "x\n", servers: []plex.Resource{attic, cellar}, wrong: "no server was chosen"},
		"nobody to ask":             {servers: []plex.Resource{attic, cellar}, wrong: "choose one with --server NAME"},
	} {
		t.Run(name, func(t *testing.T) {
			var keys io.Reader
			if c.keys != "" {
				keys = strings.NewReader(c.keys)
			}
			w, got, err := choosing(t.Context(), t, loginCmd{Server: c.server}, keys, c.servers...)
			if got.ID != c.want {
				t.Errorf("it takes %q, want %q", got.ID, c.want)
			}
			if _, ok := errors.AsType[*usageError](err); ok != (c.wrong != "") || ok && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("it ends with %v, want %q", err, c.wrong)
			}
			if strings.Contains(w.out.String(), "\x1b[2J") {
				t.Errorf("a name reaches the terminal as it is: %q", w.out.String())
			}
		})
	}
}

func TestAnAccountWithoutServers(t *testing.T) {
	if _, _, err := choosing(t.Context(), t, loginCmd{Server: "Attic"}, nil); preview.ReasonOf(err) != preview.AccountNoServer {
		t.Errorf("it ends with %v", err)
	}
}

func TestAQuestionCanBeInterrupted(t *testing.T) {
	keys, typing := io.Pipe() // nobody types anything
	defer typing.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	stop := time.AfterFunc(10*time.Millisecond, interrupt)
	defer stop.Stop()
	if _, _, err := choosing(ctx, t, loginCmd{}, keys, attic, cellar); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
}
