package pathmap

// mounted returns the volumes: drives and shares.
func mounted() []string { return folders("/Volumes") }

// wholes are the roots of whole systems, which are searched last.
func wholes() []string { return []string{"/"} }
