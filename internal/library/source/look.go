package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// patience is how long a folder may take to answer. Disks that sleep need some ten seconds to spin up.
const patience = 30 * time.Second

// look returns nil when there is a folder with something in it, and a fault with [preview.MountMissing],
// [preview.MountEmpty] or [preview.VideoUnreadable] otherwise. Neither a context nor a deadline ends a system call on a
// share whose server is gone, so the goroutine that asks is left behind until the system gives up.
func look(ctx context.Context, folder string) error {
	answer := make(chan error, 1)
	go func() { answer <- stands(folder) }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return preview.Because(preview.MountMissing, "look at %s: no answer for %v", folder, patience)
	}
}

func stands(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return preview.Because(preview.VideoUnreadable, "look at the folder: %w", err)
	case err != nil: // besides what is not there: shares that are gone have many ways to say so
		return preview.Because(preview.MountMissing, "look at the folder: %w", err)
	case !info.IsDir():
		return preview.Because(preview.MountMissing, "look at %s: it is no folder", folder)
	}
	f, err := os.Open(folder)
	if errors.Is(err, fs.ErrPermission) {
		return nil // files in a folder that cannot be listed may be read all the same, when their names are known
	}
	if err != nil {
		return preview.Because(preview.MountMissing, "open the folder: %w", err)
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(64)
		for _, name := range names {
			if !preview.LeftOut(name) { // the folder that a drive is mounted on may hold a hidden file to say so
				return nil
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return &preview.Fault{Reason: preview.MountEmpty, Err: fmt.Errorf("look at %s: it is empty", folder)}
		case err != nil:
			return preview.Because(preview.MountMissing, "read the folder %s: %w", folder, err)
		}
	}
}
