//go:build !windows

package plex

import "syscall"

// refused is the error of a port that nobody listens on.
const refused = syscall.ECONNREFUSED
