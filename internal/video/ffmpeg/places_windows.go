package ffmpeg

import (
	"os"
	"path/filepath"
)

// usualFolders are where Jellyfin's installer puts its FFmpeg.
func usualFolders() []Folder {
	var out []Folder
	for _, variable := range []string{"ProgramW6432", "ProgramFiles"} {
		if dir := os.Getenv(variable); dir != "" {
			out = append(out, Folder{filepath.Join(dir, "Jellyfin", "Server"), "jellyfin-ffmpeg"})
		}
	}
	return out
}

func program(name string) string { return name + ".exe" }
