package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Fault names the reason of an error on the way to a target, unless it has one. The folder is where it happened; when the
// system did not let us, the details say who we are and whose the folder is.
func Fault(doing, folder string, err error) error {
	reason := preview.ReasonOf(err)
	switch {
	case reason != preview.Unknown:
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case isFull(err):
		reason = preview.DiskFull
	case errors.Is(err, fs.ErrPermission), isReadOnly(err):
		return preview.Because(preview.TargetReadOnly, "%s: %w (%s)", doing, err, rights(folder))
	case isBadName(err):
		reason = preview.TargetName
	case errors.Is(err, fs.ErrNotExist):
		reason = preview.TargetMissing
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTDIR):
		reason = preview.TargetExists
	}
	return &preview.Fault{Reason: reason, Err: fmt.Errorf("%s: %w", doing, err)}
}

// patience is how long a file that another program has open is waited for.
const patience = 10 * time.Second

// whileInUse calls do until it no longer says that another program has the file open, with growing pauses and within
// limits.
func whileInUse(ctx context.Context, inUse func(error) bool, do func() error) error {
	end := time.Now().Add(patience)
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := do()
		if err == nil || !inUse(err) {
			return err
		}
		if time.Now().Add(pause).After(end) {
			return preview.Because(preview.TargetInUse, "after %v: %w", patience, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
