package render

import (
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Request is one video to be rendered.
type Request struct {
	Video  string         // path of the video
	Out    string         // path of the BIF to write; its folder must exist
	Spec   preview.Spec   //
	Device preview.Device // the device to use; the CPU is the fallback
	NoCPU  bool           // do not fall back to the CPU
	// Proofs are what the device was seen decoding. A codec that it does not decode goes to the CPU at once; one that is
	// not among them is tried.
	Proofs []preview.Proof
	// Progress is told of every finished picture, from one goroutine at a time. It must not block. May be nil.
	// Its count never runs backwards: see [Progress].
	Progress func(Progress)
}

// Progress is how far a render is. When a recipe is left and the next one begins anew, Frames stands still until that
// one is as far: a bar that runs backwards tells people nothing, and Recipe and Device say what goes on. Total stays
// the same all the time.
type Progress struct {
	Frames, Total int
	Recipe        string // of the running attempt
	Device        preview.Device
}

// Result is what a render came to. It is filled as far as the render got when there is an error as well.
type Result struct {
	Frames        int           // pictures in the BIF
	Filled        int           // slots that hold a neighbour's picture because their own was missing
	Partial       bool          // the video ended before its time; the last pictures are repeated
	Duration      time.Duration // of the video
	Width, Height int           // of the pictures, in pixels
	MeanOffset    time.Duration // between slot and picture
	MaxOffset     time.Duration
	Device        preview.Device // that made the pictures
	Recipe        string         // that made the pictures
	Attempts      []Attempt      // every attempt that was made, the successful one last
	SourceBytes   int64          // size of the video
	OwnBytes      int64          // read from the video by us
	FFmpegBytes   int64          // read by FFmpeg and ffprobe; -1 where the system does not tell
	CPU           time.Duration  // user and system time of FFmpeg and ffprobe
	Wall          time.Duration
	Verdict       preview.Verdict
}

// Attempt is one try of one recipe.
type Attempt struct {
	Recipe string
	Device preview.Device
	Err    error // nil for the one that worked
}
