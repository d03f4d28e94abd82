//go:build !windows

package datadir

func registered() []Registry { return nil }
