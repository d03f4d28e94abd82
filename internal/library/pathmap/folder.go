package pathmap

// Folder is a folder that many paths are compared with. The zero value holds nothing.
type Folder struct{ at prefix }

// FolderOf reads a folder; ok is false when it is not a whole path.
func FolderOf(path string) (f Folder, ok bool) {
	f.at, ok = parse(path)
	return f, ok
}

// String is the folder in its own style, without a separator at its end.
func (f Folder) String() string { return f.at.text }

// Holds reports whether path is the folder or stands below it.
func (f Folder) Holds(path string) bool {
	_, ok := f.at.cut(path)
	return ok
}

// Tail returns what stands below the folder in path, as [Tail] does.
func (f Folder) Tail(path string) (tail string, ok bool) { return f.at.cut(path) }
