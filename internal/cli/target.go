package cli

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// target says where previews go. The zero value puts each next to its video.
type target struct {
	file string // the one preview; empty for any number of them
	dir  string // folder of all previews; empty for each next to its video
}

// targetOf reads --out: a folder when it is one or ends like one, otherwise the file for the one video that args
// name. It creates no folder: a missing one is more often a typing error or a share that is not mounted, and
// previews that fill the disk below the mount point help nobody.
func targetOf(out string, args []string) (target, error) {
	if out == "" {
		return target{}, nil
	}
	info, err := os.Stat(filepath.Clean(out)) // "file/" is an error to the system, and we want to know which
	exists, folder := err == nil, err == nil && info.IsDir()
	slash := os.IsPathSeparator(out[len(out)-1])
	several := len(args) > 1
	if !several {
		in, err := os.Stat(args[0])
		several = err == nil && in.IsDir()
	}
	switch {
	case folder:
		return target{dir: out}, nil
	case exists && (several || slash):
		return target{}, preview.Because(preview.TargetExists, "write to %s: it is a file", out)
	case several, slash:
		return target{}, preview.Because(preview.TargetMissing, "write to %s: %w", out, err)
	}
	parent, err := os.Stat(filepath.Dir(out))
	switch {
	case err != nil:
		return target{}, preview.Because(preview.TargetMissing, "write %s: %w", out, err)
	case !parent.IsDir():
		return target{}, preview.Because(preview.TargetMissing, "write %s: %s is not a folder", out, filepath.Dir(out))
	}
	return target{file: out}, nil
}

// of returns the path of a video's preview.
func (t target) of(video string, spec preview.Spec) string {
	if t.file != "" {
		return t.file
	}
	dir := t.dir
	if dir == "" {
		dir = filepath.Dir(video)
	}
	return filepath.Join(dir, defaultName(video, spec))
}

// defaultName is "<name without extension>-<width>-<interval in seconds>.bif", as Emby names them too.
func defaultName(video string, spec preview.Spec) string {
	name := filepath.Base(video)
	if stem := strings.TrimSuffix(name, filepath.Ext(name)); stem != "" {
		name = stem
	}
	seconds := strconv.FormatFloat(spec.Interval.Seconds(), 'f', -1, 64)
	return name + "-" + strconv.Itoa(spec.Width) + "-" + seconds + ".bif"
}

// replaceable returns nil when a preview may be written to path: nothing is there, or an older preview, or a file of
// no length, such as mktemp leaves. A film that was named by mistake is not overwritten.
func replaceable(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return nil // what else may be wrong shows when it is written
	}
	if info.IsDir() {
		return preview.Because(preview.TargetExists, "write %s: it is a folder", path)
	}
	if !info.Mode().IsRegular() {
		return preview.Because(preview.TargetForeign, "write %s: it is a %v", path, info.Mode().Type())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	const magic = "\x89BIF\r\n\x1a\n"
	var head [len(magic)]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:]) != magic {
		return preview.Because(preview.TargetForeign, "write %s: it does not begin as a BIF", path)
	}
	return nil
}

// targetKey is the same for two paths that may be one file. Case does not count: on Windows, macOS and most network
// shares it makes no difference, and losing a preview silently is worse than asking for another name.
func targetKey(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if !utf8.ValidString(path) {
		return path // ToLower would make all odd bytes the same
	}
	return strings.ToLower(path)
}
