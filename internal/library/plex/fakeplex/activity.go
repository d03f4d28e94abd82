package fakeplex

import (
	"net/http"
	"slices"
	"strconv"
)

// activity is what the server is busy with.
type activity struct {
	uuid, typ, title, section string
	progress                  int // percent; -1 when it is not known
}

func (a *activity) node() *node {
	n := element("Activity", attr{"uuid", a.uuid}, attr{"type", a.typ}, attr{"cancellable", false}, attr{"userID", 1},
		attr{"title", a.title}, attr{"subtitle", ""}, attr{"progress", a.progress})
	if a.section != "" {
		n.add(&node{name: "Context", single: true, attrs: []attr{{"librarySectionID", a.section}}})
	}
	return n
}

// Busy has the server be busy with something ("media.generate.bif") until done is called.
func (f *Fake) Busy(typ, title, library string) (done func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.beginLocked(typ, title, library)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.endLocked(a)
	}
}

func (f *Fake) beginLocked(typ, title, section string) *activity {
	a := &activity{newUUID(), typ, title, section, 0}
	f.busy = append(f.busy, a)
	f.tellActivity(a, "started")
	return a
}

func (f *Fake) endLocked(a *activity) {
	if !slices.Contains(f.busy, a) {
		return
	}
	f.busy = without(f.busy, a)
	a.progress = 100
	f.tellActivity(a, "ended")
}

func (f *Fake) tellActivity(a *activity, event string) {
	inner := a.node()
	inner.single = true
	f.notify("activity", element("ActivityNotification", attr{"event", event}, attr{"uuid", a.uuid}).add(inner))
}

func (f *Fake) listActivities(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := container(attr{"size", len(f.busy)})
	for _, a := range f.busy {
		n.add(a.node())
	}
	reply(w, r, n)
}

// refresh looks through a library, or a folder of it as the server calls that; it answers before it has.
func (f *Fake) refresh(w http.ResponseWriter, r *http.Request) {
	key, below := r.PathValue("id"), r.URL.Query().Get("path")
	f.mu.Lock()
	var sections []*section
	for _, s := range f.sections {
		if key == "all" || s.key() == key {
			sections = append(sections, s)
		}
	}
	var busy []*activity
	for _, s := range sections {
		s.refreshing = true
		busy = append(busy, f.beginLocked("library.update.section", "Scanning "+s.title, s.key()))
	}
	f.mu.Unlock()
	if len(sections) == 0 {
		fail(w, http.StatusNotFound)
		return
	}
	f.after(f.o.ScanTakes, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for n, s := range sections {
			f.scanLocked(s, below)
			s.refreshing = false
			f.endLocked(busy[n])
		}
	})
	done(w)
}

func (f *Fake) stopRefresh(w http.ResponseWriter, _ *http.Request) { done(w) }

// analyzeSection analyzes a whole library.
func (f *Fake) analyzeSection(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	s := f.sectionLocked(r.PathValue("id"))
	f.mu.Unlock()
	if s == nil {
		fail(w, http.StatusNotFound)
		return
	}
	f.after(f.o.AnalyzeTakes, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, i := range s.items {
			f.analyzeLocked(i)
		}
	})
	done(w)
}

// session is somebody who watches.
type session struct {
	id    int
	item  string
	title string
	state string // "playing", "paused", "buffering"
	local bool
}

// Watch has somebody watch an item. The functions change the state ("paused") and end it.
func (f *Fake) Watch(ratingKey, title string, local bool) (change func(state string), stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &session{f.newIDLocked(), ratingKey, title, "playing", local}
	f.sessions = append(f.sessions, s)
	f.tellPlaying(s)
	change = func(state string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		s.state = state
		f.tellPlaying(s)
	}
	return change, func() {
		change("stopped")
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sessions = without(f.sessions, s)
	}
}

func (f *Fake) tellPlaying(s *session) {
	f.notify("playing", element("PlaySessionStateNotification",
		attr{"sessionKey", strconv.Itoa(s.id)}, attr{"clientIdentifier", "player-0001"}, attr{"guid", ""}, attr{"ratingKey", s.item}, attr{"url", ""},
		attr{"key", "/library/metadata/" + s.item}, attr{"viewOffset", 60000}, attr{"playQueueItemID", 1}, attr{"playQueueID", 1}, attr{"state", s.state}))
}

func (f *Fake) listSessions(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := container(attr{"size", len(f.sessions)})
	for _, s := range f.sessions {
		location := "wan"
		if s.local {
			location = "lan"
		}
		m := element("Metadata", attr{"ratingKey", s.item}, attr{"key", "/library/metadata/" + s.item}, attr{"sessionKey", strconv.Itoa(s.id)},
			attr{"title", s.title}, attr{"type", "movie"}, attr{"viewOffset", 60000})
		m.tag = "Video"
		m.add(
			&node{name: "User", single: true, attrs: []attr{{"id", "1"}, {"thumb", "https://plex.tv/users/00000000deadbeef/avatar"}, {"title", username}}},
			&node{name: "Player", single: true, attrs: []attr{
				{"address", "192.0.2.20"},
				{"machineIdentifier", "player-0001"},
				{"model", "Gecko"},
				{"platform", "Android"},
				{"product", "Plex for Android (TV)"},
				{"state", s.state},
				{"title", "Living Room"},
				{"version", "10.0"},
				{"local", s.local},
				{"relayed", false},
				{"secure", true},
				{"userID", 1},
			}},
			&node{name: "Session", single: true, attrs: []attr{{"id", "session" + strconv.Itoa(s.id)}, {"bandwidth", 5212}, {"location", location}}})
		n.add(m)
	}
	reply(w, r, n)
}

// butlerTask is work that Plex does at night.
type butlerTask struct {
	name    string
	enabled bool
	running bool
}

func newTasks() []*butlerTask {
	return []*butlerTask{
		{name: "BackupDatabase", enabled: true},
		{name: "CleanOldBundles", enabled: true},
		{name: "DeepMediaAnalysis", enabled: true},
		{name: "GenerateChapterThumbs", enabled: true},
		{name: "GenerateMediaIndexFiles"},
		{name: "RefreshLibraries"},
	}
}

func (f *Fake) listTasks(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := element("ButlerTasks") // the one root that is no MediaContainer
	for _, t := range f.tasks {
		n.add(element("ButlerTask", attr{"name", t.name}, attr{"interval", 1}, attr{"scheduleRandomized", false}, attr{"enabled", t.enabled}))
	}
	reply(w, r, n)
}

func (f *Fake) startTask(w http.ResponseWriter, r *http.Request) { f.runTask(w, r, true) }
func (f *Fake) stopTask(w http.ResponseWriter, r *http.Request)  { f.runTask(w, r, false) }

func (f *Fake) runTask(w http.ResponseWriter, r *http.Request, run bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.tasks {
		if t.name != r.PathValue("task") {
			continue
		}
		plain(w)
		switch {
		case run && t.running:
			send(w, http.StatusAccepted, "text/html", nil)
		case !run && !t.running:
			fail(w, http.StatusNotFound)
		default:
			t.running = run
			done(w)
		}
		return
	}
	fail(w, http.StatusNotFound)
}
