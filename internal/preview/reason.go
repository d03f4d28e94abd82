package preview

import (
	"errors"
	"fmt"
)

// Reason says why something could not be done. Its text is stored and sent to other programs, so a value never
// changes its spelling; what people read comes from Text and Hint.
type Reason string

// Text is the plain sentence for people. An unknown reason is "internal error, please report".
func (r Reason) Text() string { return catalogue[r].text }

// Hint says what to do next, in one sentence. It may be empty.
func (r Reason) Hint() string { return catalogue[r].hint }

// Fault is an error with a reason that people may read. Error() has the details (paths, exit codes, the end of
// stderr) and is for the log.
type Fault struct {
	Reason Reason
	Err    error // may be nil
}

// Because makes a Fault. The format and arguments are the details, for the log; wrap a cause with %w.
func Because(r Reason, format string, args ...any) error {
	return &Fault{Reason: r, Err: fmt.Errorf(format, args...)}
}

func (f *Fault) Error() string {
	if f.Err == nil {
		return string(f.Reason)
	}
	return f.Err.Error()
}

func (f *Fault) Unwrap() error { return f.Err }

// ReasonOf returns the outermost reason in err's chain, or Unknown when it has none.
func ReasonOf(err error) Reason {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Reason
	}
	return Unknown
}
