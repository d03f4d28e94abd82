// Package sidecar puts previews beside their videos, under the name that Emby looks for:
// "Heat (1995)-320-10.bif" for pictures 320 pixels wide and 10 seconds apart.
//
// Nobody has to be told of them: Emby finds them when it scans the folder. The package asks no server.
package sidecar

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/scrubjay/scrubjay/internal/library/publish"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Publisher is an engine's publisher for plain folders. Its methods may be called from any goroutine.
type Publisher struct {
	spec preview.Spec
	desk publish.Desk

	mu     sync.Mutex
	claims map[string]string // which video a preview is of, by its path in lower case; guarded by mu
}

// New returns a publisher of previews with the given interval and width.
func New(spec preview.Spec) *Publisher {
	return &Publisher{spec: spec, claims: map[string]string{}}
}

// Name returns the file name of a video's preview: its own without the extension, the width, and the interval in seconds.
func Name(video string, spec preview.Spec) string {
	name := filepath.Base(video)
	if stem := strings.TrimSuffix(name, filepath.Ext(name)); stem != "" {
		name = stem
	}
	seconds := strconv.FormatFloat(spec.Interval.Seconds(), 'f', -1, 64)
	return name + "-" + strconv.Itoa(spec.Width) + "-" + seconds + ".bif"
}

// There reports whether a preview of a video stands in its place, by the first bytes of it.
func (p *Publisher) There(video string) bool {
	path := filepath.Join(filepath.Dir(video), Name(video, p.spec))
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // to open a pipe would wait for its other end
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return isBIF(f)
}

// Ready returns nil: each folder of videos is a place of its own, and shows when it is written to whether it can be.
func (p *Publisher) Ready(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// Open takes the place of a video's preview, and waits while somebody else has it. A file that is there and is no preview
// is a fault with [preview.TargetForeign]; another video that has the same name but for its extension, and was here
// before, is one with [preview.TargetClash].
func (p *Publisher) Open(ctx context.Context, v preview.Video) (preview.Place, error) {
	seen, err := publish.Look(ctx, v.Path)
	if err != nil {
		return nil, err
	}
	folder, name := filepath.Dir(v.Path), Name(v.Path, p.spec)
	if err := p.claim(filepath.Join(folder, name), v.Path); err != nil {
		return nil, err
	}
	place, err := p.desk.Open(ctx, publish.Spot{Root: folder, Name: name, Like: v.Path, Video: v.Path, Seen: seen, Ours: isBIF})
	if err != nil {
		return nil, err
	}
	return place, nil
}

// Show returns true: nobody has to be told.
func (p *Publisher) Show(ctx context.Context, _ preview.Video) (bool, error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return true, nil
}

// claim keeps "Heat.mkv" and "Heat.mp4" from writing over each other's preview. A video that is gone has no claim.
func (p *Publisher) claim(target, video string) error {
	key := strings.ToLower(target)
	for {
		p.mu.Lock()
		other, ok := p.claims[key]
		if !ok || other == video {
			p.claims[key] = video
			p.mu.Unlock()
			return nil
		}
		p.mu.Unlock()
		if _, err := os.Stat(other); err == nil && !sameFile(other, video) {
			return preview.Because(preview.TargetClash, "open place of preview: %s has its preview at %s", other, target)
		}
		p.mu.Lock()
		if p.claims[key] == other {
			delete(p.claims, key)
		}
		p.mu.Unlock()
	}
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// isBIF reports whether a file begins as a BIF does.
func isBIF(r io.Reader) bool {
	const magic = "\x89BIF\r\n\x1a\n"
	head := make([]byte, len(magic))
	_, err := io.ReadFull(r, head)
	return err == nil && bytes.Equal(head, []byte(magic))
}
