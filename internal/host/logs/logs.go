// Package logs is where Scrubjay's log goes: to stderr, to a file that is rotated, and into a ring of the last lines
// that screens show. It knows zerolog and nothing of what is logged.
//
// Every line passes [secret.Mask] once, before it reaches any of the three: each text in it by itself, after the
// escapes of JSON are undone, so that a secret does not slip through behind a backslash. A line is masked whole, for
// zerolog hands over whole lines. What was logged before its secret was made by [secret.New] stays as it was.
//
// A panic is no line. [Panic] logs one that was recovered, and [Main] recovers those of the main goroutine. A panic
// in a goroutine that recovers nothing is printed by the runtime itself, which cannot be intercepted: the stack
// shows no texts, but the panic's value may quote one. So a goroutine that handles what came from outside recovers.
// debug.SetCrashOutput stays unused: it would put the same text unmasked on disk as well.
//
// # Who may block whom
//
// Everything may be used from any goroutine. A line is written before the call that logs it returns; a stderr that
// nobody reads therefore blocks. A file that cannot be written blocks nobody, and neither does a slow [Ring.Watch].
package logs

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// Format is how lines look on stderr and in the file. Its texts stand in the configuration.
type Format string

// The formats.
const (
	Pretty Format = "pretty" // for people
	JSON   Format = "json"   // one object a line
)

// Options say where the log goes.
type Options struct {
	Level  string    // "debug", "info", "warn" or "error": the lowest that is logged; empty is "info"
	Format Format    // empty is Pretty
	Stderr io.Writer // may be nil
	Color  bool      // on Stderr, in Pretty
	File   string    // path; its folder is made when missing. Empty is no file
	Ring   int       // lines that are kept in memory; 0 is 2000

	fileMB int // size at which the file is rotated; 0 is fileSize
}

// Logs is an open log.
type Logs struct {
	floor  floor
	format Format
	color  bool
	ring   *Ring

	mu     sync.Mutex // guards what follows, and keeps the lines in one order everywhere
	stderr io.Writer
	file   *file // nil for none
}

// Open opens a log. It fails only on a level or a format that does not exist: a file that cannot be made is a warning
// in the log, which goes on without.
func Open(o Options) (*Logs, error) {
	l := &Logs{format: cmp.Or(o.Format, Pretty), color: o.Color, ring: newRing(cmp.Or(o.Ring, 2000)), stderr: o.Stderr}
	if l.format != Pretty && l.format != JSON {
		return nil, fmt.Errorf("open log: there is no format %q; it is %q or %q", o.Format, Pretty, JSON)
	}
	if err := l.SetLevel(cmp.Or(o.Level, "info")); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if o.File != "" {
		var err error
		if l.file, err = openFile(o.File, cmp.Or(o.fileMB, fileSize)); err != nil {
			log := l.Logger("logs")
			log.Warn().Err(err).Msg("no log file could be made; the log goes on without")
		}
	}
	return l, nil
}

// Logger returns a logger whose lines carry the module's name, if it is not empty. It obeys later [Logs.SetLevel] as
// well; what is below the level costs next to nothing.
func (l *Logs) Logger(module string) zerolog.Logger {
	c := zerolog.New(l).Sample(&l.floor).With().Timestamp()
	if module != "" {
		c = c.Str(moduleKey, module)
	}
	return c.Logger()
}

// Ring returns the last lines.
func (l *Logs) Ring() *Ring { return l.ring }

// SetLevel sets the lowest level that is logged from now on, of all loggers. It fails on a level that does not exist.
func (l *Logs) SetLevel(level string) error {
	lowest, ok := map[string]zerolog.Level{
		"debug": zerolog.DebugLevel, "info": zerolog.InfoLevel, "warn": zerolog.WarnLevel, "error": zerolog.ErrorLevel,
	}[level]
	if !ok {
		return fmt.Errorf(`set log level: there is no level %q; it is "debug", "info", "warn" or "error"`, level)
	}
	l.floor.lowest.Store(int32(lowest))
	return nil
}

// Close closes the file. What is logged later goes to the other places.
func (l *Logs) Close() error {
	l.mu.Lock()
	f := l.file
	l.file = nil
	l.mu.Unlock()
	if f == nil {
		return nil
	}
	return f.close()
}

// Write takes one line of JSON from a logger. It is for zerolog alone. It always succeeds: a log that cannot be written
// is no fault of the one who logs.
func (l *Logs) Write(line []byte) (int, error) {
	safe := masked(line)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.showLocked(safe)
	if l.file == nil {
		return len(line), nil
	}
	if err := l.file.write(l.render(parse(safe), safe, false)); err != nil {
		l.showLocked(lost(err))
	}
	return len(line), nil
}

// showLocked writes a line wherever it cannot get lost.
func (l *Logs) showLocked(safe []byte) {
	line := parse(safe)
	if l.stderr != nil {
		_, _ = l.stderr.Write(l.render(line, safe, l.color)) // there is nowhere to tell it
	}
	l.ring.add(line)
}

// lost is the line which says that lines do not reach the file any more.
func lost(err error) []byte {
	var line bytes.Buffer
	log := zerolog.New(&line).With().Timestamp().Str(moduleKey, "logs").Logger()
	log.Warn().Err(err).Msg("the log file could not be written; lines are missing in it")
	return masked(line.Bytes())
}

func (l *Logs) render(line Line, safe []byte, color bool) []byte {
	if l.format == JSON {
		return append(safe, '\n')
	}
	return []byte(line.pretty(color) + "\n")
}

// floor lets a logger's lines through from a level on that can change. As a sampler it is asked before a line is
// begun; zerolog's own level is fixed in every copy of a logger, and its other one is global.
type floor struct{ lowest atomic.Int32 }

// Sample implements zerolog.Sampler.
func (f *floor) Sample(level zerolog.Level) bool { return int32(level) >= f.lowest.Load() }
