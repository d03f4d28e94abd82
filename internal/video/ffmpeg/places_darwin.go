package ffmpeg

// usualFolders are jellyfin's own FFmpeg (github.com/jellyfin/jellyfin/issues/17217 names the folder), and where
// Homebrew and MacPorts put theirs: a program that was started from the Dock has none of these in its PATH.
func usualFolders() []Folder {
	return []Folder{
		{"/Applications/Jellyfin.app/Contents/MacOS", "jellyfin-ffmpeg"},
		{"/opt/homebrew/bin", "Homebrew"},
		{"/usr/local/bin", "Homebrew"},
		{"/opt/local/bin", "MacPorts"},
	}
}
