// Package event is the closed set of things that can happen in the engine. Screens, logs, the web page and scripts are
// told of them in the same words, through a [Hub] that keeps nobody waiting. The package knows what happens, and neither why
// nor what to do about it.
package event

import (
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Event is something that happened. The set is closed.
type Event interface{ event() }

// JobChanged says that a job moved on. Watchers get the newest one of each job, and every final one.
type JobChanged struct{ Job preview.Job }

// TaskChanged says that a task moved to another state. Watchers get every final one, and the newest of the others.
type TaskChanged struct{ Task preview.Task }

// Settled names videos that a job found in need of nothing, a page at a time.
type Settled struct {
	Job    int64
	Videos []preview.Video
}

// Progress says how far a rendering task is. Watchers get the newest one of each task; the ones in between are gone by the
// time they look.
type Progress struct {
	Task          int64
	Frames, Total int // Total is 0 until it is known
	Recipe        string
	Device        string // ID
}

// SlotsChanged says that devices have another number of slots, or that one rests or works again.
type SlotsChanged struct{ Devices []Device }

// Device is a device as the engine uses it.
type Device struct {
	ID, Name string
	Slots    int
	Busy     int
	// RestsUntil is when a device that failed several times in a row is tried again; zero for one that works.
	RestsUntil time.Time
	Because    preview.Reason // why it rests
}

// Held says that work is held back, or no longer is.
type Held struct{ By []Hold }

// Hold is one thing that holds work back.
type Hold struct {
	ID    string // "paused"; other guards have their own
	Text  string // one plain sentence
	Since time.Time
}

func (JobChanged) event()   {}
func (TaskChanged) event()  {}
func (Settled) event()      {}
func (Progress) event()     {}
func (SlotsChanged) event() {}
func (Held) event()         {}
