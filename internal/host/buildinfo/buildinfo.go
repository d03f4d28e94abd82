// Package buildinfo says which Scrubjay this is: its version, the commit it was built from, and the Go that
// built it. It knows nothing of what the program does.
package buildinfo

import (
	"runtime"
	"runtime/debug"
)

// version is set by the linker for a release: -ldflags "-X .../buildinfo.version=1.2.3". Nothing writes to it
// while the program runs.
var version string

// Info is what a program knows of its own making.
type Info struct {
	Version  string // "1.2.3", or "dev" for a build that nobody gave a version
	Commit   string // of git, in full; empty when it was not built from a checkout
	Date     string // of the commit, RFC 3339 in UTC; empty as above
	Modified bool   // the checkout had changes that were not committed
	Go       string // "go1.26.0"
	OS, Arch string // as Go names them: "linux", "amd64"
}

// Read returns what the running program knows of its own making.
func Read() Info {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		build = &debug.BuildInfo{}
	}
	return from(version, build)
}

func from(version string, build *debug.BuildInfo) Info {
	info := Info{Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Commit = s.Value
		case "vcs.time":
			info.Date = s.Value
		case "vcs.modified":
			info.Modified = s.Value == "true"
		}
	}
	if info.Version == "" {
		// `go install module@v1.2.3` leaves the version here; a build in a checkout says "(devel)" or a
		// pseudo-version that only repeats commit and date.
		info.Version = "dev"
		if v := build.Main.Version; v != "" && v != "(devel)" && info.Commit == "" {
			info.Version = v
		}
	}
	return info
}

// Short is the version with enough of the commit to find it again: "1.2.3 (0123456)".
func (i Info) Short() string {
	if i.Commit == "" {
		return i.Version
	}
	commit := i.Commit[:min(7, len(i.Commit))]
	if i.Modified {
		commit += ", modified"
	}
	return i.Version + " (" + commit + ")"
}
