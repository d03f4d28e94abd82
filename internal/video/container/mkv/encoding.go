package mkv

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"slices"
)

const (
	// maxInflated is the most a zlib packet may grow to, in bytes. Tracks are compressed with zlib where packets
	// compress well, which for pictures means small ones (screen recordings, cover art).
	maxInflated = 64 << 20
	// maxDeflateRatio is the most that one byte of deflate can stand for: 258 bytes in a quarter of a byte.
	maxDeflateRatio = 1032
)

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
