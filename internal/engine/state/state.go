// Package state is what screens show of the engine, as plain values: the window, the tray and the web page are pictures of
// the same [State], and all say the same sentences.
//
// A State is made of what a watcher is told, one [State.Apply] after the other, and [State.View] draws it. Both are pure:
// they start nothing, keep nothing and ask no clock, and a State that was handed out never changes. It can be sent as JSON.
// The package knows events, and no screen.
package state

import (
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	keptTasks = 20 // last finished, so that quick ones are seen at all
	keptJobs  = 5  // last ended
	keptTimes = 32 // last measured
)

// State is the engine as a watcher knows it. The zero value is an engine of which nothing is known yet.
type State struct {
	Known    bool           `json:"known"` // the present was told
	Jobs     []preview.Job  `json:"jobs"`  // that are not over, by ID
	Running  []Running      `json:"running"`
	Devices  []event.Device `json:"devices"`
	Held     []event.Hold   `json:"held"`
	Finished []preview.Task `json:"finished"` // the newest first
	Ended    []preview.Job  `json:"ended"`    // the newest first
	// Took is how long the last videos took, the newest last: all that estimates are made of.
	Took []time.Duration `json:"took"`
}

// Running is a video that is worked on.
type Running struct {
	Task   preview.Task `json:"task"`
	Frames int          `json:"frames"`
	Total  int          `json:"total"` // 0 until it is known
	Recipe string       `json:"recipe"`
	Done   float64      `json:"done"` // 0 to 1; never less than before, also when it turns out that there is more to do
}

// Apply returns the state after an update.
func (s State) Apply(u event.Update) State {
	s.Jobs, s.Running = slices.Clone(s.Jobs), slices.Clone(s.Running)
	s.Finished, s.Ended, s.Took = slices.Clone(s.Finished), slices.Clone(s.Ended), slices.Clone(s.Took)
	if u.Snapshot != nil {
		s.present(*u.Snapshot)
	}
	for _, e := range u.Events {
		switch e := e.(type) {
		case event.JobChanged:
			s.job(e.Job)
		case event.TaskChanged:
			s.task(e.Task)
		case event.Progress:
			if i := s.index(e.Task); i >= 0 {
				s.Running[i].progress(e)
			}
		case event.SlotsChanged:
			s.Devices = e.Devices
		case event.Held:
			s.Held = e.By
		case event.Settled: // their job's figures say it
		}
	}
	return s
}

// present replaces what is known. What has finished stays, for nobody tells it again.
func (s *State) present(p event.Snapshot) {
	before := s.Running
	s.Known, s.Jobs, s.Devices, s.Held, s.Running = true, slices.Clone(p.Jobs), p.Devices, p.Held, nil
	for _, t := range p.Tasks {
		r := Running{Task: t.Task}
		if i := slices.IndexFunc(before, func(b Running) bool { return b.Task.ID == t.Task.ID && b.Task.Device == t.Task.Device }); i >= 0 {
			r.Done = before[i].Done
		}
		r.progress(t.Progress)
		s.Running = append(s.Running, r)
	}
}

func (s *State) job(j preview.Job) {
	i, found := slices.BinarySearchFunc(s.Jobs, j.ID, func(a preview.Job, id int64) int { return int(a.ID - id) })
	switch final := j.State.Final(); {
	case final:
		if found {
			s.Jobs = slices.Delete(s.Jobs, i, i+1)
		}
		s.Ended = slices.DeleteFunc(s.Ended, func(e preview.Job) bool { return e.ID == j.ID })
		s.Ended = append([]preview.Job{j}, s.Ended[:min(len(s.Ended), keptJobs-1)]...)
	case found:
		s.Jobs[i] = j
	default: // a new one, or one that is tried again
		s.Jobs = slices.Insert(s.Jobs, i, j)
		s.Ended = slices.DeleteFunc(s.Ended, func(e preview.Job) bool { return e.ID == j.ID })
	}
}

func (s *State) task(t preview.Task) {
	i := s.index(t.ID)
	if t.State == preview.TaskRendering {
		if i < 0 {
			s.Running = append(s.Running, Running{Task: t})
		} else if s.Running[i].Task.Device != t.Device { // another device begins from the beginning
			s.Running[i] = Running{Task: t}
		}
		return
	}
	if i >= 0 {
		s.Running = slices.Delete(s.Running, i, i+1)
	}
	switch t.State {
	case preview.TaskPublishing, preview.TaskPublished, preview.TaskFailed:
		// A watcher may have missed the first of them. Who saw two counts the video twice, which changes no mean by much.
		s.measure(t.Elapsed)
	}
	s.Finished = slices.DeleteFunc(s.Finished, func(f preview.Task) bool { return f.ID == t.ID })
	if t.State.Final() && t.State != preview.TaskCancelled {
		s.Finished = append([]preview.Task{t}, s.Finished[:min(len(s.Finished), keptTasks-1)]...)
	}
}

func (s *State) measure(took time.Duration) {
	if took <= 0 {
		return
	}
	if s.Took = append(s.Took, took); len(s.Took) > keptTimes {
		s.Took = s.Took[len(s.Took)-keptTimes:]
	}
}

func (s *State) index(task int64) int {
	return slices.IndexFunc(s.Running, func(r Running) bool { return r.Task.ID == task })
}

func (r *Running) progress(p event.Progress) {
	r.Frames, r.Total = max(r.Frames, p.Frames), p.Total
	if p.Recipe != "" {
		r.Recipe = p.Recipe
	}
	if p.Total > 0 {
		r.Done = max(r.Done, min(1, float64(p.Frames)/float64(p.Total)))
	}
}
