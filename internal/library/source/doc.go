// Package source finds the videos that a selection is about: in the libraries of a Plex server, or in plain folders.
//
// Both sources are streams. A [Plex] lists a library a page at a time, straight from the server, and keeps of 100,000
// videos no more than 64 bits each; unless several rows of the path map hold a video, no disk is touched on the way. A
// [Folder] remembers paths, sizes and times until they are sorted.
//
// A selection that selects nothing is refused, never read as "everything". What the settings leave out is left out in
// one place, [Rules], whoever asks. A drive or share that is not mounted looks like a library whose videos are all gone,
// so [Plex.Check] and [Plex.Missing] look at the folders themselves before anybody draws such a conclusion.
//
// The package does not know how a Plex server is asked (see [Server]), which videos have a preview, or what becomes of
// those that it lists. All of it may be used from any goroutine.
package source
