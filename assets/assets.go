// Package assets holds the files that are built into Scrubjay's programs. It knows what they are, and nothing of who
// uses them for what.
package assets

import "embed"

//go:generate ./probe/make.sh

//go:embed probe/*.mkv
var files embed.FS
