//go:build unix

package paths

import "golang.org/x/sys/unix"

func free(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	// Bavail, not Bfree: the rest is reserved for root.
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:unconvert // macOS has 32 bits of it
}
