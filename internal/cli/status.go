package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// The exit statuses. Scripts rely on them.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitSomeFailed  = 3
	exitRunning     = 10
	exitInterrupted = 130 // 128 + SIGINT, as shells count
)

// statuses is the table at the end of every --help.
const statuses = `
Exit status:
    0  done
    1  error: nothing could be done
    2  usage: the command line makes no sense
    3  finished, but some files failed
   10  another Scrubjay works with these settings
  130  interrupted
`

// help prints what kong makes of the grammar, then the exit statuses.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	_, err := io.WriteString(ctx.Stdout, statuses)
	return err
}

// errSomeFailed ends a command that told of each failure when it happened.
var errSomeFailed = errors.New("some files failed")

// errSaid ends a command that has said itself what is wrong.
var errSaid = errors.New("said already")

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (u *usageError) Error() string { return u.text }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// explain says in plain words what went wrong and what to do next. The details are for the log.
func explain(err error) string {
	r := preview.ReasonOf(err)
	if r == preview.Unknown {
		// Not one of the engine's errors: ours, which say it themselves, or the system's about a file that a
		// command was told to open.
		return said(sentence(err.Error()))
	}
	return join(r.Text(), r.Hint())
}

// said makes text printable that may quote others: a server, a file, FFmpeg. No secret is left in it.
func said(text string) string { return printable(secret.Mask(text)) }

// join puts sentences one after another; any may be empty.
func join(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}

// sentence gives an error's text a capital and a full stop.
func sentence(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	// A word that is a path, a flag or an ID stays as it is.
	if word, _, _ := strings.Cut(s, " "); strings.ToLower(word) == word && !strings.ContainsAny(word, "-/._:\\") {
		s = string(unicode.ToUpper(first)) + s[n:]
	}
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// causeText is the end of an error's chain: the system's own words, without what we were doing.
func causeText(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
