package plex

import "syscall"

// refused is WSAECONNREFUSED; syscall.ECONNREFUSED is an invention of Go on Windows, that no call returns.
const refused = syscall.Errno(10061)
