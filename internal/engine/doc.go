// Package engine is the brain: it takes jobs, finds out which videos lack a preview, works on them on every device that
// may be used, publishes what comes out, and remembers all of it over restarts.
//
// It imports none of those who do the work. What it needs of a library, a publisher, a renderer and a store it declares
// itself, in ports.go, and it knows neither Plex nor FFmpeg nor SQL.
//
// # One video's way
//
// A job is checked, then listed page by page; videos that need nothing are counted and forgotten, the others become tasks
// in the store. A task is given to a free slot of a device. There it takes the place of its preview, takes what stands in
// it or renders, and frees the slot. Then it is shown, one at a time for each source, which may be put off. In the end it
// is published, failed, resting or cancelled.
//
// What went wrong decides how it goes on, see fate.go: another device tries it, it comes later, its job stops, it fails, or
// it fails and that is a strike against this version of the file. Three strikes, and it rests.
//
// # Who may block whom
//
// All methods may be called from any goroutine. Verbs return as soon as the store has what they say; [Engine.Wait] and
// [Engine.Run] are the only ones that wait for work. A watcher slows nobody. Jobs on one device wait for its slots only,
// listings of one source for each other, and previews of one source are shown one after the other; none of the three waits
// for another.
//
// The store is written before anybody is told, and never while the engine's own state is locked. A killed process repeats
// at most what was rendering.
package engine
