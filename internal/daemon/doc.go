// Package daemon builds Scrubjay out of its parts. It is the only package that knows all of them: which settings, which
// store, which servers, which FFmpeg and devices, and who is handed to whom. It reads as a list and decides little.
//
// [Machine] is what this computer can do: FFmpeg, devices, a renderer. [OpenSettings] is what a person has set: the file,
// the environment, the secrets, the log. [Open] is all of it with the queue, ready to run; only one process may have that
// for one configuration.
package daemon
