package mkv

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"slices"

	"github.com/scrubjay/scrubjay/internal/preview"
)

const (
	// maxInflated is the most a zlib packet may grow to, in bytes. Tracks are compressed with zlib where packets
	// compress well, which for pictures means small ones (screen recordings, cover art).
	maxInflated = 64 << 20
	// maxDeflateRatio is the most that one byte of deflate can stand for: 258 bytes in a quarter of a byte.
	maxDeflateRatio = 1032
)

// encoding says how a track's packets were changed before they were stored. The zero value: not at all.
type encoding struct {
	packets bool   // the packets are changed
	private bool   // CodecPrivate is changed
	zlib    bool   // by zlib; else header was taken from their fronts
	header  []byte // what was taken
	fault   error  // why packets of this track cannot be had; nil when they can
}

// read reads ContentEncodings. What it cannot undo becomes the fault of the track and not an error.
func (c *encoding) read(w *window, list element) error {
	n := 0
	for e, err := range w.children(list) {
		if err != nil {
			return err
		}
		if e.id != idContentEncoding {
			continue
		}
		if n++; n > 1 { // FFmpeg does not undo these either
			c.fault = damaged(list.pos, "more than one content encoding")
			return nil
		}
		if err := c.readOne(w, e); err != nil {
			return err
		}
	}
	return nil
}

func (c *encoding) readOne(w *window, one element) error {
	scope, kind := uint64(1), uint64(0) // RFC 9559 sections 5.1.4.1.31.3 and .4
	for e, err := range w.children(one) {
		switch {
		case err != nil:
		case e.id == idEncodingScope:
			scope, err = w.uint(e)
		case e.id == idEncodingType:
			kind, err = w.uint(e)
		}
		if err != nil {
			return err
		}
	}
	c.packets, c.private = scope&1 != 0, scope&2 != 0
	if kind != 0 {
		c.fault = preview.Because(preview.VideoEncrypted, "open track: %w", damaged(one.pos, "its packets are encrypted"))
		return nil
	}
	algo := uint64(0)
	for comp, err := range w.children(one) {
		if err != nil {
			return err
		}
		if comp.id != idCompression {
			continue
		}
		for e, err := range w.children(comp) {
			switch {
			case err != nil:
			case e.id == idCompAlgo:
				algo, err = w.uint(e)
			case e.id == idCompSettings:
				var b []byte
				b, err = w.payload(e, maxStripped)
				c.header = bytes.Clone(b)
			}
			if err != nil {
				return err
			}
		}
	}
	switch algo {
	case 0:
		c.zlib = true
	case 3:
	default: // bzip2 and LZO, which RFC 9559 tells writers not to use
		c.fault = damaged(one.pos, "compression %d is not known", algo)
	}
	return nil
}

// undo returns stored as it was before it was encoded, in out's storage where that is large enough.
func (c *encoding) undo(stored, out []byte) ([]byte, error) {
	if !c.zlib {
		return slices.Concat(c.header, stored), nil
	}
	z, err := zlib.NewReader(bytes.NewReader(stored))
	if err != nil {
		return nil, fmt.Errorf("inflate packet: %w", err)
	}
	limit := min(int64(len(stored)+64)*maxDeflateRatio, maxInflated)
	grown := bytes.NewBuffer(out[:0])
	n, err := io.Copy(grown, io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("inflate packet: %w", err)
	case n > limit:
		return nil, fmt.Errorf("inflate packet: more than %d bytes", limit)
	}
	return grown.Bytes(), nil
}
