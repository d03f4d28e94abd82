package cli

import (
	"github.com/scrubjay/scrubjay/internal/preview"
)

// taskRecord is the JSON object that scan prints for one video that it is through with.
type taskRecord struct {
	Event string `json:"event"` // "task"
	Job   int64  `json:"job"`
	Video string `json:"video"` // path on this machine
	// The true bytes, in base64, of a name that is no UTF-8; see record.
	VideoBytes []byte `json:"video_bytes,omitempty"`
	OutBytes   []byte `json:"out_bytes,omitempty"`

	Title     string            `json:"title"`
	Library   string            `json:"library"`
	State     preview.TaskState `json:"state"`     // "already", "published", "failed", "resting", "later", "cancelled"
	ReasonID  string            `json:"reason_id"` // stable: "video.damaged"; empty when all went well
	Reason    string            `json:"reason"`    // a plain sentence; its wording may change
	Hint      string            `json:"hint"`
	Device    string            `json:"device"` // its ID; empty when nothing was rendered
	Recipe    string            `json:"recipe"`
	Frames    int               `json:"frames"`
	Out       string            `json:"out"`
	Shown     bool              `json:"shown"`
	Replaced  bool              `json:"replaced"`
	ElapsedMS int64             `json:"elapsed_ms"`
}

func newTaskRecord(t preview.Task) taskRecord {
	state := t.State
	if state == preview.TaskPublishing { // it is in place; that it is to be shown is said by Shown
		state = preview.TaskPublished
	}
	return taskRecord{
		Event: "task", Job: t.Job, Video: t.Video.Path, VideoBytes: odd(t.Video.Path), OutBytes: odd(t.Out), Title: t.Video.Title, Library: t.Video.Library, State: state,
		ReasonID: string(t.Reason), Reason: textOf(t.Reason), Hint: hintOf(t.Reason),
		Device: t.Device, Recipe: t.Recipe, Frames: t.Frames, Out: t.Out, Shown: t.Shown, Replaced: t.Replaced,
		ElapsedMS: t.Elapsed.Milliseconds(),
	}
}

func textOf(r preview.Reason) string {
	if r == "" {
		return ""
	}
	return r.Text()
}

func hintOf(r preview.Reason) string {
	if r == "" {
		return ""
	}
	return r.Hint()
}

// settledRecord is the taskRecord of a video that needed nothing.
func settledRecord(job int64, v preview.Video) taskRecord {
	return taskRecord{
		Event: "task", Job: job, Video: v.Path, VideoBytes: odd(v.Path), Title: v.Title, Library: v.Library,
		State: preview.TaskAlready, Shown: v.Shown,
	}
}

// plannedRecord is the JSON object that scan --dry-run prints for one video that needs a preview.
type plannedRecord struct {
	Event      string `json:"event"` // "planned"
	Video      string `json:"video"`
	VideoBytes []byte `json:"video_bytes,omitempty"` // see taskRecord
	Title      string `json:"title"`
	Bytes      int64  `json:"bytes"` // 0 when the source does not say
}

// summaryRecord is the last JSON object of a scan. Videos is the sum of already, published, failed and later; those
// that are shown are among those that were published.
type summaryRecord struct {
	Event     string `json:"event"` // "summary"
	Videos    int    `json:"videos"`
	Already   int    `json:"already"`
	Published int    `json:"published"`
	Shown     int    `json:"shown"`
	Failed    int    `json:"failed"`
	Later     int    `json:"later"`
	ElapsedMS int64  `json:"elapsed_ms"`
	// ReasonID, Reason and Hint say why it could not be carried out as a whole; empty otherwise.
	ReasonID string `json:"reason_id"`
	Reason   string `json:"reason"`
	Hint     string `json:"hint"`
}

// because returns the summary with what kept it from being carried out as a whole, if anything did.
func (s summaryRecord) because(err error) summaryRecord {
	if err != nil {
		reason := preview.ReasonOf(err)
		s.ReasonID, s.Reason, s.Hint = string(reason), reason.Text(), reason.Hint()
	}
	return s
}
