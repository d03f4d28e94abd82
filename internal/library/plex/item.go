package plex

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Item returns the files of films and episodes by their rating keys. Shows and seasons have none of their own, see
// [Server.Children]; items that Plex does not have are left out.
func (s *Server) Item(ctx context.Context, ratingKeys ...string) ([]Part, error) {
	if err := checkKeys(ratingKeys); err != nil {
		return nil, err
	}
	var all []Part
	for some := range slices.Chunk(ratingKeys, 100) { // keeps URLs below the 8 KiB that proxies take
		// Without skipRefresh a question may make Plex read the file anew, while we wait.
		p, err := s.page(ctx, "/library/metadata/"+strings.Join(some, ","), url.Values{"skipRefresh": {"1"}}, "")
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return nil, err
		default:
			all = append(all, p.parts...)
		}
	}
	return all, nil
}

// Children returns the files of all episodes of a season or of a show; nothing when Plex does not have it.
func (s *Server) Children(ctx context.Context, ratingKey string) ([]Part, error) {
	if err := checkKeys([]string{ratingKey}); err != nil {
		return nil, err
	}
	path := "/library/metadata/" + ratingKey
	p, err := s.page(ctx, path+"/children", nil, "")
	if err == nil && p.kind == "season" {
		p, err = s.page(ctx, path+"/allLeaves", nil, "")
	}
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return p.parts, err
}

// Find returns the parts of a section that are a file, given by its whole path as the server names it. There are
// several when the file is several episodes, and none when Plex does not know it.
func (s *Server) Find(ctx context.Context, section Section, file string) ([]Part, error) {
	if !digits(section.Key) || !section.Videos() {
		return nil, preview.Because(preview.PlexNoLibrary, "find a file in section %q of type %q", section.Key, section.Type)
	}
	base := baseName(file)
	if base == "" {
		return nil, nil
	}
	// Plex compares the base name byte by byte, and keeps names as the disk has them: on a Mac they are decomposed.
	for _, name := range slices.Compact([]string{base, norm.NFC.String(base), norm.NFD.String(base)}) {
		// Without a type Plex answers 500.
		p, err := s.page(ctx, "/library/sections/"+section.Key+"/all",
			url.Values{"type": {section.kind()}, "file": {name}, "includeGuids": {"0"}}, section.Key)
		if err != nil {
			return nil, err
		}
		found := slices.DeleteFunc(p.parts, func(p Part) bool { return !samePath(p.File, file) })
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

// onWindows reports whether a path is one of Windows: C:\Films, \\nas\films.
func onWindows(path string) bool {
	return strings.HasPrefix(path, `\\`) || len(path) > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/')
}

func baseName(path string) string {
	separators := "/"
	if onWindows(path) {
		separators = `/\`
	}
	return path[strings.LastIndexAny(path, separators)+1:]
}

func samePath(a, b string) bool {
	a, b = norm.NFC.String(a), norm.NFC.String(b)
	if onWindows(a) && onWindows(b) {
		return strings.EqualFold(strings.ReplaceAll(a, `\`, "/"), strings.ReplaceAll(b, `\`, "/"))
	}
	return a == b
}

// page asks for a list that is not paged.
func (s *Server) page(ctx context.Context, path string, q url.Values, section string) (p rawPage, err error) {
	err = s.do(ctx, call{
		path: path, query: q, timeout: pageTime, limit: 64 << 20,
		read: func(h http.Header, body io.Reader) (err error) {
			p, err = readPage(h, body, section)
			return err
		},
	})
	return p, err
}

// Hashes returns the bundle hashes of all files below an item, a season or a show, by part ID. A file that Plex has not
// analyzed yet has none, and is left out.
func (s *Server) Hashes(ctx context.Context, ratingKey string) (map[string]string, error) {
	if err := checkKeys([]string{ratingKey}); err != nil {
		return nil, err
	}
	var hashes map[string]string
	err := s.do(ctx, call{
		path: "/library/metadata/" + ratingKey + "/tree", timeout: pageTime, limit: 64 << 20,
		read: func(_ http.Header, body io.Reader) (err error) {
			hashes, err = readTree(body)
			return err
		},
	})
	if errors.Is(err, ErrNotFound) {
		return map[string]string{}, nil
	}
	return hashes, err
}

// branch is a node of a tree: a show, a season, an episode or a film.
type branch struct {
	Below list[branch] `json:"MetadataItem"`
	Media list[struct {
		Part list[struct {
			ID   text `json:"id"`
			Hash text `json:"hash"`
		}] `json:"MediaPart"`
	}] `json:"MediaItem"`
}

func (b branch) collect(hashes map[string]string, depth int) {
	for _, m := range b.Media {
		for _, p := range m.Part {
			if digits(string(p.ID)) && p.Hash != "" {
				hashes[string(p.ID)] = string(p.Hash)
			}
		}
	}
	if depth > 0 {
		for _, below := range b.Below {
			below.collect(hashes, depth-1)
		}
	}
}

func readTree(body io.Reader) (map[string]string, error) {
	hashes := map[string]string{}
	err := members(body, "MediaContainer", func(name string, d decoder) (bool, error) {
		if name != "MetadataItem" {
			return false, nil
		}
		return true, each(d, func(b branch) error {
			b.collect(hashes, 8)
			return nil
		})
	})
	return hashes, err
}

// Analyze has Plex look at an item's files again, which makes it notice a preview that stands in its place; within
// seconds, and after this returns. It costs Plex a look into the file, so ask for those only that need it. An error with
// [ErrNotFound] says that Plex does not have the item.
func (s *Server) Analyze(ctx context.Context, ratingKey string) error {
	if err := checkKeys([]string{ratingKey}); err != nil {
		return err
	}
	return s.do(ctx, call{method: http.MethodPut, path: "/library/metadata/" + ratingKey + "/analyze", timeout: pageTime})
}

// ScanFolder has Plex look for new files in one folder, named as the server does, and below. It returns before Plex is
// done.
func (s *Server) ScanFolder(ctx context.Context, sectionKey, folder string) error {
	if !digits(sectionKey) {
		return preview.Because(preview.PlexNoLibrary, "scan a folder of section %q", sectionKey)
	}
	if folder == "" { // would be all of the library
		return preview.Because(preview.NothingChosen, "scan a folder of section %s without its name", sectionKey)
	}
	return s.do(ctx, call{path: "/library/sections/" + sectionKey + "/refresh", query: url.Values{"path": {folder}}})
}

// Frame returns the picture that Plex shows players at a time of a part: a JPEG. A fault with [preview.PlexNotShown] says
// that it has no preview.
func (s *Server) Frame(ctx context.Context, partID string, at time.Duration) ([]byte, error) {
	if err := checkKeys([]string{partID}); err != nil {
		return nil, err
	}
	var picture []byte
	err := s.do(ctx, call{
		path:   "/library/parts/" + partID + "/indexes/sd/" + strconv.FormatInt(max(0, at.Milliseconds()), 10),
		header: http.Header{"Accept": {"image/jpeg, */*"}},
		limit:  8 << 20,
		read: func(_ http.Header, body io.Reader) (err error) {
			picture, err = io.ReadAll(body)
			if err == nil && !bytes.HasPrefix(picture, []byte{0xff, 0xd8, 0xff}) {
				err = preview.Because(preview.PlexFailed, "read a picture of part %s: no JPEG", partID)
			}
			return err
		},
	})
	if errors.Is(err, ErrNotFound) {
		return nil, preview.Because(preview.PlexNotShown, "%w", err)
	}
	if err != nil {
		return nil, err
	}
	return picture, nil
}

// checkKeys lets nothing but numbers become part of a URL.
func checkKeys(keys []string) error {
	for _, k := range keys {
		if !digits(k) {
			return preview.Because(preview.PlexFailed, "ask Plex for %q: that is no key of an item", k)
		}
	}
	return nil
}
