package logs

import (
	"bytes"
	"encoding/json"

	"github.com/scrubjay/scrubjay/internal/secret"
)

// longest is how much of one text is kept, in bytes. An error may quote what a server answered, and 2000 lines of the
// ring should stay small.
const longest = 16 << 10

// masked returns a line of JSON, without an end of line, in which no text and no number holds a secret and no text is
// longer than longest. What is no JSON becomes the message of one that is.
func masked(line []byte) []byte {
	line = bytes.TrimSpace(line)
	if !json.Valid(line) || line[0] != '{' {
		line = append(append([]byte(`{"`+messageKey+`":`), quote(string(line))...), '}')
	}
	out := make([]byte, 0, len(line))
	for len(line) > 0 {
		n := token(line)
		switch c := line[0]; {
		case c == '"':
			text := unquote(line[:n])
			if safe := cut(secret.Mask(text)); safe != text {
				out = append(out, quote(safe)...)
				break
			}
			out = append(out, line[:n]...)
		case n > 1: // a number, true, false, null
			text := string(line[:n])
			if safe := secret.Mask(text); safe != text {
				out = append(out, quote(safe)...)
				break
			}
			out = append(out, line[:n]...)
		default:
			out = append(out, c)
		}
		line = line[n:]
	}
	return out
}

// token returns the length of what valid JSON begins with: a text, a word of letters and digits, or one byte.
func token(line []byte) int {
	if line[0] == '"' {
		n := 1
		for line[n] != '"' {
			if line[n] == '\\' {
				n++
			}
			n++
		}
		return n + 1
	}
	n := bytes.IndexAny(line, " \t\r\n{}[]:,\"")
	if n < 0 {
		n = len(line)
	}
	return max(n, 1)
}

// cut shortens a text that is too long, after it was masked: half a secret is one too.
func cut(text string) string {
	if len(text) <= longest {
		return text
	}
	return text[:longest] + "…"
}

// unquote reads a text of valid JSON.
func unquote(literal []byte) string {
	if !bytes.ContainsRune(literal, '\\') {
		return string(literal[1 : len(literal)-1])
	}
	var text string
	_ = json.Unmarshal(literal, &text) // it is valid
	return text
}

// quote writes a text as JSON. Unlike json.Marshal it leaves <, > and & readable, as zerolog does.
func quote(text string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text can be encoded, and a buffer written
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
