package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/recipe"
)

// A preview says itself what it was made from: a comment in its first picture names the version of the video and the
// settings. No side file has to be kept beside it, and a copied or moved preview keeps its papers. Players skip
// comments. The decision and its alternatives stand in internal/decisions.

// stampOf is the text of the comment. Equal texts mean that making the preview again would give the same one.
func stampOf(video os.FileInfo, spec preview.Spec) string {
	return fmt.Sprintf("scrubjay size=%d mtime=%d interval=%d width=%d quality=%d accuracy=%s recipe=%d",
		video.Size(), video.ModTime().UnixNano(), spec.Interval.Milliseconds(), spec.Width, spec.Quality, spec.Accuracy, recipe.Version)
}

// JPEG markers.
var (
	jpegStart = []byte{0xff, 0xd8}
	jpegCOM   = []byte{0xff, 0xfe}
)

// stamped returns the picture with the text as its first comment. What is no JPEG is returned as it is: the verdict will
// say so.
func stamped(jpeg []byte, text string) []byte {
	if !bytes.HasPrefix(jpeg, jpegStart) {
		return jpeg
	}
	out := make([]byte, 0, len(jpeg)+len(text)+4)
	out = append(out, jpegStart...)
	out = append(out, jpegCOM...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(text)+2))
	out = append(out, text...)
	return append(out, jpeg[2:]...)
}

// readStamp returns the first comment of a picture where stamped puts it, or "".
func readStamp(jpeg []byte) string {
	rest, ok := bytes.CutPrefix(jpeg, append(bytes.Clone(jpegStart), jpegCOM...))
	if !ok || len(rest) < 2 {
		return ""
	}
	n := int(binary.BigEndian.Uint16(rest))
	if n < 2 || n > len(rest) {
		return ""
	}
	return string(rest[2:n])
}
