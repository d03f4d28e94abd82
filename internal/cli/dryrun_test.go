package cli

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// TestADryRunLeavesTheQueueAlone: what an earlier scan left behind is not worked on by one that makes nothing.
func TestADryRunLeavesTheQueueAlone(t *testing.T) {
	w := newWorld(t)
	w.Dirs.Together = true // no keyring
	w.Getenv = func(name string) string { return map[string]string{"SCRUBJAY_GPU_SLOTS": "0"}[name] }
	folder := filepath.Dir(w.file(t, "films/new.mkv"))

	queue := func(do func(s *store.Store) error) {
		t.Helper()
		s, err := store.Open(t.Context(), filepath.Join(w.Dirs.Data, "scrubjay.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := do(s); err != nil {
			t.Fatal(err)
		}
	}
	queue(func(s *store.Store) error {
		job, err := s.AddJob(t.Context(), preview.Job{
			Kind: preview.ScanJob, Title: "Scan", Source: "plex:gone", State: preview.JobRunning, Created: time.Now(),
			Selection: preview.Selection{All: true}, // of a server that is not set up any more: to work on it is to cancel it
		})
		if err != nil {
			return err
		}
		_, err = s.AddTasks(t.Context(), []preview.Task{{
			Job: job.ID, State: preview.TaskQueued, Video: preview.Video{Source: "plex:gone", Key: "1", Path: "/films/left.mkv", Title: "left"},
		}})
		return err
	})

	if status := w.run(t, "scan", "--dry-run", "--json", "--folder", folder); status != exitDone {
		t.Fatalf("status %d: %s", status, w.err.String())
	}
	if r := w.records(t); len(r) != 2 {
		t.Errorf("it prints %v, want a video and a summary", r)
	}
	queue(func(s *store.Store) error {
		due, err := s.DueTasks(t.Context(), preview.TaskQueued, time.Now(), 10)
		if len(due) != 1 {
			t.Errorf("%d tasks are queued after a dry run, want the one of before", len(due))
		}
		return err
	})
}
