// Package bif reads, writes and checks BIF files, the container that Plex, Emby and Roku keep scrubbing previews in.
//
// A BIF is a 64-byte header, an index of (timestamp, offset) pairs closed by a sentinel, and the JPEG pictures one
// after another. All numbers are little-endian, 32 bits wide and unsigned, so a file ends below 4 GiB. A picture's
// time is its timestamp times the header's multiplier: our own files count 0, 1, 2 ... in units of the interval,
// Plex's count seconds (0, 2, 4 ...). The layout is Roku's "BIF file specification" (Trick Mode Support).
//
// A [Writer] streams pictures to disk; its memory does not grow with the video. A [Reader] checks every number
// against the file before it believes it: BIF files come from other programs too. [Check] says whether a file is a
// preview worth showing. The package does not know how pictures are made or where previews are kept; it neither syncs
// nor renames.
package bif

import (
	"errors"
	"math"
)

// The layout. Bytes 20 to 63 of the header are reserved: zero in what we write, and ignored in what we read, because
// newer tools keep the picture size and flags there.
const (
	magic      = "\x89BIF\r\n\x1a\n"
	headerSize = 64
	entrySize  = 8
	sentinel   = math.MaxUint32 // the timestamp that closes the index
	maxSize    = math.MaxUint32 // the sentinel's offset is the file's size, in 32 bits
)

// MaxPicture is the largest picture in bytes that is written or read. A 3840 pixel wide JPEG of the best quality
// has a third of it; a longer one in a file is a lie that would cost memory.
const MaxPicture = 32 << 20

// ErrTooLarge says that a preview would pass the 4 GiB that a BIF can hold.
var ErrTooLarge = errors.New("larger than the 4 GiB that a bif can hold")

// Problem is what is wrong with a file that is refused.
type Problem string

// The problems that [Open] finds.
const (
	NotBIF     Problem = "not a bif"                 // the magic is missing
	Unfinished Problem = "unfinished"                // the file was reserved but its header never written
	Version    Problem = "unknown version"           // only version 0 exists
	CutOff     Problem = "cut off"                   // the file is shorter or longer than its index says
	BadIndex   Problem = "bad index"                 // offsets or times that do not rise or do not fit the file
	Shifted    Problem = "header of 63 bytes"        // some writers count their reserved bytes wrong
	TooLong    Problem = "picture or time too large" // a number that no preview has
)

// Malformed is the error for a file that is not a BIF to be believed.
type Malformed struct {
	Problem Problem
	Detail  string // one plain clause with figures
}

func (m *Malformed) Error() string { return string(m.Problem) + ": " + m.Detail }
