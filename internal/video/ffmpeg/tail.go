package ffmpeg

import (
	"bytes"
	"strings"

	"github.com/rs/zerolog"
)

// tailSize is how much of the end of stderr is kept.
const tailSize = 4 << 10

// tail is a writer that keeps the last tailSize bytes and logs whole lines at debug level. Bytes, because FFmpeg
// prints file names and tags as they are, in whatever encoding.
type tail struct {
	log  zerolog.Logger
	kept []byte
	line []byte // the line that has not ended yet
}

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - tailSize; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	if t.log.Debug().Enabled() {
		t.line = append(t.line, b...)
		for {
			// FFmpeg ends its status line with a carriage return.
			i := bytes.IndexAny(t.line, "\r\n")
			if i < 0 {
				break
			}
			t.say(t.line[:i])
			t.line = append(t.line[:0], t.line[i+1:]...)
		}
		if len(t.line) > tailSize {
			t.flush()
		}
	}
	return len(b), nil
}

// flush logs what is left without an end of line.
func (t *tail) flush() {
	t.say(t.line)
	t.line = t.line[:0]
}

func (t *tail) say(line []byte) {
	if len(bytes.TrimSpace(line)) > 0 {
		t.log.Debug().Str("line", clean(line)).Msg("program said")
	}
}

// Bytes returns the last bytes that were written.
func (t *tail) Bytes() []byte { return bytes.Clone(t.kept) }

// clean makes bytes printable: one line, valid UTF-8, no control characters.
func clean(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(b), "\uFFFD"))
}

// lastLines returns the end of stderr as one line for an error's text: the last lines that are not empty, at most
// three, joined by " | ".
func lastLines(b []byte) string {
	var lines []string
	for line := range bytes.FieldsFuncSeq(b, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if s := strings.TrimSpace(clean(line)); s != "" {
			lines = append(lines, s)
		}
	}
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}
