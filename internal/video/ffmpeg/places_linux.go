package ffmpeg

// usualFolders are where jellyfin-ffmpeg's packages put it. It has filters that distributions' builds lack.
func usualFolders() []Folder {
	return []Folder{{"/usr/lib/jellyfin-ffmpeg", "jellyfin-ffmpeg"}}
}
