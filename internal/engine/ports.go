package engine

import (
	"context"
	"iter"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Library is where videos come from and where their previews go: a Plex server, or plain folders. An engine has one for
// each [preview.Video.Source].
type Library struct {
	Source    Source
	Publisher Publisher
}

// Source knows videos. Its methods may be called from any goroutine.
type Source interface {
	// ID is what the source writes into [preview.Video.Source].
	ID() string
	// Check reports whether what is selected can be reached at all: the server answers, the libraries exist, their
	// folders are mounted and not empty. Its errors are [preview.Fault] and end a job.
	Check(ctx context.Context, s preview.Selection) error
	// Videos lists what is selected, page by page. Every file comes once, unless it is more than one item of the library;
	// see [preview.Video.Items]. An error ends the listing; one with [preview.PlexIncomplete] after the last page says
	// that some videos may be missing from it.
	Videos(ctx context.Context, s preview.Selection) iter.Seq2[preview.Page, error]
	// Missing explains a file that is not there: nil when it is only this file, a fault when the mount that should hold
	// it is gone or empty, which ends the job without a strike.
	Missing(ctx context.Context, v preview.Video) error
}

// Publisher puts previews where a media server, or a player, looks for them. Its methods may be called from any
// goroutine.
type Publisher interface {
	// Ready reports whether previews can be put in place at all: the folder is the right one, can be written and has room.
	// It is asked at the start of a job and now and then; its errors are [preview.Fault] and end a job.
	Ready(ctx context.Context) error
	// Open takes the place of a video's preview for the caller alone, and waits while somebody else has it. It reads as
	// much of the video as it takes to know the place.
	Open(ctx context.Context, v preview.Video) (preview.Place, error)
	// Show has the media server offer a preview that stands in its place, and reports whether it does. It takes seconds at
	// most. A fault with [preview.PlexNotYet], [preview.PlexNotShown] or one about a server that is away means that it is
	// worth another try later. Where nobody has to be told, it returns true.
	Show(ctx context.Context, v preview.Video) (shown bool, err error)
}

// Renderer makes previews. Its methods may be called from any goroutine.
type Renderer interface {
	// Render makes one preview and returns when its FFmpeg is gone. A cancelled one is gone within two seconds.
	Render(ctx context.Context, r Render) (Rendered, error)
	// Look says what stands at the path of a preview.
	Look(ctx context.Context, path string) Standing
	// Suspend stops all running renders in place, and those that begin later, until Resume.
	Suspend()
	// Resume lets suspended renders go on.
	Resume()
}

// Render is one order to a [Renderer].
type Render struct {
	Video    string // path
	Out      string // path of the BIF to write
	Spec     preview.Spec
	Device   preview.Device
	Proofs   []preview.Proof // of the device
	Progress func(Progress)  // called from one goroutine at a time; must not block
}

// Progress is how far a render is. Frames never runs backwards.
type Progress struct {
	Frames, Total int
	Recipe        string
}

// Rendered is what a render came to. It is filled as far as it got when there is an error too.
type Rendered struct {
	Frames  int
	Recipe  string
	Elapsed time.Duration
	Read    int64 // bytes read from the video; -1 where the system does not tell
	Length  time.Duration
}

// Standing is what stands at the path of a preview.
type Standing struct {
	There  bool
	Sound  bool // players can use it
	Frames int
	// Interval and Width of the pictures; 0 when it is not sound.
	Interval time.Duration
	Width    int
}

// Slots says how many videos a device works on at once. None means never.
type Slots struct {
	Device preview.Device
	Proofs []preview.Proof
	Count  int
}

// Store keeps the queue and the ledger. What a method has returned from is safe from SIGKILL. Its methods may be called
// from any goroutine; errors are [preview.Fault] with a store reason.
type Store interface {
	// AddJob stores a job and returns it with its ID.
	AddJob(ctx context.Context, j preview.Job) (preview.Job, error)
	// SaveJob stores a job's state, counts and times.
	SaveJob(ctx context.Context, j preview.Job) error
	// OpenJobs returns the jobs that are not final, in the order of their IDs, with their counts as they are now: those
	// that its tasks say, where one that is publishing and was put off (its Due is set) counts as Later, and Already, for
	// which there are no tasks, as SaveJob had it.
	OpenJobs(ctx context.Context) ([]preview.Job, error)
	// AddTasks stores tasks and returns them with their IDs, in their order and in one transaction. A task is not stored
	//
	//   - when its own job has one already for this video (source and path), either open or for the same size and time as
	//     listed: it comes back with ID 0;
	//   - when another job has an open one for this video: that one comes back instead, with its own ID, Job and State.
	//
	// An open task takes over the items of the one that was not stored, and the higher priority.
	AddTasks(ctx context.Context, tasks []preview.Task) ([]preview.Task, error)
	// SaveTask stores what changes in a task: everything but ID, Job and the video's names.
	SaveTask(ctx context.Context, t preview.Task) error
	// DueTasks returns up to n tasks in the given state whose Due has come, by priority and ID.
	DueTasks(ctx context.Context, state preview.TaskState, now time.Time, n int) ([]preview.Task, error)
	// NextDue returns when the earliest task in the given state becomes due; ok is false when there is none.
	NextDue(ctx context.Context, state preview.TaskState) (at time.Time, ok bool, err error)
	// Reopen makes tasks that a killed process left rendering queued again, and returns how many there were. Tasks that
	// were publishing stay so.
	Reopen(ctx context.Context) (int, error)
	// CancelTasks makes a job's tasks that are queued, put off or waiting to be shown cancelled, and returns how many there
	// were. Those that are rendering are left to who renders them.
	CancelTasks(ctx context.Context, job int64) (int, error)
	// Requeue makes the failed and resting tasks of a job, or of all jobs for 0, queued again as if they were new (no
	// reason, tries, devices or times), forgives the strikes of their files, and opens those of their jobs that were over
	// (running, no reason, no end). A task stays as it is when a newer one has the same video. It returns how many tasks
	// there were of each job, all in one transaction.
	Requeue(ctx context.Context, job int64) (map[int64]int, error)

	// Known returns ledger entries by [preview.Video.Key], for those of the keys that it knows.
	Known(ctx context.Context, source string, keys []string) (map[string]preview.Entry, error)
	// Keep stores ledger entries in one transaction.
	Keep(ctx context.Context, entries []preview.Entry) error

	// Strike counts one more failure of a version of a file, and returns what is known of it then. Another version of
	// the same path begins anew.
	Strike(ctx context.Context, s preview.Strike) (preview.Strike, error)
	// Struck returns what is known of a path; ok is false when nothing is.
	Struck(ctx context.Context, path string) (s preview.Strike, ok bool, err error)
	// Forgive forgets the strikes of a path.
	Forgive(ctx context.Context, path string) error

	// Note keeps a word under a name for the next start; Noted returns it, or "" when there is none.
	Note(ctx context.Context, name, value string) error
	Noted(ctx context.Context, name string) (string, error)
}
