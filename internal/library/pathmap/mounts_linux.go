package pathmap

import "os"

// mounted returns the mounts, and the folders in which people mount.
func mounted() []string {
	var out []string
	if f, err := os.Open("/proc/self/mounts"); err == nil {
		out = mountsOf(f)
		f.Close()
	}
	for _, parent := range []string{"/mnt", "/media"} {
		out = append(out, folders(parent)...)
	}
	return append(out, "/srv")
}

// wholes are the roots of whole systems, which are searched last.
func wholes() []string { return []string{"/"} }
