package render

import "golang.org/x/sys/windows"

// errDiskQuota is what Windows calls a full disk; its ENOSPC is never returned.
var errDiskQuota error = windows.ERROR_DISK_FULL
