package buildinfo

import (
	"runtime/debug"
	"testing"
)

func TestVersionComesFromTheLinkerThenTheModuleThenDev(t *testing.T) {
	commit := []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"},
		{Key: "vcs.time", Value: "2026-11-23T10:00:00Z"},
		{Key: "vcs.modified", Value: "true"},
	}
	for _, tt := range []struct {
		name, version string
		build         debug.BuildInfo
		short         string
	}{
		{"release", "1.2.3", debug.BuildInfo{Settings: commit[:2]}, "1.2.3 (0123456)"},
		{"checkout with changes", "", debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-2026+dirty"}, Settings: commit}, "dev (0123456, modified)"},
		{"go install", "", debug.BuildInfo{Main: debug.Module{Version: "v1.4.0"}}, "v1.4.0"},
		{"no information at all", "", debug.BuildInfo{}, "dev"},
		{"go build outside of git", "", debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "dev"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := from(tt.version, &tt.build).Short(); got != tt.short {
				t.Errorf("Short() = %q, want %q", got, tt.short)
			}
		})
	}
}

func TestReadKnowsTheGoThatBuiltIt(t *testing.T) {
	if i := Read(); i.Go == "" || i.OS == "" || i.Arch == "" || i.Version == "" {
		t.Errorf("Read() = %+v, want every one of Version, Go, OS and Arch", i)
	}
}
