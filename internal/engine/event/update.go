package event

import "github.com/scrubjay/scrubjay/internal/preview"

// Update is what a watcher is given in one turn.
type Update struct {
	// Snapshot is the whole present. It comes in the first turn, and again when a watcher fell too far behind to be told
	// one by one; what was known before is void then. Nil in all other turns.
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	// Events are what happened since, in order.
	Events []Event `json:"events,omitempty"`
}

// Snapshot is the engine at one moment.
type Snapshot struct {
	Jobs    []preview.Job // that are not over, by ID
	Tasks   []Running     // that are rendering, in the order in which they began
	Devices []Device
	Held    []Hold
}

// Running is a task that is rendering, and how far it is.
type Running struct {
	Task     preview.Task
	Progress Progress
}
