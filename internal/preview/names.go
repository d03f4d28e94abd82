package preview

import (
	"path"
	"strings"
)

// VideoName reports whether a walk takes a file for a video, by the end of its name. Files that a person names are
// taken whatever they are called.
func VideoName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".mkv", ".mk3d", ".webm", ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2",
		".avi", ".divx", ".wmv", ".asf", ".flv", ".f4v", ".rm", ".rmvb", ".ogv", ".ogm",
		".mpg", ".mpeg", ".m2v", ".vob", ".ts", ".tp", ".trp", ".m2ts", ".mts", ".m2t", ".wtv", ".mxf", ".dv":
		return true
	}
	return false
}

// LeftOut reports whether a walk leaves the name of a file or folder out: hidden ones (among them macOS's
// "._film.mkv", which is no film), the places where NAS systems and Windows keep what was deleted or what they made
// themselves, and the folders of pictures that Jellyfin lays beside a video.
func LeftOut(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "@eadir", "#recycle", "@recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".trickplay")
}
