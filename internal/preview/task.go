package preview

import "time"

// JobKind says what a job was asked to do.
type JobKind string

// The kinds of job.
const (
	ScanJob  JobKind = "scan"  // libraries and folders, as a source lists them
	PathsJob JobKind = "paths" // single files, as a person or a webhook names them
)

// JobState is where a job stands.
type JobState string

// The states of a job. The last four are final.
const (
	JobQueued         JobState = "queued"
	JobListing        JobState = "listing" // its videos are being found; tasks may run already
	JobRunning        JobState = "running" // all its videos are known
	JobDone           JobState = "done"
	JobDoneWithFailed JobState = "done with failures"
	JobFailed         JobState = "failed" // it could not be carried out as a whole; Reason says why
	JobCancelled      JobState = "cancelled"
)

// Final reports whether a job in this state is over.
func (s JobState) Final() bool {
	switch s {
	case JobDone, JobDoneWithFailed, JobFailed, JobCancelled:
		return true
	}
	return false
}

// Order is the order in which videos are worked on.
type Order string

// The orders.
const (
	Newest Order = "newest" // by the time of their addition to the source
	Oldest Order = "oldest"
	Random Order = "random"
	ByName Order = "name"
)

// Selection says which videos of a source a job is about. The zero value selects nothing: nothing selected is never
// everything.
type Selection struct {
	All       bool     `json:"all,omitempty"`       // every library that the settings do not leave out
	Libraries []string `json:"libraries,omitempty"` // by key or title
	Folders   []string `json:"folders,omitempty"`   // plain folders, with all that is below
	Paths     []string `json:"paths,omitempty"`     // single files or folders, as this machine or the server names them
	Order     Order    `json:"order,omitempty"`     // Newest when empty
	Limit     int      `json:"limit,omitempty"`     // at most so many videos that need work; 0 is no limit
}

// Empty reports whether nothing is selected.
func (s Selection) Empty() bool {
	return !s.All && len(s.Libraries)+len(s.Folders)+len(s.Paths) == 0
}

// Job is one request by a person, a schedule or a webhook.
type Job struct {
	ID         int64 // rising; 0 before it is stored
	Kind       JobKind
	Title      string // for people: "Scan Films"
	Source     string // see Video.Source
	Selection  Selection
	Regenerate bool // make previews anew that are there
	Priority   int  // higher goes first; 0 is usual
	State      JobState
	Reason     Reason // why it failed; empty otherwise
	Detail     string // of Reason, for people: a name, a folder. Never a secret
	Created    time.Time
	Started    time.Time // zero before
	Ended      time.Time // zero before
	Counts     Counts
	// Listed and Total say how far the listing is, in videos. Total is 0 until the source has said it.
	Listed, Total int
}

// Counts are videos of a job by what became of them.
type Counts struct {
	Videos    int `json:"videos"`    // all that were selected
	Already   int `json:"already"`   // nothing had to be done
	Waiting   int `json:"waiting"`   // queued, rendering or publishing
	Published int `json:"published"` // a preview was made, or one that lay there was taken, and it is in place
	Shown     int `json:"shown"`     // of those, the media server offers it to players. Sidecars count as shown
	Failed    int `json:"failed"`
	Later     int `json:"later"` // the file is not there (yet), or the server does not know it yet
	Cancelled int `json:"cancelled"`
}

// TaskState is where a task stands.
type TaskState string

// The states of a task. Those from Already on are final.
const (
	TaskQueued     TaskState = "queued"
	TaskRendering  TaskState = "rendering"
	TaskPublishing TaskState = "publishing" // the preview is in place; the media server is asked to show it
	TaskLater      TaskState = "later"      // waits for Task.Due: a file that is not there, a server that is away
	TaskAlready    TaskState = "already"    // nothing had to be done
	TaskPublished  TaskState = "published"  // in place; whether it is shown is said by Task.Shown
	TaskFailed     TaskState = "failed"
	TaskResting    TaskState = "resting" // needs attention: this version of the file failed three times before
	TaskCancelled  TaskState = "cancelled"
)

// Final reports whether a task in this state is over.
func (s TaskState) Final() bool {
	switch s {
	case TaskAlready, TaskPublished, TaskFailed, TaskResting, TaskCancelled:
		return true
	}
	return false
}

// Task is one video's way through the engine.
type Task struct {
	ID    int64 // rising; 0 before it is stored
	Job   int64
	Video Video
	// Regenerate asks for a new preview where there is one.
	Regenerate bool
	Priority   int // as its job's
	State      TaskState
	Reason     Reason // why it failed, waits or rests; empty otherwise
	Detail     string // of Reason, for the log; never a secret
	Tries      int    // times that it was put off because its file or its server was not there
	Due        time.Time
	Tried      []string // IDs of devices that could not do it; others go on
	Device     string   // ID of the device that made the preview
	Recipe     string   // that made it
	Frames     int      // pictures in the preview
	Out        string   // path of the preview
	Replaced   bool     // there was another preview before: Plex may go on showing that until it restarts
	Shown      bool     // the media server offers it to players
	Elapsed    time.Duration
	Started    time.Time // zero before
	Ended      time.Time // zero before
}

// Entry is what the ledger knows of one video: what was published, for exactly which version of the file, by which
// recipe.
type Entry struct {
	Source, Key string        // of the video
	Path        string        // of the video on this machine
	Listed      Version       // as the source listed it then: what a listing is compared with
	File        Version       // of the file that was rendered
	Out         string        // path of the preview
	Interval    time.Duration // of the preview
	Width       int           //
	Quality     int           //
	Recipe      string        //
	Shown       bool
	When        time.Time // it was published
}

// Strike is what is known of a version of a file that could not be rendered.
type Strike struct {
	Path    string // of the video on this machine
	Version Version
	Title   string
	Count   int
	Reason  Reason
	Detail  string // for the log; never a secret
	Last    time.Time
}

// Strikes is how often one version of a file may fail before it rests until a person, or a new version, frees it.
const Strikes = 3
