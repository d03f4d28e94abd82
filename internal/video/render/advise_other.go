//go:build !linux

package render

import "os"

// adviseRandom has nothing to say where there is no fadvise.
func adviseRandom(*os.File) {}
