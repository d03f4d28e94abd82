package state

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// View is what a screen shows of a [State]. It is a value: equal views need no redraw.
type View struct {
	Rows     []Row  `json:"rows"`     // what runs, each in its place from its beginning to its end
	Jobs     []Line `json:"jobs"`     // that are not over
	Devices  []Line `json:"devices"`  //
	Finished []Line `json:"finished"` // the newest first
	Held     string `json:"held"`     // why nothing is begun; empty when work goes on
	Footer   string `json:"footer"`   // "3 running, 112 waiting, about 2 h left"
}

// Row is a video that is worked on.
type Row struct {
	Task   int64   `json:"task"`
	Title  string  `json:"title"`
	Device string  `json:"device"` // for people
	Done   float64 `json:"done"`   // 0 to 1
	Text   string  `json:"text"`   // one plain sentence
}

// Mark says at a glance how something is. It is never told by colour alone.
type Mark string

// The marks.
const (
	Quiet Mark = "quiet" // waits, or needs nothing
	Busy  Mark = "busy"
	Good  Mark = "good"
	Bad   Mark = "bad" // a person may have to look
)

// Line is one thing and one plain sentence about it.
type Line struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Mark  Mark   `json:"mark"`
}

// View draws the state.
func (s State) View() View {
	v := View{Footer: s.footer()}
	for _, r := range s.Running {
		v.Rows = append(v.Rows, Row{
			Task: r.Task.ID, Title: TitleOf(r.Task.Video), Device: s.deviceName(r.Task.Device), Done: r.Done, Text: r.sentence(),
		})
	}
	for _, j := range s.Jobs {
		v.Jobs = append(v.Jobs, Line{ID: fmt.Sprint(j.ID), Title: j.Title, Text: JobSentence(j), Mark: jobMark(j)})
	}
	for _, d := range s.Devices {
		v.Devices = append(v.Devices, Line{ID: d.ID, Title: d.Name, Text: DeviceSentence(d), Mark: deviceMark(d)})
	}
	for _, t := range s.Finished {
		v.Finished = append(v.Finished, Line{ID: fmt.Sprint(t.ID), Title: TitleOf(t.Video), Text: TaskSentence(t), Mark: taskMark(t)})
	}
	var held []string
	for _, h := range s.Held {
		held = append(held, h.Text)
	}
	v.Held = strings.Join(held, " ")
	return v
}

// TitleOf is what people call a video: its title, or the name of its file.
func TitleOf(v preview.Video) string {
	if v.Title != "" {
		return v.Title
	}
	return v.Path[strings.LastIndexAny(v.Path, `/\`)+1:]
}

func (s State) deviceName(id string) string {
	for _, d := range s.Devices {
		if d.ID == id {
			return cmp.Or(d.Name, d.ID)
		}
	}
	return id
}

func (r Running) sentence() string {
	switch {
	case r.Total > 0:
		return fmt.Sprintf("%s of %s pictures.", number(r.Frames), number(r.Total))
	case r.Frames > 0:
		return number(r.Frames) + " pictures."
	}
	return "Looking at the video."
}

// footer says how much there is to do.
func (s State) footer() string {
	if !s.Known {
		return ""
	}
	waiting, later := s.waiting()
	var parts []string
	if n := len(s.Running); n > 0 {
		parts = append(parts, number(n)+" running")
	}
	if waiting > 0 {
		parts = append(parts, number(waiting)+" waiting")
	}
	if later > 0 {
		parts = append(parts, number(later)+" later")
	}
	for _, j := range s.Jobs {
		if j.State == preview.JobListing && len(parts) < 3 {
			parts = append(parts, strings.ToLower(listing(j)))
			break
		}
	}
	if len(parts) == 0 {
		return "Nothing to do"
	}
	if left, ok := s.Left(); ok {
		parts = append(parts, about(left))
	}
	return strings.Join(parts, ", ")
}

// waiting returns how many videos wait, beside those that run, and how many were put off.
func (s State) waiting() (waiting, later int) {
	for _, j := range s.Jobs {
		waiting += j.Counts.Waiting
		later += j.Counts.Later
	}
	return max(0, waiting-len(s.Running)), later
}

// Left estimates the time until nothing waits. There is no estimate before some videos have been measured, while nobody
// knows how many there are, and while nothing goes on.
func (s State) Left() (time.Duration, bool) {
	const enough = 2
	if len(s.Took) < enough || len(s.Running) == 0 || len(s.Held) > 0 {
		return 0, false
	}
	if slices.ContainsFunc(s.Jobs, func(j preview.Job) bool {
		return j.State == preview.JobListing || j.State == preview.JobQueued
	}) {
		return 0, false
	}
	var sum time.Duration
	for _, t := range s.Took {
		sum += t
	}
	each := float64(sum) / float64(len(s.Took))
	waiting, _ := s.waiting()
	work := float64(waiting)
	for _, r := range s.Running {
		work += 1 - r.Done
	}
	return time.Duration(work * each / float64(len(s.Running))), true
}

// about says a time as people say it.
func about(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute left"
	case d < 90*time.Minute:
		return fmt.Sprintf("about %.0f min left", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("about %.0f h left", d.Hours())
	}
	return fmt.Sprintf("about %.0f days left", d.Hours()/24)
}

// number groups thousands: "12,000".
func number(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return number(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

func deviceMark(d event.Device) Mark {
	switch {
	case !d.RestsUntil.IsZero():
		return Bad
	case d.Busy > 0:
		return Busy
	}
	return Quiet
}
