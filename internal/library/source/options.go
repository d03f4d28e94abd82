package source

import (
	"math/rand/v2"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/library/pathmap"
)

// Options are what sources have in common. The zero value maps nothing, leaves nothing out and logs nothing.
type Options struct {
	Map   pathmap.Map // of a Plex server; plain folders are where they are
	Rules Rules
	// Random returns a number from 0 to n-1; nil is the usual one. Tests want the same each time. It is called from any
	// goroutine.
	Random func(n int) int
	Log    zerolog.Logger
}

func (o Options) random(n int) int {
	if o.Random == nil {
		return rand.IntN(n)
	}
	return o.Random(n)
}

// shuffle puts a slice into random order.
func shuffle[E any](o Options, s []E) {
	for i := len(s) - 1; i > 0; i-- {
		j := o.random(i + 1)
		s[i], s[j] = s[j], s[i]
	}
}
