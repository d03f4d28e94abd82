// Package store keeps the queue, the ledger, the strikes, the notes and the history in one SQLite file, so that a killed
// process loses nothing that it was told is stored.
//
// # What is safe from what
//
// What a method has returned from without an error survives SIGKILL and a crash of Scrubjay: the write-ahead log has it,
// and the system has the log. A power cut may take the last moments back (synchronous=NORMAL), but leaves the file sound.
//
// A damaged file is moved aside under its name with ".damaged-" and the time, and an empty one takes its place: the
// library is the truth about previews, so a scan brings everything back but the history. A file from a newer Scrubjay is
// refused before anything is touched. A file from an older one is copied beside itself, then brought up to date.
//
// # Who may block whom
//
// All methods may be called from any goroutine. Writers take turns, and wait for a turn only as long as their context
// lasts; once begun, a write is not cancelled, so an error never leaves open whether it took place. Readers wait for
// nobody. There must be one [Store] for a file in a process: POSIX takes a process's locks away when it closes any other
// handle of the same file. Other processes may have the file open too.
//
// Inside a testing/synctest bubble a store works as long as it is opened and closed there: the goroutine that
// database/sql keeps for each handle ends with Close, and time spent waiting for another process's lock is the bubble's.
//
// The package knows words (preview) and SQL. It is blind to what the engine does with them, and to Plex and FFmpeg.
package store
