package preview

import "context"

// Place is where the preview of one video stands. It is used by one goroutine and must be closed.
type Place interface {
	// Path is where the preview stands, or will.
	Path() string
	// Version is the state of the video's file when the place was opened.
	Version() Version
	// Draft returns a path in the same folder to render to. It creates the folders on the way.
	Draft() (string, error)
	// Commit puts the draft in its place, durably and in one step; replaced says that another preview was there. It
	// refuses with [VideoChanged] when the video's file is not the one that was opened.
	Commit(ctx context.Context) (replaced bool, err error)
	// Close lets others have the place, and removes a draft that was not committed, with folders that were made for it.
	Close() error
}
