//go:build unix

package secrets

import "io/fs"

// wide reports whether others than its owner may do anything with a file.
func wide(stat fs.FileInfo) bool { return stat.Mode().Perm()&0o077 != 0 }
