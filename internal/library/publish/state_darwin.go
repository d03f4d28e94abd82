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
	return identity{uint64(s.Dev), s.Ino, [2]int64{s.Ctimespec.Sec, s.Ctimespec.Nsec}}
}
