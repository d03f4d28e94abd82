package plex

import "time"

// Section is a library of a server, as GET /library/sections lists it.
type Section struct {
	Key        string // "1"; only with the server's identity is it unique
	Type       string // "movie", "show"; others are not for us
	Title      string
	UUID       string
	Agent      string
	Locations  []string // folders, as the server names them
	Refreshing bool     // it is being scanned
}

// The types of section that hold videos.
const (
	Movies = "movie"
	Shows  = "show"
)

// Videos reports whether the section holds films or episodes.
func (s Section) Videos() bool { return s.Type == Movies || s.Type == Shows }

// Part is one video file of a film or an episode. A stacked film has several, so has one with several versions; a file
// with two episodes is a part of both.
type Part struct {
	ID       string // digits
	Item     string // rating key of its film or episode: digits
	Season   string // rating key of an episode's season; empty for films
	Section  string // key
	Title    string // "Heat (1995)", "Dark – S01E03 – Past and Present"
	File     string // path as the server names it; empty for online sources
	Size     int64  // bytes; 0 when the server does not say
	Duration time.Duration
	// Changed is the time in Part@key ("/library/parts/1/1777598686/file.mkv"), which follows the file's own time; zero when
	// there is none.
	Changed time.Time
	Added   time.Time // of the item
	// Indexed says that Plex offers players a preview of it: Part@indexes holds "sd".
	Indexed bool
	// Optimized says that Plex made the file itself (Media@proxyType 42, or @target): no business of ours.
	Optimized bool
	// Missing says that Plex itself found the file gone (Media or Part deletedAt, exists=0).
	Missing bool
}

// Page is a part of a section's list.
type Page struct {
	Parts []Part
	Items int // films or episodes on this page
	Read  int // films or episodes listed so far, those of this page included
	Total int // films or episodes that the server says the section has
}

// PartQuery narrows a section's list.
type PartQuery struct {
	Sort  string    // "addedAt:desc", "addedAt:asc", "titleSort:asc"; empty for the server's own order
	Since time.Time // only items that were added or changed since; zero for all
}

// Session is somebody who watches.
type Session struct {
	User  string // name; never logged
	Title string
	State string // "playing", "paused", "buffering"
	Local bool
}

// Event is a message of the server's event stream.
type Event struct {
	Kind     string // "timeline", "activity", "playing"; "open" when the stream begins, anew after each break
	Timeline *TimelineEvent
	Activity *ActivityEvent
	Playing  *PlayingEvent
}

// TimelineEvent says that an item came, changed or went.
type TimelineEvent struct {
	Section, Item, Parent, Root string // keys; empty for none
	Type                        int    // 1 film, 2 show, 3 season, 4 episode
	Title                       string
	State                       int // 0 created ... 5 processed, 9 deleted
	MetadataState, MediaState   string
	Updated                     time.Time
}

// ActivityEvent says what the server is busy with.
type ActivityEvent struct {
	Event    string // "started", "updated", "ended"
	UUID     string
	Type     string // "library.update.section", "media.generate.bif"
	Section  string
	Progress int // percent; -1 when unknown
}

// PlayingEvent says that somebody began, stopped or moved on.
type PlayingEvent struct {
	Session, Item, State string
	Offset               time.Duration
}
