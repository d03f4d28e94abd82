package daemon

import (
	"context"
	"path/filepath"
	"sync"
	"testing/synctest"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// running is a daemon that runs.
type running struct {
	*Daemon
	w   *world
	end func() error // ends it, and returns what Run came to
}

// open builds a daemon and runs it until stop, or the end of the test.
func (w *world) open() *running {
	w.Helper()
	d, err := Open(w.Context(), w.options())
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	r := &running{Daemon: d, w: w}
	r.end = sync.OnceValue(func() error {
		cancel()
		err := <-done
		if err := d.Close(); err != nil {
			w.Error("close:", err)
		}
		return err
	})
	w.Cleanup(func() { _ = r.end() })
	return r
}

// stop ends it, and fails when it did not run well.
func (r *running) stop() {
	r.w.Helper()
	if err := r.end(); err != nil {
		r.w.Error("run:", err)
	}
}

var everything = preview.Selection{All: true}

// scan scans, and returns the one job when nothing can be done for it any more now.
func (r *running) scan(s preview.Selection) preview.Job {
	r.w.Helper()
	return r.wait(r.begin(s, false))
}

func (r *running) regenerate(s preview.Selection) preview.Job {
	r.w.Helper()
	return r.wait(r.begin(s, true))
}

func (r *running) begin(s preview.Selection, regenerate bool) preview.Job {
	r.w.Helper()
	jobs, err := r.Scan(r.w.Context(), s, regenerate)
	if err != nil || len(jobs) != 1 {
		r.w.Fatalf("jobs are %+v, the error is %v", jobs, err)
	}
	return jobs[0]
}

// all waits for all jobs, those of earlier runs included, until they are stored as they ended.
func (r *running) all() {
	r.w.Helper()
	if _, err := r.Wait(r.w.Context(), 0); err != nil {
		r.w.Fatal(err)
	}
	synctest.Wait()
}

func (r *running) wait(j preview.Job) preview.Job {
	r.w.Helper()
	j, err := r.Wait(r.w.Context(), j.ID)
	if err != nil {
		r.w.Fatal(err)
	}
	return j
}

// tasks returns the tasks of a job, by the base names of their videos.
func (r *running) tasks(j preview.Job) map[string]preview.Task {
	r.w.Helper()
	all, err := r.Store.Tasks(r.w.Context(), j.ID, nil, 1000, 0)
	if err != nil {
		r.w.Fatal(err)
	}
	named := map[string]preview.Task{}
	for _, t := range all {
		named[filepath.Base(t.Video.Path)] = t
	}
	return named
}

// scanOnce scans everything in a daemon of its own, as the command line does.
func (w *world) scanOnce() preview.Job {
	w.Helper()
	r := w.open()
	defer r.stop()
	return r.scan(everything)
}

// ended fails unless a job came to this. A reason says how the job ended.
func (w *world) ended(j preview.Job, state preview.JobState, reason preview.Reason, want preview.Counts) {
	w.Helper()
	if j.State != state || j.Reason != reason || j.Counts != want {
		w.Errorf("the job is %q, reason %q (%s), with %+v;\nwant %q, reason %q, with %+v", j.State, j.Reason, j.Detail, j.Counts, state, reason, want)
	}
	if (reason == "") != (j.Reason.Text() == "") {
		w.Errorf("reason %q has the words %q", j.Reason, j.Reason.Text())
	}
}

// done are the counts of a job that made and showed previews of n videos.
func done(n int) preview.Counts { return preview.Counts{Videos: n, Published: n, Shown: n} }

// already are the counts of a job that had nothing to do for n videos.
func already(n int) preview.Counts { return preview.Counts{Videos: n, Already: n} }

// struck returns how often a video has failed, as its version is.
func (r *running) struck(video string) int {
	r.w.Helper()
	s, _, err := r.Store.Struck(r.w.Context(), video)
	if err != nil {
		r.w.Fatal(err)
	}
	return s.Count
}

// because fails unless an error has this reason.
func (w *world) because(err error, want preview.Reason) {
	w.Helper()
	if err == nil || preview.ReasonOf(err) != want {
		w.Errorf("the error is %q (%v), want %q", preview.ReasonOf(err), err, want)
	}
}
