//go:build unix

package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/testkit/library"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// A scan that is killed at any moment and begun again, over and over, comes to what it would have come to at once. The
// environment variable SCRUBJAY_TEST_KILLS says how often, 10 times when it is not set. A scan that ends before so many
// kills is followed by another of a new library.
func TestKilledScans(t *testing.T) {
	kills := 10
	if text := os.Getenv("SCRUBJAY_TEST_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(3, 30)) //nolint:gosec // the same moments every time, as far as a machine has the same time
	begun := time.Now()
	var sum tally
	scans := 0
	for ; sum.kills < kills; scans++ {
		k := &killing{world: newWorld(t, library.Spec{Films: 18, Episodes: 12}, fakeplex.Options{})}
		k.signIn()
		k.untilDone(random, kills-sum.kills)
		sum.add(k.tally)
	}
	t.Logf("%d scans of 30 videos, %d kills, %d of them while something rendered; %d renders, %d of them again; %d looks at previews; %.1f s",
		scans, sum.kills, sum.amid, sum.renders, sum.again, sum.looks, time.Since(begun).Seconds())
}

// tally is what happened to a scan.
type tally struct {
	kills, amid    int // amid: with a render under way
	renders, again int
	looks          int // at previews in their places
}

func (t *tally) add(o tally) {
	t.kills += o.kills
	t.amid += o.amid
	t.renders += o.renders
	t.again += o.again
	t.looks += o.looks
}

// killing is a scan that is killed.
type killing struct {
	*world
	tally
}

// untilDone begins a scan again and again and kills it at random moments, most times at most, until it ends by itself.
// Then all must be as it should be.
func (k *killing) untilDone(random *rand.Rand, most int) {
	k.Helper()
	// A scan takes some 15 s of life: the kills are spread over all of it, and a process has the time to get to work.
	longest := max(15*time.Second/time.Duration(most), 600*time.Millisecond)
	stop := k.watch()
	said := map[string]int{} // how often a video was said to be published
	standing, shown := map[string]map[string]bool{}, map[string]map[string]bool{}
	var last ending
	for ended := false; !ended; {
		name := fmt.Sprint(k.kills)
		standing[name], shown[name] = k.standing(), k.shown()
		before := k.analyses()
		c := k.command("scan", "--json")
		c.Env = append(c.Env, "SCRUBJAY_TEST_LIFE="+name)
		l := k.live(c)
		if k.kills < most {
			select {
			case <-l.ended:
			case <-time.After(time.Duration(random.Int64N(int64(longest)))):
				_ = c.Process.Kill() // it may have ended just now
			}
		}
		last = l.end()
		ended = last.status != -1
		if !ended {
			k.kills++
			k.checkLife(name, standing[name])
		}
		for _, r := range lines[record](k, whole(last.stdout)) {
			if r.State == "published" {
				said[r.Video]++
			}
		}
		for item, n := range k.analyses() {
			if n > before[item] && shown[name][k.pathOf(item)] {
				k.Errorf("item %s was analyzed although Plex showed it before", item)
			}
		}
	}
	if last.status != 0 {
		k.Fatalf("the last scan ended with %d\n%s%s", last.status, tail(last.stdout), tail(last.stderr))
	}
	k.checkLife(fmt.Sprint(k.kills), standing[fmt.Sprint(k.kills)])
	k.looks += stop()
	k.again = k.renders - k.videos
	for video, n := range said {
		if n > 1 {
			k.Errorf("%s was said to be published %d times", video, n)
		}
	}
	for item, n := range k.analyses() {
		if n != 1 {
			k.Errorf("Plex was asked to analyze item %s %d times", item, n)
		}
	}
	k.whole()
	k.intact()
	k.settled()
}

// record is what scan --json says of a video.
type record struct {
	Event, Video, State string
	Videos, Already     int // of the summary
}

// whole is text without its last line, should that be cut off.
func whole(text string) string { return text[:strings.LastIndexByte(text, '\n')+1] }

// checkLife checks what a process rendered from its start to its end: nothing twice, and nothing whose preview stood in
// its place before.
func (k *killing) checkLife(name string, standing map[string]bool) {
	k.Helper()
	seen := map[string]bool{}
	rendered := k.asked()[name]
	for _, video := range rendered {
		if seen[video] {
			k.Errorf("life %s rendered %s twice", name, video)
		}
		if standing[video] {
			k.Errorf("life %s rendered %s, whose preview stood in its place", name, video)
		}
		seen[video] = true
	}
	k.renders += len(rendered)
	now := k.standing()
	if slices.ContainsFunc(rendered, func(video string) bool { return !now[video] }) {
		k.amid++
	}
}

// standing returns the paths of the videos whose previews stand in their places.
func (k *killing) standing() map[string]bool {
	k.Helper()
	all := map[string]bool{}
	for video, path := range k.previews() {
		if exists(path) {
			all[video] = true
		}
	}
	return all
}

// analyses counts the requests to analyze an item, by item.
func (k *killing) analyses() map[string]int {
	all := map[string]int{}
	for _, r := range k.fake.Requests() {
		if rest, ok := strings.CutSuffix(r.Path, "/analyze"); ok && r.Method == "PUT" {
			all[filepath.Base(rest)]++
		}
	}
	return all
}

func (k *killing) pathOf(item string) string {
	for _, f := range k.fake.Files() {
		if f.Item == item {
			return f.Path
		}
	}
	return ""
}

// watch looks at the places of all previews all the time. A preview that is not sound must never stand there, and one
// that is must stay. The function that it returns ends that, and says how often it looked at one.
func (k *killing) watch() (stop func() int) {
	k.Helper()
	previews := slices.Collect(maps.Values(k.previews()))
	seen := map[string]bool{}
	looks := 0
	look := func() {
		for _, path := range previews {
			text, err := os.ReadFile(path)
			switch {
			case os.IsNotExist(err) && !seen[path]:
				continue
			case err != nil:
				k.Errorf("a preview that stood there: %v", err)
				continue
			}
			seen[path] = true
			looks++
			b, err := bif.Open(bytes.NewReader(text), int64(len(text)))
			if err != nil {
				k.Errorf("%s is no preview: %v", path, err)
			} else if verdict := bif.Check(b, bif.Want{}).Verdict; !verdict.Sound {
				k.Errorf("%s is not sound: %+v", path, verdict)
			}
		}
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				look()
			}
		}
	})
	end := sync.OnceFunc(func() {
		close(done)
		wg.Wait()
	})
	k.Cleanup(end)
	return func() int {
		end()
		look()
		return looks
	}
}

// intact checks the store: its pages, and that no task or job is left open in it.
func (w *world) intact() {
	w.Helper()
	path := filepath.Join(w.dir, "settings", "data", "scrubjay.db")
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=ro"}).String())
	if err != nil {
		w.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(w.Context(), "PRAGMA quick_check").Scan(&verdict); err != nil || verdict != "ok" {
		w.Errorf("the store is damaged: %s %v", verdict, err)
	}
	err = filepath.WalkDir(filepath.Dir(path), func(path string, d fs.DirEntry, err error) error {
		if err == nil && (strings.Contains(d.Name(), "bad") || strings.Contains(d.Name(), "damaged")) {
			w.Errorf("something was kept aside as damaged: %s", path)
		}
		return err
	})
	if err != nil {
		w.Error(err)
	}
	type job struct {
		ID    int64
		State string
		Ended *time.Time
	}
	for _, j := range lines[job](w, w.run(0, "jobs", "--json").stdout) {
		if j.Ended == nil {
			w.Errorf("job %d is still %s", j.ID, j.State)
		}
	}
}

// settled checks that another scan finds nothing to do.
func (w *world) settled() {
	w.Helper()
	asked := len(w.asked()[""])
	w.fake.ForgetRequests()
	said := lines[record](w, w.run(0, "scan", "--json").stdout)
	if len(said) == 0 {
		w.Fatal("the scan after that says nothing")
	}
	if last := said[len(said)-1]; last.Event != "summary" || last.Videos != w.videos || last.Already != w.videos {
		w.Errorf("the scan after that says %+v", last)
	}
	if n := len(w.asked()[""]) - asked; n > 0 {
		w.Errorf("the scan after that rendered %d", n)
	}
	if n := w.fake.Count("PUT /library/metadata/*/analyze"); n > 0 {
		w.Errorf("the scan after that had Plex analyze %d times", n)
	}
}
