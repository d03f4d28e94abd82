package cli

import "runtime/debug"

// memoryLimit keeps the whole program below the 64 MiB that we promise: the limit counts what the Go runtime
// takes, and the program's own code and the stacks of FFmpeg's pipes come on top.
const memoryLimit = 48 << 20 // bytes

// limitMemory sets the limit unless the person who runs us has set one. It is a soft one: a command that truly
// needs more gets it, and pays with more work for the collector.
func limitMemory(getenv func(string) string) {
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
