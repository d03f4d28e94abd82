package daemon

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/library/publish/publishtest"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// says returns the finding that begins with a text.
func says(x *Examination, text string) (f Finding, ok bool) {
	i := slices.IndexFunc(x.Findings, func(f Finding) bool { return strings.Contains(f.Text, text) })
	if i < 0 {
		return f, false
	}
	return x.Findings[i], true
}

// TestWhatAnExaminationFinds: each thing that would keep a scan from working is said when somebody signs in.
func TestWhatAnExaminationFinds(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(w *world)
		text  string
		state preview.Outcome
	}{
		"all well":          {func(w *world) { w.films(2) }, "Films: 2 videos", preview.Works},
		"its data folder":   {func(w *world) { w.films(1) }, "it is this server's and can be written", preview.Works},
		"no library":        {func(*world) {}, "no library of films or shows", preview.DoesNot},
		"an empty library":  {func(w *world) { w.library("Films", "movie", w.path("Films")) }, "Films has no videos yet", preview.NotTried},
		"no data folder":    {func(w *world) { os.RemoveAll(w.path("Plex Media Server")) }, preview.PlexDataMissing.Text(), preview.DoesNot},
		"a foreign one":     {func(w *world) { w.foreign() }, preview.PlexDataForeign.Text(), preview.DoesNot},
		"videos elsewhere":  {func(w *world) { w.elsewhere() }, "which is not here", preview.DoesNot},
		"a list that fails": {func(w *world) { w.films(1); w.fake.Break(fakeplex.Fault{On: "/library/sections/*/all", Status: 400}) }, "Films: " + preview.PlexFailed.Text(), preview.DoesNot},
		"one that is read-only": {func(w *world) {
			publishtest.ReadOnly(w.T, w.path("Plex Media Server", "Media", "localhost"))
		}, preview.PlexDataDenied.Text(), preview.DoesNot},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, fakeplex.Options{AutoApprove: 1}, func(w *world) {
				c.spoil(w)
				x := w.signedIn()
				f, ok := says(x, c.text)
				if !ok || f.State != c.state || x.Ready() && c.state == preview.DoesNot {
					w.Errorf("ready: %v, %+v", x.Ready(), x.Findings)
				}
			})
		})
	}
}

// foreign puts the data folder of another server in the place of ours.
func (w *world) foreign() {
	if err := os.RemoveAll(w.path("Plex Media Server")); err != nil {
		w.Fatal(err)
	}
	w.serve("http://cellar.test:32400", fakeplex.Options{DataDir: w.path("Plex Media Server")})
}

// elsewhere adds a library whose folder is on another machine.
func (w *world) elsewhere() {
	w.video("a film", "Films", film(0))
	l := fakeplex.Library{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: w.path("Films"), As: `Q:\Films`}}}
	if _, err := w.fake.AddLibrary(l); err != nil {
		w.Fatal(err)
	}
}

// TestASecondSignIn keeps what a person has set of the server, and what the environment says of another stays there.
func TestASecondSignIn(t *testing.T) {
	inBubble(t, fakeplex.Options{AutoApprove: 1}, func(w *world) {
		w.films(1)
		w.signedIn()
		w.configure(func(c *config.Config) { c.Servers[0].ExcludeLibraries = []string{"Home movies"} })
		w.fake.Revoke()
		w.signedIn()
		w.configure(func(c *config.Config) {
			if s := c.Servers; len(s) != 1 || !slices.Equal(s[0].ExcludeLibraries, []string{"Home movies"}) || s[0].Name != "Attic" {
				w.Errorf("servers are %+v", s)
			}
		})
		w.ended(w.scanOnce(), preview.JobDone, "", done(1))
		w.noLeaks()
	})
}
