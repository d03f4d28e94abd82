package preview

import "time"

// Video is one video file as its source lists it: the unit of work. Plex calls it a part.
type Video struct {
	Source  string // who lists it: "plex:" and the server's machine identifier, or "folder"
	Key     string // the source's own name for it, stable while the file stays: Plex's part id, a folder's path
	Library string // Plex's section key; the folder that was asked for
	Title   string // for people: "Heat (1995)", "Dark – S01E03 – Past and Present"; hostile input
	Path    string // on this machine
	Remote  string // as the source names it; the same as Path where nothing is mapped
	// Size is in bytes, as the source lists it, and 0 where it does not say.
	Size int64
	// Changed is when the source saw the file change last; zero where it does not say. It need not be the time on disk.
	Changed  time.Time
	Added    time.Time     // to the source
	Duration time.Duration // as the source lists it; 0 where it does not say
	// Items are what the source calls the films and episodes that this file is: Plex's rating keys. A file with two
	// episodes has two. Empty for plain folders, and for files that Plex does not know yet.
	Items []string
	// Shown says that the source offers a preview of the video to players already.
	Shown bool
}

// Version is a state of a file: another size or time is another version.
type Version struct {
	Size    int64     // bytes
	ModTime time.Time // compared to the microsecond, which every store and file system that we meet keeps
}

// Same reports whether both are the same state of a file.
func (v Version) Same(w Version) bool {
	return v.Size == w.Size && v.ModTime.Truncate(time.Microsecond).Equal(w.ModTime.Truncate(time.Microsecond))
}

// Page is a part of a listing.
type Page struct {
	Videos []Video
	Listed int // videos listed so far, those of this page included
	Total  int // that the source says there are; 0 when it has not said
}
