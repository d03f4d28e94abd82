package recipe

import (
	"fmt"
	"strconv"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// args are FFmpeg's arguments by their place: an option in front of -i is the input's, one behind it the output's, and
// FFmpeg accepts many at the wrong place without a word.
type args struct {
	global []string
	input  []string
	stream int // of the input; 0 on the feed, which has only one
	filter chain
	output []string
}

func (a args) list(input string) []string {
	out := []string{"-hide_banner", "-nostdin", "-loglevel", "error"}
	out = append(out, a.global...)
	out = append(out, a.input...)
	// The display matrix is not on the feed, so turning is a filter of ours everywhere; without this the whole-file
	// paths would turn twice.
	out = append(out, "-noautorotate", "-i", input)
	out = append(out, "-map", fmt.Sprintf("0:%d", a.stream), "-an", "-sn", "-dn", "-vf", a.filter.String())
	return append(out, a.output...)
}

// output makes JPEGs of the frames as they come, each with its time, in Matroska: in image2pipe they would have none.
// The encoder's clock must be named, or times are rounded to the frame rate that FFmpeg guesses for the feed.
func output(spec preview.Spec) []string {
	return []string{
		"-fps_mode", "passthrough",
		"-enc_time_base", "1:1000",
		"-c:v", "mjpeg", "-q:v", strconv.Itoa(spec.Quality),
		"-f", "matroska", "pipe:1",
	}
}
