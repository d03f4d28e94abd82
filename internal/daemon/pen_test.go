package daemon

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

// pen is a renderer that draws its pictures at once, or does what a test wants instead.
type pen struct {
	renderer // for looking at what stands somewhere

	mu     sync.Mutex // guards what follows
	drawn  map[string]int
	begun  int
	before func(ctx context.Context, r engine.Render, n int) error // called first, when it is there
}

func (p *pen) Render(ctx context.Context, r engine.Render) (engine.Rendered, error) {
	p.mu.Lock()
	p.drawn[filepath.Base(r.Video)]++
	p.begun++
	n, before := p.begun, p.before
	p.mu.Unlock()
	if before != nil {
		if err := before(ctx, r, n); err != nil {
			return engine.Rendered{}, err
		}
	}
	if ctx.Err() != nil {
		return engine.Rendered{}, preview.Because(preview.Cancelled, "render: %w", context.Cause(ctx))
	}
	const pictures = 3
	f, err := os.OpenFile(r.Out, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return engine.Rendered{}, err
	}
	defer f.Close()
	b, err := bif.NewWriter(f, r.Spec.Interval, pictures)
	if err != nil {
		return engine.Rendered{}, err
	}
	for i := range pictures {
		if err := b.Add(picture(i)); err != nil {
			return engine.Rendered{}, err
		}
	}
	return engine.Rendered{Frames: pictures, Recipe: "pen", Elapsed: time.Second, Read: -1}, b.Close()
}

func (p *pen) Suspend() {}
func (p *pen) Resume()  {}

// instead has the pen do something first; n counts all renders from 1. An error is what the render ends with.
func (p *pen) instead(before func(ctx context.Context, r engine.Render, n int) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = before
}

// times returns how often a video was rendered, by its base name.
func (p *pen) times(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drawn[name]
}

// all returns how many renders there were.
func (p *pen) all() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun
}

// picture is the n-th JPEG of a preview, unlike the others.
func picture(n int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 64, 36))
	for y := range 36 {
		for x := range 64 {
			m.Set(x, y, color.RGBA{uint8(4 * x), uint8(7 * y), uint8(80 * n), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
