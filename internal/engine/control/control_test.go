package control_test

import (
	"context"
	"errors"
	"testing"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/control"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/preview"
)

var (
	_ control.Engine  = (*engine.Engine)(nil)
	_ control.History = (*store.Store)(nil)
)

type fake struct {
	control.Engine
	control.History
	forgiven int
	failed   error
}

func (*fake) Snapshot() event.Snapshot {
	return event.Snapshot{
		Jobs:    []preview.Job{{ID: 3, State: preview.JobRunning, Counts: preview.Counts{Shown: 7}}},
		Devices: []event.Device{{ID: "cpu"}},
	}
}

func (f *fake) Retry(context.Context, int64, bool) (int, error) { return 4, f.failed }

func (*fake) Jobs(context.Context, int, int64) ([]preview.Job, error) {
	return []preview.Job{{ID: 3, State: preview.JobListing}, {ID: 2, State: preview.JobDone}}, nil
}

func (*fake) Job(_ context.Context, id int64) (preview.Job, error) {
	return preview.Job{ID: id, State: preview.JobDone}, nil
}

func (f *fake) ForgiveAll(context.Context) ([]preview.Strike, error) {
	f.forgiven++
	return nil, nil
}

func TestOpenJobsAreAsTheEngineKnowsThem(t *testing.T) {
	f := &fake{}
	h := &control.Here{Engine: f, History: f}
	jobs, err := h.Jobs(t.Context(), 10, 0)
	if err != nil || len(jobs) != 2 || jobs[0].Counts.Shown != 7 || jobs[1].State != preview.JobDone {
		t.Errorf("Jobs = %+v, %v", jobs, err)
	}
	if j, err := h.Job(t.Context(), 3); err != nil || j.Counts.Shown != 7 {
		t.Errorf("Job(3) = %+v, %v", j, err)
	}
	if j, err := h.Job(t.Context(), 2); err != nil || j.ID != 2 {
		t.Errorf("Job(2) = %+v, %v", j, err)
	}
	if d := h.Devices(); len(d) != 1 {
		t.Errorf("Devices = %+v", d)
	}
}

func TestRetryingEverythingFreesWhatNoJobRemembers(t *testing.T) {
	f := &fake{}
	h := &control.Here{Engine: f, History: f}
	if n, err := h.Retry(t.Context(), 3, true); n != 4 || err != nil || f.forgiven != 0 {
		t.Errorf("Retry(3) = %d, %v, forgave %d times", n, err, f.forgiven)
	}
	if n, err := h.Retry(t.Context(), 0, true); n != 4 || err != nil || f.forgiven != 1 {
		t.Errorf("Retry(0) = %d, %v, forgave %d times", n, err, f.forgiven)
	}
	f.failed = errors.New("disk full")
	if _, err := h.Retry(t.Context(), 0, true); err == nil || f.forgiven != 1 {
		t.Errorf("Retry = %v, forgave %d times", err, f.forgiven)
	}
}
