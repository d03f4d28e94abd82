//go:build unix

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/testkit/library"
)

// A scan that is told to end, wherever it is, ends with status 130, takes its FFmpegs along, leaves nothing unfinished
// behind, and the next one brings the rest.
func TestScanEndsWhenTold(t *testing.T) {
	const patience = time.Minute // of Plex, which answers to what is cut off
	for _, tt := range []struct {
		name    string
		signal  os.Signal
		arrange func(w *world) (there func() bool, undo func())
	}{
		{"Ctrl-C while Plex lists", os.Interrupt, slow("GET /library/sections/*/all", patience)},
		{"SIGTERM while FFmpeg works and is deaf", syscall.SIGTERM, deaf},
		{"Ctrl-C while FFmpeg works and is deaf", os.Interrupt, deaf},
		{"SIGTERM while Plex analyzes", syscall.SIGTERM, slow("PUT /library/metadata/*/analyze", patience)},
		{"SIGHUP while Plex analyzes", syscall.SIGHUP, slow("PUT /library/metadata/*/analyze", patience)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, library.Spec{Films: 4}, fakeplex.Options{})
			w.signIn()
			there, undo := tt.arrange(w)
			l := w.start("scan", "--json")
			w.until("it is time", there)
			told := time.Now()
			if err := l.cmd.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			e := l.end()
			t.Logf("ended %v after it was told to", time.Since(told).Round(time.Millisecond))
			w.childless()
			if e.status != 130 {
				t.Errorf("ended with %d, want 130", e.status)
			}
			if n := strings.Count(e.stderr, "Interrupted"); n != 1 {
				t.Errorf("it says %d times that it was interrupted:\n%s", n, e.stderr)
			}
			for path := range w.files(w.plex) {
				if strings.HasSuffix(path, ".part") || strings.HasSuffix(path, ".probe") {
					t.Errorf("%s was left behind", path)
				}
			}
			undo()
			w.run(0, "scan")
			w.whole()
			w.intact()
			w.settled()
		})
	}
}

// slow has the server take its time with such requests.
func slow(request string, d time.Duration) func(w *world) (there func() bool, undo func()) {
	return func(w *world) (func() bool, func()) {
		before := w.fake.Count(request) // signing in has looked around
		mend := w.fake.Break(fakeplex.Fault{On: request, Slow: d})
		return func() bool { return w.fake.Count(request) > before }, mend
	}
}

// deaf has what plays ffprobe wait, and not hear signals.
func deaf(w *world) (there func() bool, undo func()) {
	release := w.hold()
	return func() bool { return exists(w.tool("waits")) }, release
}

// A second scrubjayd that would work with the same settings says so and ends. Those that only look do their work.
func TestSecondScanSaysThatThereIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, library.Spec{Films: 3}, fakeplex.Options{})
	w.signIn()
	release := w.hold()
	first := w.start("scan", "--json")
	w.held()
	for _, args := range [][]string{{"scan"}, {"scan", "--json"}, {"scan", "--dry-run"}, {"retry"}, {"retry", "--failed"}} {
		e := w.run(10, args...)
		const want = "scrubjayd: Another Scrubjay works with these settings already. Use that one, or end it first.\n"
		if e.stderr != want || e.stdout != "" {
			t.Errorf("%v says %q and %q, want %q alone", args, e.stdout, e.stderr, want)
		}
	}
	type job struct{ State string }
	if jobs := lines[job](t, w.run(0, "jobs", "--json").stdout); len(jobs) != 1 || jobs[0].State != "running" {
		t.Errorf("jobs lists %+v, want the one that runs", jobs)
	}
	if e := w.run(0, "attention", "--json"); e.stdout != "" {
		t.Errorf("attention lists %s", e.stdout)
	}
	type counts struct{ Videos, Shown, Missing int }
	if all := lines[counts](t, w.run(0, "libraries", "--json").stdout); len(all) != 1 || all[0] != (counts{3, 0, 3}) {
		t.Errorf("libraries lists %+v", all)
	}
	w.run(0, "servers")
	w.run(0, "config", "show", "--origin")
	release()
	if e := first.end(); e.status != 0 {
		t.Errorf("the first scan ended with %d\n%s", e.status, tail(e.stderr))
	}
	w.whole()
	w.intact()
	w.settled()
}
