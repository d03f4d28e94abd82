package cli

import "runtime/debug"

// How much the Go runtime may take, in bytes. The program's own code and the stacks of FFmpeg's pipes come on top.
const (
	// videoMemory keeps the whole program below the 64 MiB that we promise for single videos.
	videoMemory = 48 << 20
	// libraryMemory keeps it below the 200 MiB that we promise for libraries of 100,000 videos, which take about 50. The
	// limit is for those that are several times as large: with videoMemory the collector takes half of the time there.
	libraryMemory = 128 << 20
)

// limitMemory sets a limit unless the person who runs us has set one. It is a soft one: a command that truly needs more
// gets it, and pays with more work for the collector.
func limitMemory(getenv func(string) string, bytes int64) {
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}

// limitMemory sets another limit for the command that runs.
func (e Env) limitMemory(bytes int64) {
	if e.LimitMemory != nil {
		e.LimitMemory(bytes)
	}
}
