package state

import (
	"fmt"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// TaskSentence says in one plain sentence how a video is doing.
func TaskSentence(t preview.Task) string {
	switch t.State {
	case preview.TaskQueued:
		if len(t.Tried) > 0 {
			return "Waits for another device. " + t.Reason.Text()
		}
		return "Waits for its turn."
	case preview.TaskRendering:
		return "Its preview is being made."
	case preview.TaskPublishing:
		if t.Due.IsZero() {
			return "The preview is in place; the media server is asked to show it."
		}
		return "The preview is in place. " + because(t.Reason) + again(t.Due)
	case preview.TaskLater:
		return because(t.Reason) + again(t.Due)
	case preview.TaskAlready:
		return "It had its preview already."
	case preview.TaskPublished:
		return published(t)
	case preview.TaskFailed:
		return strings.TrimSpace(because(t.Reason))
	case preview.TaskResting:
		return because(t.Reason) + preview.EngineResting.Text()
	case preview.TaskCancelled:
		return preview.Cancelled.Text()
	}
	return "Its state is not known to this version."
}

func published(t preview.Task) string {
	what := "A sound preview was there"
	if t.Device != "" {
		what = "The preview was made"
	}
	switch {
	case t.Shown && t.Replaced:
		return what + " and is shown; Plex may show the old one until it restarts."
	case t.Shown:
		return what + " and is shown."
	}
	return what + ". " + strings.TrimSpace(because(t.Reason))
}

func because(r preview.Reason) string {
	if r == "" {
		return ""
	}
	return r.Text() + " "
}

func again(due time.Time) string {
	return "It is tried again at " + due.Local().Format("15:04") + "."
}

func taskMark(t preview.Task) Mark {
	switch t.State {
	case preview.TaskFailed, preview.TaskResting:
		return Bad
	case preview.TaskPublished:
		if t.Shown {
			return Good
		}
	case preview.TaskRendering, preview.TaskPublishing:
		return Busy
	}
	return Quiet
}

// JobSentence says in one plain sentence how a job is doing.
func JobSentence(j preview.Job) string {
	c := j.Counts
	switch j.State {
	case preview.JobQueued:
		return "Waits for its turn."
	case preview.JobListing:
		return listing(j) + "."
	case preview.JobRunning:
		if c.Waiting == 0 && c.Later > 0 {
			return figures(c) + "; the rest comes later."
		}
		return fmt.Sprintf("%s of %s videos are through.", number(c.Videos-c.Waiting-c.Later), number(c.Videos))
	case preview.JobDone:
		return figures(c) + "."
	case preview.JobDoneWithFailed:
		return strings.TrimSpace(figures(c) + ". " + because(j.Reason))
	case preview.JobFailed:
		return strings.TrimSpace(because(j.Reason) + j.Reason.Hint())
	case preview.JobCancelled:
		return preview.Cancelled.Text()
	}
	return "Its state is not known to this version."
}

func listing(j preview.Job) string {
	switch {
	case j.Total > 0:
		return fmt.Sprintf("Listing %s of %s", number(j.Listed), number(j.Total))
	case j.Listed > 0:
		return "Listing, " + number(j.Listed) + " so far"
	}
	return "Listing"
}

func figures(c preview.Counts) string {
	parts := []string{number(c.Already) + " had their preview", number(c.Published) + " got one"}
	if n := c.Published - c.Shown; n > 0 {
		parts = append(parts, number(n)+" of those not shown yet")
	}
	if c.Failed > 0 {
		parts = append(parts, number(c.Failed)+" failed")
	}
	if c.Later > 0 {
		parts = append(parts, number(c.Later)+" come later")
	}
	return strings.Join(parts, ", ")
}

func jobMark(j preview.Job) Mark {
	switch j.State {
	case preview.JobListing, preview.JobRunning:
		return Busy
	case preview.JobDone:
		return Good
	case preview.JobDoneWithFailed, preview.JobFailed:
		return Bad
	}
	return Quiet
}

// DeviceSentence says in one plain sentence how a device is doing.
func DeviceSentence(d event.Device) string {
	switch {
	case !d.RestsUntil.IsZero():
		return "Rests after several faults. " + because(d.Because) + again(d.RestsUntil)
	case d.Slots == 0 && d.Busy == 0:
		return "Is not used."
	case d.Slots == 0:
		return "Ends its last video, and is not used then."
	case d.Busy == 0:
		return "Is free."
	case d.Slots == 1:
		return "Works on a video."
	}
	return fmt.Sprintf("Works on %d videos of %d.", d.Busy, max(d.Busy, d.Slots))
}
