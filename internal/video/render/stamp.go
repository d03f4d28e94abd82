package render

import (
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
const (
	jpegMark = 0xff
	jpegSOI  = 0xd8
	jpegAPP0 = 0xe0
	jpegCOM  = 0xfe
)

// stamped returns the picture with the text as a comment, behind the APP0 segment that JFIF wants to be first. What is no
// JPEG is returned as it is: the verdict will say so.
func stamped(jpeg []byte, text string) []byte {
	at := afterAPP0(jpeg)
	if at == 0 {
		return jpeg
	}
	out := make([]byte, 0, len(jpeg)+len(text)+4)
	out = append(out, jpeg[:at]...)
	out = append(out, jpegMark, jpegCOM)
	out = binary.BigEndian.AppendUint16(out, uint16(len(text)+2))
	out = append(out, text...)
	return append(out, jpeg[at:]...)
}

// readStamp returns the comment of a picture where stamped puts it, or "".
func readStamp(jpeg []byte) string {
	rest := jpeg[afterAPP0(jpeg):]
	if n := segment(rest, jpegCOM); n > 0 {
		return string(rest[4:n])
	}
	return ""
}

// afterAPP0 returns where the segments behind APP0 begin; 0 when it is no JPEG.
func afterAPP0(jpeg []byte) int {
	if len(jpeg) < 2 || jpeg[0] != jpegMark || jpeg[1] != jpegSOI {
		return 0
	}
	return 2 + segment(jpeg[2:], jpegAPP0)
}

// segment returns the length of the segment that b begins with, its marker included; 0 when it is another one or not whole.
func segment(b []byte, marker byte) int {
	if len(b) < 4 || b[0] != jpegMark || b[1] != marker {
		return 0
	}
	n := 2 + int(binary.BigEndian.Uint16(b[2:]))
	if n < 4 || n > len(b) {
		return 0
	}
	return n
}
