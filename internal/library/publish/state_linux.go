package publish

import (
	"io/fs"
	"syscall"
)

func identityOf(info fs.FileInfo) identity {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}
	}
	//nolint:unconvert // 32-bit systems have smaller ones
	return identity{uint64(s.Dev), uint64(s.Ino), [2]int64{int64(s.Ctim.Sec), int64(s.Ctim.Nsec)}}
}
