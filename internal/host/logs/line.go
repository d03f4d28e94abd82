package logs

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/scrubjay/scrubjay/internal/secret"
)

// Line is one line of the log, masked. Its fields must not be changed: lines are shared.
type Line struct {
	// Number counts the lines from 1. A gap between two that a [Ring.Watch] gave means lines that came too fast.
	Number  uint64
	Time    time.Time
	Level   string // "debug", "info", "warn", "error"
	Module  string // may be empty
	Message string
	Fields  []Field
}

// Field is one of the values of a line, as text.
type Field struct{ Name, Value string }

// String returns the line as people read it, without an end of line. A stack takes lines of its own.
func (l Line) String() string { return l.pretty(false) }

// The names of a line's fixed fields, zerolog's and ours.
const (
	timeKey    = "time"
	levelKey   = "level"
	messageKey = "message"
	moduleKey  = "module"
	stackKey   = "stack"
)

// parse reads a line of JSON. It takes what it can.
func parse(text []byte) Line {
	var l Line
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil { // the brace
		return l
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			break
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			break
		}
		value := string(raw)
		if raw[0] == '"' {
			value = unquote(raw)
		}
		switch name {
		case timeKey:
			l.Time, _ = time.Parse(time.RFC3339, value)
		case levelKey:
			l.Level = value
		case moduleKey:
			l.Module = value
		case messageKey:
			l.Message = value
		default:
			name, _ := name.(string)
			l.Fields = append(l.Fields, Field{name, value})
		}
	}
	return l
}

// The colours of a terminal.
const (
	plain  = "\x1b[0m"
	faint  = "\x1b[2m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
)

// pretty returns the line as people read it.
func (l Line) pretty(color bool) string {
	paint := func(colour, text string) string {
		if !color || colour == "" {
			return text
		}
		return colour + text + plain
	}
	level := map[string]string{"debug": faint, "warn": yellow, "error": red}[l.Level]

	var b strings.Builder
	b.WriteString(paint(faint, l.Time.Format(time.RFC3339)))
	b.WriteString(" " + paint(level, (l.Level + "     ")[:max(5, len(l.Level))]) + " ")
	if l.Module != "" {
		b.WriteString(printable(l.Module) + ": ")
	}
	b.WriteString(paint(level, printable(l.Message)))
	stack := ""
	for _, f := range l.Fields {
		if f.Name == stackKey {
			stack = f.Value
			continue
		}
		b.WriteString(" " + paint(faint, printable(f.Name)+"=") + quoted(f.Value))
	}
	for line := range strings.Lines(stack) {
		b.WriteString("\n    " + printable(strings.TrimSuffix(line, "\n")))
	}
	return secret.Mask(b.String())
}

// quoted puts a value into quotes where its end would not be seen, or where it would do something to a terminal.
func quoted(value string) string {
	odd := func(r rune) bool {
		return r == ' ' || r == '"' || r == '=' || r == unicode.ReplacementChar || !unicode.IsPrint(r)
	}
	if value == "" || strings.ContainsFunc(value, odd) {
		return strconv.Quote(value)
	}
	return value
}

// printable keeps what does something to a terminal from doing it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
