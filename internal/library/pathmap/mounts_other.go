//go:build !linux && !darwin && !windows

package pathmap

// mounted returns the folders in which people mount.
func mounted() []string { return append(folders("/mnt"), folders("/media")...) }

// wholes are the roots of whole systems, which are searched last.
func wholes() []string { return []string{"/"} }
