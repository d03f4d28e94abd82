// Package engine is the brain: it takes jobs, finds out which videos lack a preview, works on them on every device that
// may be used, publishes what comes out, and remembers all of it over restarts.
//
// It imports none of those who do the work. What it needs of a library, a publisher, a renderer and a store it declares
// itself, in ports.go, and it knows neither Plex nor FFmpeg nor SQL.
package engine
