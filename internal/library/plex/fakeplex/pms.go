package fakeplex

import (
	"net/http"
)

const version = "1.43.1.10611-1e34174b1"

func (f *Fake) pmsRoutes() http.Handler {
	mux := http.NewServeMux()
	for _, route := range []struct {
		pattern string
		need    access
		handler http.HandlerFunc
	}{
		{"GET /identity", open, f.whoami},
		{"GET /{$}", guest, f.root},
		{"GET /library/sections", guest, f.listSections},
		{"GET /library/sections/all", guest, f.listSections},
		{"GET /library/sections/{id}", guest, f.oneSection},
		{"GET /library/sections/{id}/all", guest, f.listItems},
		{"GET /library/sections/{id}/prefs", owner, f.sectionPrefs},
		{"PUT /library/sections/{id}/prefs", owner, f.setSectionPrefs},
		{"GET /library/sections/{id}/refresh", owner, f.refresh},
		{"POST /library/sections/{id}/refresh", owner, f.refresh},
		{"DELETE /library/sections/{id}/refresh", owner, f.stopRefresh},
		{"PUT /library/sections/{id}/analyze", owner, f.analyzeSection},
		{"DELETE /library/sections/{id}/indexes", owner, f.deleteIndexes},
		{"GET /library/metadata/{ids}", guest, f.metadata},
		{"GET /library/metadata/{ids}/children", guest, f.children},
		{"GET /library/metadata/{ids}/allLeaves", guest, f.leaves},
		{"GET /library/metadata/{ids}/tree", guest, f.tree},
		{"PUT /library/metadata/{ids}/analyze", owner, f.analyze},
		{"GET /library/parts/{id}/indexes/sd", guest, f.indexes},
		{"GET /library/parts/{id}/indexes/sd/{ms}", guest, f.frame},
		{"GET /status/sessions", owner, f.listSessions},
		{"GET /activities", owner, f.listActivities},
		{"GET /butler", owner, f.listTasks},
		{"POST /butler/{task}", owner, f.startTask},
		{"DELETE /butler/{task}", owner, f.stopTask},
		{"GET /:/prefs", owner, f.listSettings},
		{"PUT /:/prefs", owner, f.setSettings},
		{"GET /:/eventsource/notifications", guest, f.events},
	} {
		mux.HandleFunc(route.pattern, func(w http.ResponseWriter, r *http.Request) {
			if status := f.mayAt(r, route.need); status != http.StatusOK {
				fail(w, status)
				return
			}
			route.handler(w, r)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound) })
	return mux
}

// identityFor is who the server says that it is.
func (f *Fake) identityFor(r *http.Request) string {
	if other := faultOf(r).Identity; other != "" {
		return other
	}
	return f.identity
}

func (f *Fake) whoami(w http.ResponseWriter, r *http.Request) {
	reply(w, r, container(attr{"size", 0}, attr{"claimed", true}, attr{"machineIdentifier", f.identityFor(r)}, attr{"version", version}))
}

func (f *Fake) root(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	sections := len(f.sections)
	watching := len(f.sessions)
	f.mu.Unlock()
	n := container(
		attr{"size", sections}, attr{"allowCameraUpload", true}, attr{"allowMediaDeletion", true}, attr{"allowSharing", !f.o.Shared},
		attr{"allowSync", true}, attr{"apiVersion", "1.2.0"}, attr{"backgroundProcessing", true}, attr{"certificate", true},
		attr{"countryCode", "nz"}, attr{"eventStream", true}, attr{"friendlyName", f.o.Name}, attr{"livetv", 7},
		attr{"machineIdentifier", f.identityFor(r)}, attr{"multiuser", true}, attr{"musicAnalysis", 2}, attr{"myPlex", true},
		attr{"myPlexMappingState", "mapped"}, attr{"myPlexSigninState", "ok"}, attr{"myPlexSubscription", false},
		attr{"myPlexUsername", "ann@example.invalid"}, attr{"offlineTranscode", 1}, attr{"ownerFeatures", ""}, attr{"platform", "Linux"},
		attr{"platformVersion", "24.04"}, attr{"streamingBrainVersion", 2}, attr{"sync", true},
		attr{"transcoderActiveVideoSessions", watching}, attr{"transcoderVideo", true}, attr{"updatedAt", f.now()}, attr{"updater", true},
		attr{"version", version}, attr{"voiceSearch", true})
	for _, key := range []string{"activities", "butler", "identity", "library", "statistics", "status"} {
		n.add(element("Directory", attr{"count", 1}, attr{"key", key}, attr{"title", key}))
	}
	reply(w, r, n)
}
