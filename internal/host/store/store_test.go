package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// noon is when these tests take place.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// odd is a name as file systems have them and encoding/json has not: not UTF-8, with characters that URIs, SQL and JSON
// give a meaning to.
const odd = "/films/\xff\xfe caf\xe9 'n' \"x\" %3F?#<&>\\.mkv"

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "data", "queue.db") }

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// reopen closes a store and opens its file again, as the next start does.
func reopen(t testing.TB, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, s.path)
}

// must is the value of a call that must not fail: must(s.Known(ctx, "plex:1", keys))(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func reason(t testing.TB, err error, want preview.Reason) {
	t.Helper()
	if got := preview.ReasonOf(err); err == nil || got != want {
		t.Fatalf("error is %v, for reason %q; want %q", err, got, want)
	}
}

// sqlExec changes the file behind the store's back, as damage does.
func sqlExec(t testing.TB, path string, statements ...string) {
	t.Helper()
	db := must(sql.Open("sqlite", address(path, "rwc", time.Second)))(t)
	defer db.Close()
	for _, text := range statements {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// asked asks the file behind the store's back.
func asked[T any](t testing.TB, path, query string) (v T) {
	t.Helper()
	db := must(sql.Open("sqlite", address(path, "rw", time.Second)))(t)
	defer db.Close()
	ok(t, db.QueryRowContext(t.Context(), query).Scan(&v))
	return v
}

func queued(job int64, n int) preview.Task {
	return preview.Task{Job: job, State: preview.TaskQueued, Video: preview.Video{
		Source: "plex:1", Key: fmt.Sprint(n), Library: "1", Title: fmt.Sprintf("Film %d (1995)", n),
		Path: fmt.Sprintf("/films/Film %[1]d (1995)/Film %[1]d (1995) Bluray-1080p.mkv", n), Remote: fmt.Sprintf("/data/films/Film %[1]d (1995)/Film %[1]d (1995) Bluray-1080p.mkv", n),
		Size: 8_000_000_000, Changed: noon, Added: noon, Duration: 2 * time.Hour, Items: []string{fmt.Sprint(1000 + n)},
	}}
}

func films(job int64, first, n int) []preview.Task {
	tasks := make([]preview.Task, n)
	for i := range tasks {
		tasks[i] = queued(job, first+i)
	}
	return tasks
}

func aJob(t testing.TB, s *Store) preview.Job {
	t.Helper()
	return must(s.AddJob(t.Context(), preview.Job{
		Kind: preview.ScanJob, Title: "Scan Films", Source: "plex:1", Selection: preview.Selection{All: true}, State: preview.JobRunning, Created: noon,
	}))(t)
}

func ids(tasks []preview.Task) []int64 {
	list := []int64{}
	for _, t := range tasks {
		list = append(list, t.ID)
	}
	return list
}
