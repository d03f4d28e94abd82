package daemon

import (
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/library"
)

// TestTheWholeChain has nothing in place of anything but Plex: sockets, FFmpeg, and the clock on the wall. Somebody signs
// in, scans, and players get pictures; a film that cannot be decoded keeps nobody else from theirs.
func TestTheWholeChain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	videos := library.Make(t, dir, library.Spec{Films: 1, Episodes: 1, Damaged: true, Umlauts: true})
	w := &world{T: t, dir: dir, env: map[string]string{}}
	w.dirs = w.home()
	var err error
	if w.fake, err = fakeplex.New(fakeplex.Options{DataDir: w.path("Plex Media Server"), AutoApprove: 1, Connections: fakeplex.DeadConnections()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.fake.Close() })
	tv, pms, err := w.fake.Start()
	if err != nil {
		t.Fatal(err)
	}
	w.env["SCRUBJAY_PLEX_TV_URL"] = tv
	w.env["SCRUBJAY_GPU_SLOTS"] = "0"
	w.library("Films", "movie", w.path(library.Movies))
	w.library("Shows", "show", w.path(library.Shows))
	if x := w.signedIn(); !x.Ready() {
		t.Errorf("something stands in the way: %+v", x.Findings)
	}
	scan := func() (preview.Job, map[string]preview.Task) {
		r := w.open()
		defer r.stop()
		j := r.scan(everything)
		return j, r.tasks(j)
	}
	j, tasks := scan()
	w.ended(j, preview.JobDoneWithFailed, "", preview.Counts{Videos: 4, Published: 3, Shown: 3, Failed: 1})
	var whole []string
	for _, v := range videos {
		if !v.Damaged {
			whole = append(whole, filepath.Base(v.Path))
		}
	}
	w.wantShown(whole...)
	for _, task := range tasks {
		if task.State == preview.TaskFailed && (task.Reason.Text() == "" || task.Reason == preview.Unknown) {
			t.Errorf("why it failed is not said: %+v", task)
		}
	}
	for _, f := range w.fake.Files() {
		if f.Shown && !w.player(pms+"/library/parts/"+f.ID+"/indexes/sd/0") {
			t.Errorf("no picture of %s", f.Title)
		}
	}
	j, _ = scan()
	w.ended(j, preview.JobDoneWithFailed, "", preview.Counts{Videos: 4, Already: 3, Failed: 1})
	w.noLeaks()
}

// player reports whether there is a JPEG at an address.
func (w *world) player(url string) bool {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		w.Fatal(err)
	}
	request.Header.Set("X-Plex-Token", w.fake.ServerToken())
	carrier := &http.Transport{DisableKeepAlives: true}
	answer, err := carrier.RoundTrip(request)
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return err == nil && http.DetectContentType(text) == "image/jpeg"
}
