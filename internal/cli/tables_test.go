package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/library/plex"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestJobsFitEightyColumns(t *testing.T) {
	w := newWorld(t)
	c := newClockwork()
	w.Now = c.now
	a := &app{Env: w.Env}
	ago := func(d time.Duration) time.Time { return c.now().Add(-d) }
	err := a.printJobs([]preview.Job{
		{ID: 112, Title: "Scan all libraries of Attic", State: preview.JobListing, Created: ago(30 * time.Second), Counts: preview.Counts{Videos: 3000, Already: 2900, Waiting: 100}},
		{ID: 9, Title: "Scan Films\x1b[2J", State: preview.JobDoneWithFailed, Created: ago(26 * time.Hour), Counts: preview.Counts{
			Videos: 2400, Already: 2000, Published: 350, Shown: 340, Failed: 9,
		}},
		{ID: 8, Title: "Scan /mnt/films", State: preview.JobFailed, Reason: preview.DiskFull, Created: ago(100 * time.Hour)},
	})
	if err != nil {
		t.Fatal(err)
	}
	const golden = `JOB  WHEN        STATE               WHAT
112  just now    listing             Scan all libraries of Attic
     3000 videos: 2900 already there, 100 waiting
  9  26 h ago    done with failures  Scan Films\x1b[2J
     2400 videos: 350 published (10 not shown yet), 2000 already there, 9 failed
  8  4 days ago  failed              Scan /mnt/films
     0 videos
     The disk is full. Free some space, then run again.
`
	if d := cmp.Diff(golden, w.out.String()); d != "" {
		t.Error(d)
	}
	for line := range strings.Lines(w.out.String()) {
		if n := columns(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestWhatIsNotKnownOfALibraryIsNeverGreen(t *testing.T) {
	section := func(title string) plex.Section { return plex.Section{Key: "1", Title: title, Type: plex.Movies} }
	away := preview.Because(preview.PlexAway, "no answer")
	all := []daemon.Coverage{
		{Server: "Attic", ServerID: "a", Section: section("Films"), Videos: 1200, Shown: 1200},
		{Server: "Attic", ServerID: "a", Section: section("Shows"), Videos: 1200, Shown: 100, OnDisk: 20, Missing: 1000, Unknown: 80},
		{Server: "Attic", ServerID: "a", Section: section("Home"), Excluded: true},
		{Server: "Attic", ServerID: "a", Section: section("Half"), Videos: 7, Shown: 7, Err: preview.Because(preview.PlexIncomplete, "7 of 9")},
		{Server: "Cellar", ServerID: "c", Err: away},
	}
	got := "\n" + strings.Join(table(libraryRows(all), nil), "\n") + "\n"
	const golden = `
   LIBRARY                  VIDEOS  SHOWN  ON DISK, NOT SHOWN  MISSING  UNKNOWN
✓  Attic / Films              1200   1200                   0        0        0
?  Attic / Shows              1200    100                  20     1000       80
·  Attic / Home (left out)       0      0                   0        0        0
✗  Attic / Half                  7      7                   0        0        0
✗  Cellar                        ?      ?                   ?        ?        ?
`
	if d := cmp.Diff(golden, got); d != "" {
		t.Error(d)
	}
	w := newWorld(t)
	a := &app{Env: w.Env, stderr: newScreen(w.Env.Stderr, w.Screen)}
	if err := a.libraryNotes(all); !errors.Is(err, errSomeFailed) {
		t.Errorf("it ends with %v", err)
	}
	want(t, "stderr", w.err.String(), "Cellar: The Plex server does not answer.")
	want(t, "stderr", w.err.String(), "Of 80 videos it is not known whether there is a preview: ")
	if green := (paint{on: true}).good("✓"); strings.Count(strings.Join(table(libraryRows(all), (&app{Env: w.onTerminal()}).marked()), "\n"), green) != 1 {
		t.Error("more than the one library that is all shown is green")
	}
}
