//go:build !windows

package render

import "syscall"

// errDiskQuota is a full disk by decree.
var errDiskQuota error = syscall.EDQUOT
