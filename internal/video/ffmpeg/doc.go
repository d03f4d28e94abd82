// Package ffmpeg knows processes: it finds FFmpeg on this machine, asks what the build can do, runs it so that it
// cannot outlive us, and turns what it wrote to stderr into a reason. It knows no recipe, no video and no GPU.
//
// # Who may block whom
//
// [Start] returns as soon as the program runs, which is not before a pulled [Brake] is released. [Process.Wait] blocks
// until the program is gone and its callbacks have returned, whatever ended it; no goroutine is left behind then.
// Ending the context kills the program with all of its children at once, suspended or not. [Process.Suspend] and
// [Process.Resume] may be called from any goroutine.
package ffmpeg
