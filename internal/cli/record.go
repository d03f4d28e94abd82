package cli

import (
	"time"
	"unicode/utf8"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// status is what became of one video. Its text is part of the contract.
type status string

const (
	done    status = "done"
	skipped status = "skipped"
	failed  status = "failed"
)

// record is the JSON object that generate prints for one video. Every field is always there; a number that is not
// known, because the video did not get that far, is 0, except for read_bytes.
type record struct {
	File string `json:"file"` // as it was named, or as the walk through the folder found it
	Out  string `json:"out"`
	// JSON text is Unicode and a Unix file name need not be: a name that is no UTF-8 has U+FFFD for each odd byte
	// above, and its true bytes, in base64, here. Other names leave these two out.
	FileBytes []byte `json:"file_bytes,omitempty"`
	OutBytes  []byte `json:"out_bytes,omitempty"`

	Status   status `json:"status"`
	ReasonID string `json:"reason_id"` // stable: "video.damaged"; empty when all went well
	Reason   string `json:"reason"`    // a plain sentence; its wording may change
	Hint     string `json:"hint"`      // what to do next; may be empty

	Frames     int   `json:"frames"`
	IntervalMS int64 `json:"interval_ms"`
	DurationMS int64 `json:"duration_ms"`
	Width      int   `json:"width"`
	Height     int   `json:"height"`

	Device   string          `json:"device"` // its ID
	Recipe   string          `json:"recipe"`
	Attempts []attemptRecord `json:"attempts"`

	MeanOffsetMS int64            `json:"mean_offset_ms"`
	MaxOffsetMS  int64            `json:"max_offset_ms"`
	SourceBytes  int64            `json:"source_bytes"`
	ReadBytes    *int64           `json:"read_bytes"` // by us and by FFmpeg; null where the system does not tell
	ElapsedMS    int64            `json:"elapsed_ms"`
	CPUMS        int64            `json:"cpu_ms"`
	Verdict      *preview.Verdict `json:"verdict"` // null when there was nothing to judge

	err error // the details, for the log
}

// attemptRecord is one attempt of a record.
type attemptRecord struct {
	Recipe string `json:"recipe"`
	Device string `json:"device"`
	Error  string `json:"error"` // details for whoever looks into it; empty for the one that worked
}

// newRecord starts the record of a video.
func newRecord(file, out string, spec preview.Spec) *record {
	r := &record{File: file, Out: out, IntervalMS: spec.Interval.Milliseconds(), Attempts: []attemptRecord{}}
	if !utf8.ValidString(file) {
		r.FileBytes = []byte(file)
	}
	if !utf8.ValidString(out) {
		r.OutBytes = []byte(out)
	}
	return r
}

// skip says that nothing needed to be done.
func (r *record) skip() *record {
	r.Status = skipped
	r.because(preview.PreviewFresh)
	return r
}

// fail says that the video has no preview because of err.
func (r *record) fail(err error) *record {
	r.Status = failed
	r.because(preview.ReasonOf(err))
	r.err = err
	return r
}

func (r *record) because(reason preview.Reason) {
	r.ReasonID, r.Reason, r.Hint = string(reason), reason.Text(), reason.Hint()
}

// finish takes over what a render came to.
func (r *record) finish(res render.Result, err error) *record {
	r.Frames = res.Frames
	r.DurationMS = res.Duration.Milliseconds()
	r.Width, r.Height = res.Width, res.Height
	r.Device, r.Recipe = res.Device.ID, res.Recipe
	for _, at := range res.Attempts {
		a := attemptRecord{Recipe: at.Recipe, Device: at.Device.ID}
		if at.Err != nil {
			a.Error = secret.Mask(at.Err.Error())
		}
		r.Attempts = append(r.Attempts, a)
	}
	r.MeanOffsetMS = res.MeanOffset.Round(time.Millisecond).Milliseconds()
	r.MaxOffsetMS = res.MaxOffset.Round(time.Millisecond).Milliseconds()
	r.SourceBytes = res.SourceBytes
	if res.FFmpegBytes >= 0 {
		read := res.OwnBytes + res.FFmpegBytes
		r.ReadBytes = &read
	}
	r.ElapsedMS = res.Wall.Milliseconds()
	r.CPUMS = res.CPU.Milliseconds()
	if res.Verdict.Checks != nil {
		r.Verdict = &res.Verdict
	}
	if err != nil {
		return r.fail(err)
	}
	r.Status = done
	return r
}
