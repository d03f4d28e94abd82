package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const many = 100_000

// full makes a store with a queue, or a ledger, of a large library.
func full(b *testing.B) (*Store, preview.Job) {
	s := open(b, file(b))
	j := aJob(b, s)
	for first := 0; first < many; first += 1000 {
		must(s.AddTasks(b.Context(), films(j.ID, first, 1000)))(b)
		ok(b, s.Keep(b.Context(), entries(first, 1000)))
	}
	return s, j
}

func entries(first, n int) []preview.Entry {
	list := make([]preview.Entry, n)
	for i := range list {
		v := queued(1, first+i).Video
		list[i] = preview.Entry{
			Source: v.Source, Key: v.Key, Path: v.Path, Listed: preview.Version{Size: v.Size, ModTime: v.Changed},
			File: preview.Version{Size: v.Size, ModTime: v.Changed}, Interval: 2 * time.Second, Width: 320, Quality: 4, Recipe: "cuda keyframes 7",
			Out: fmt.Sprintf("/plex/Media/localhost/a/%040x.bundle/Contents/Indexes/index-sd.bif", first+i), Shown: true, When: noon,
		}
	}
	return list
}

// Goal: below 20 ms.
func BenchmarkAddTasks1000(b *testing.B) {
	s := open(b, file(b))
	j := aJob(b, s)
	n := 0
	for b.Loop() {
		must(s.AddTasks(b.Context(), films(j.ID, n, 1000)))(b)
		n += 1000
	}
}

// Goal: below 1 s, with 100,000 tasks in the queue.
func BenchmarkStart(b *testing.B) {
	s, _ := full(b)
	ok(b, s.Close())
	for b.Loop() {
		s := must(Open(b.Context(), s.path, Options{}))(b)
		must(s.OpenJobs(b.Context()))(b)
		if got := must(s.DueTasks(b.Context(), preview.TaskQueued, noon, 256))(b); len(got) != 256 {
			b.Fatal(len(got))
		}
		ok(b, s.Close())
	}
}

// Goal: below 333 µs. The queue is long, and the task moves on and back.
func BenchmarkSaveTask(b *testing.B) {
	s, _ := full(b)
	tasks := must(s.DueTasks(b.Context(), preview.TaskQueued, noon, 1000))(b)
	n := 0
	for b.Loop() {
		t := &tasks[n%len(tasks)]
		t.State = [...]preview.TaskState{preview.TaskRendering, preview.TaskPublished, preview.TaskQueued}[n/len(tasks)%3]
		t.Device, t.Recipe, t.Started = "cuda:0", "cuda keyframes 7", noon
		ok(b, s.SaveTask(b.Context(), *t))
		n++
	}
}

func BenchmarkDueTasks256(b *testing.B) {
	s, _ := full(b)
	for b.Loop() {
		must(s.DueTasks(b.Context(), preview.TaskQueued, noon, 256))(b)
	}
}

// Goal: below 10 ms, out of 100,000.
func BenchmarkKnown1000(b *testing.B) {
	s, _ := full(b)
	keys := make([]string, 1000)
	n := 0
	for b.Loop() {
		for i := range keys {
			keys[i] = fmt.Sprint((n + i) % many)
		}
		n += 1000
		if got := must(s.Known(b.Context(), "plex:1", keys))(b); len(got) != 1000 {
			b.Fatal(len(got))
		}
	}
}

// Goal: below 20 ms, into 100,000.
func BenchmarkKeep1000(b *testing.B) {
	s, _ := full(b)
	n := 0
	for b.Loop() {
		ok(b, s.Keep(b.Context(), entries(n%many, 1000)))
		n += 1000
	}
}

func BenchmarkCancel100000(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s, j := full(b)
		b.StartTimer()
		must(s.CancelTasks(b.Context(), j.ID))(b)
	}
}
