package publish

import (
	"io/fs"
	"os"
)

// like is what new files and folders take after: the mode of a neighbour, and its owner where we may give files away. A
// media server runs as somebody else, must read what we write, and deletes it some day.
type like struct {
	folder, file fs.FileMode
	uid, gid     int // -1 leaves them
}

// likeOf takes after a file or a folder. What is secret there need not be secret here, since everybody may look at a
// preview that they can reach; where the group may write, as on Unraid, it may write here too.
func likeOf(info fs.FileInfo) like {
	perm := info.Mode().Perm()
	l := like{folder: perm | 0o755, file: perm&0o666 | 0o644, uid: -1, gid: -1}
	if os.Geteuid() == 0 {
		l.uid, l.gid = owner(info)
	}
	return l
}

// dress gives f the mode and its owner. Where modes and owners cannot be set (Windows, some network shares and FUSE, NFS
// that makes root nobody), the folder or the mount decides who reads, so that is no error.
func (l like) dress(f *os.File, perm fs.FileMode) {
	info, err := f.Stat()
	if err != nil {
		return
	}
	if uid, gid := owner(info); l.uid >= 0 && (uid != l.uid || gid != l.gid) {
		_ = f.Chown(l.uid, l.gid)
	}
	if info.Mode().Perm() != perm {
		_ = f.Chmod(info.Mode()&^fs.ModePerm | perm) // a folder's setgid bit stays
	}
}
