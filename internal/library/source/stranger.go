package source

import (
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// stranger makes a video of a file that Plex does not know yet; ok is false when it is no video, or left out.
func (l *listing) stranger(library, local, remote string) (v preview.Video, ok bool) {
	name := pathmap.Base(remote)
	if !preview.VideoName(name) || !l.p.o.Rules.path(local) {
		l.left.ruled++
		return preview.Video{}, false
	}
	return preview.Video{
		Source: l.p.ID(), Key: remote, Library: library, Title: bare(name), Path: local, Remote: remote,
	}, true
}

// strangers lists what is in folders that were named and that Plex knows nothing of: a film that was just downloaded.
// It reports whether more is wanted.
func (l *listing) strangers(yield func(preview.Page, error) bool) (more bool, err error) {
	for _, h := range l.heads {
		for i, folder := range h.library.below {
			if h.hit[i] || h.incomplete != nil || !inside(h.library.Locations, folder) {
				continue
			}
			if more, err := l.unknown(h.library, folder, yield); err != nil || !more {
				return false, err
			}
		}
	}
	return true, nil
}

// inside reports whether a folder lies below one of a library's own. One that is a library's own is left to Plex.
func inside(locations []string, folder pathmap.Folder) bool {
	return slices.ContainsFunc(locations, func(l string) bool {
		tail, ok := pathmap.Tail(l, folder.String())
		return ok && tail != ""
	})
}

// unknown lists the videos of a folder as strangers.
func (l *listing) unknown(c choice, folder pathmap.Folder, yield func(preview.Page, error) bool) (more bool, err error) {
	var page []preview.Video
	w := newWalk(l.ctx, l.p.o)
	for _, root := range l.p.o.Map.Local(folder.String()) {
		if !exists(root) {
			continue
		}
		for f, err := range w.files(root) {
			if err != nil {
				return false, err
			}
			remote, ok := l.remote(f.path, folder)
			if !ok || extra(remote, folder) {
				continue
			}
			if v, ok := l.stranger(c.Key, f.path, remote); ok {
				page = append(page, v)
			}
			if len(page) == pageVideos {
				if !l.hand(page, yield) {
					return false, nil
				}
				page = nil
			}
		}
	}
	return len(page) == 0 || l.hand(page, yield), nil
}

// remote returns what the server calls a file of this machine, which lies in a folder of the server's.
func (l *listing) remote(local string, folder pathmap.Folder) (path string, ok bool) {
	for _, path := range l.p.o.Map.Remote(local) {
		if folder.Holds(path) {
			return path, true
		}
	}
	return "", false
}

// extra reports whether Plex takes a file for a trailer or another extra of a film, which have no previews of their own.
// The names are those of Plex's help on local extras.
func extra(path string, folder pathmap.Folder) bool {
	name := strings.ToLower(bare(pathmap.Base(path)))
	for _, end := range []string{"behindthescenes", "deleted", "featurette", "interview", "scene", "short", "trailer", "other"} {
		if strings.HasSuffix(name, "-"+end) {
			return true
		}
	}
	tail, _ := folder.Tail(path)
	names := strings.FieldsFunc(strings.ToLower(tail), func(r rune) bool { return r == '/' || r == '\\' })
	for _, name := range names[:max(len(names)-1, 0)] {
		switch name {
		case "behind the scenes", "deleted scenes", "featurettes", "interviews", "scenes", "shorts", "trailers", "other":
			return true
		}
	}
	return false
}

// bare is a file's name without its end.
func bare(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i]
	}
	return name
}
