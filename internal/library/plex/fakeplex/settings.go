package fakeplex

import (
	"net/http"
	"strconv"
)

// setting is one of the server's.
type setting struct {
	id, label, group string
	standard, value  any // string, int or bool
	hidden           bool
	choices          string // "never:never|scheduled:as a scheduled task"
}

func newSettings(name string) []*setting {
	const when = "never:never|scheduled:as a scheduled task|asap:as a scheduled task and when media is added"
	return []*setting{
		{id: "FriendlyName", label: "Friendly name", group: "general", standard: "", value: name},
		{id: "GenerateBIFBehavior", label: "Generate video preview thumbnails", group: "library", standard: "never", value: "never", choices: when},
		{id: "GenerateBIFFrameInterval", group: "library", standard: 2, value: 2, hidden: true},
		{id: "GenerateBIFKeyframesOnly", group: "library", standard: true, value: true, hidden: true},
		{id: "ButlerTaskGenerateMediaIndexFiles", group: "butler", standard: false, value: false},
		{id: "ButlerStartHour", label: "Time at which tasks start to run", group: "butler", standard: 2, value: 2},
		{id: "ButlerEndHour", label: "Time at which tasks stop running", group: "butler", standard: 5, value: 5},
		{id: "FSEventLibraryUpdatesEnabled", label: "Scan my library automatically", group: "library", standard: false, value: false},
		{id: "ScheduledLibraryUpdatesEnabled", label: "Scan my library periodically", group: "library", standard: false, value: false},
		{id: "GenerateChapterThumbBehavior", label: "Generate chapter thumbnails", group: "library", standard: "asap", value: "never", choices: when},
	}
}

func (s *setting) node() *node {
	typ := "text"
	switch s.standard.(type) {
	case int:
		typ = "int"
	case bool:
		typ = "bool"
	}
	n := element("Setting", attr{"id", s.id}, attr{"label", s.label}, attr{"summary", ""}, attr{"type", typ}, attr{"default", s.standard},
		attr{"value", s.value}, attr{"hidden", s.hidden}, attr{"advanced", s.hidden}, attr{"group", s.group})
	return n.maybe("enumValues", s.choices)
}

// set takes a value as it stands in a query, and reports whether it is one.
func (s *setting) set(text string) bool {
	switch s.standard.(type) {
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return false
		}
		s.value = n
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return false
		}
		s.value = b
	default:
		s.value = text
	}
	return true
}

func (f *Fake) listSettings(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := container(attr{"size", len(f.settings)})
	for _, s := range f.settings {
		n.add(s.node())
	}
	reply(w, r, n)
}

func (f *Fake) setSettings(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(w, r, f.settings)
}

// change sets what a query names; a name that is unknown is forbidden, which is Plex's idea.
func (f *Fake) change(w http.ResponseWriter, r *http.Request, settings []*setting) {
	for name, values := range r.URL.Query() {
		if len(name) > 7 && name[:7] == "X-Plex-" {
			continue
		}
		var found *setting
		for _, s := range settings {
			if s.id == name {
				found = s
			}
		}
		switch {
		case found == nil:
			fail(w, http.StatusForbidden)
			return
		case !found.set(values[0]):
			fail(w, http.StatusBadRequest)
			return
		}
	}
	done(w)
}

// bifSetting is the one of a library that is of interest.
func (s *section) bifSetting() *setting {
	return &setting{id: "enableBIFGeneration", label: "Enable video preview thumbnails", standard: true, value: s.bif}
}

func (f *Fake) sectionPrefs(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sectionLocked(r.PathValue("id"))
	if s == nil {
		fail(w, http.StatusNotFound)
		return
	}
	reply(w, r, container(attr{"size", 1}).add(s.bifSetting().node()))
}

func (f *Fake) setSectionPrefs(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sectionLocked(r.PathValue("id"))
	if s == nil {
		fail(w, http.StatusNotFound)
		return
	}
	bif := s.bifSetting()
	f.change(w, r, []*setting{bif})
	s.bif = bif.value == true
}
