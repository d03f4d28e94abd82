// Package bundle knows where in its data folder Plex keeps the preview of a video: in a bundle that is named by a hash
// of the video's bytes.
//
// The hash is computed here, from the file alone. Plex's own, which its API gives for each part, may still be that of a
// file that was replaced a minute ago. The package asks no server, writes nothing, and does not know where data folders
// are.
package bundle

import (
	"crypto/sha1" // Plex's choice; nothing is kept safe by it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// block is how many bytes at either end of a video go into its hash.
const block = 64 << 10

// Hash returns the name that Plex gives to the bundle of a video of the given size in bytes. It reads at most 128 KiB.
// Errors are r's own; a video that ends before its size is [io.ErrUnexpectedEOF].
//
// Videos below 64 KiB have a name that is longer than 40 characters: the rule for them, seen in the database of Plex
// 1.43, leaves the size in front and does not hash again.
func Hash(r io.ReaderAt, size int64) (string, error) {
	if size < 0 {
		return "", fmt.Errorf("hash video: a size of %d bytes", size)
	}
	buf := make([]byte, min(size, block))
	head, err := sum(r, buf, 0)
	if err != nil {
		return "", fmt.Errorf("hash start of video: %w", err)
	}
	name := strconv.FormatInt(size, 10) + head
	if size < block {
		return name, nil
	}
	tail, err := sum(r, buf, size-block)
	if err != nil {
		return "", fmt.Errorf("hash end of video: %w", err)
	}
	all := sha1.Sum([]byte(name + tail))
	return hex.EncodeToString(all[:]), nil
}

// sum fills buf from r and returns the SHA-1 of that in hexadecimal.
func sum(r io.ReaderAt, buf []byte, at int64) (string, error) {
	if n, err := r.ReadAt(buf, at); n < len(buf) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return "", err
	}
	s := sha1.Sum(buf)
	return hex.EncodeToString(s[:]), nil
}

// The lengths of a hash: 40 digits, and up to 5 of the size before them, which is below 65536.
const (
	digits  = 2 * sha1.Size
	longest = digits + len("65535")
)

// Path returns where the preview of the video with the given hash stands, below Plex's data folder and with slashes. A
// hash comes from a server, too: what is not lower-case hexadecimal of a length that Plex's have is refused, as a fault
// with [preview.PlexFailed].
func Path(hash string) (string, error) {
	if !valid(hash) {
		return "", preview.Because(preview.PlexFailed, "name bundle: %.60q is not the hash of a video", hash)
	}
	// Only "sd" exists, whatever the width of the pictures.
	return "Media/localhost/" + hash[:1] + "/" + hash[1:] + ".bundle/Contents/Indexes/index-sd.bif", nil
}

func valid(hash string) bool {
	if len(hash) < digits || len(hash) > longest {
		return false
	}
	size := len(hash) - digits
	for i, c := range []byte(hash) {
		switch {
		case '0' <= c && c <= '9':
		case 'a' <= c && c <= 'f' && i >= size:
		default:
			return false
		}
	}
	return true
}
