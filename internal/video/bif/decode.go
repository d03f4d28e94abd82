package bif

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
)

// Limits of a picture that is decoded. Eight bytes of JPEG can claim 65,535 x 65,535 pixels, 4 GB of them. The
// emptiest picture that FFmpeg makes has about 170 pixels for each of its bytes.
const (
	maxPixels     = 32 << 20
	pixelsPerByte = 1024
)

// Decode decodes one picture of a preview. It refuses one that claims more pixels than its bytes or any preview can
// have, so that memory stays in proportion to the file.
func Decode(picture []byte) (image.Image, error) {
	size, err := Size(picture)
	if err != nil {
		return nil, err
	}
	if n := size.X * size.Y; n > maxPixels || n > pixelsPerByte*len(picture) {
		return nil, fmt.Errorf("decode picture: %d x %d pixels in %d bytes", size.X, size.Y, len(picture))
	}
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("decode picture: %w", err)
	}
	return img, nil
}

// Size reads a picture's size in pixels from its JPEG header, whatever it claims.
func Size(picture []byte) (image.Point, error) {
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return image.Point{}, fmt.Errorf("decode picture: %w", err)
	}
	if cfg.Width < 1 || cfg.Height < 1 {
		return image.Point{}, fmt.Errorf("decode picture: %d x %d pixels", cfg.Width, cfg.Height)
	}
	return image.Pt(cfg.Width, cfg.Height), nil
}
