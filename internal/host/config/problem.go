package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Problem is one thing that is wrong with a setting.
type Problem struct {
	Key  string // "preview.interval", "server[0].url"; empty when it is the file as a whole
	From string // "/path/config.toml:7", "environment SCRUBJAY_INTERVAL", "flag"; empty when nobody knows
	Text string // what follows the key: "must be between 200ms and 1h, not 5ms". Never a secret
}

func (p Problem) String() string {
	s := strings.TrimSpace(p.Key + " " + p.Text)
	if p.From != "" {
		s = p.From + ": " + s
	}
	return s
}

// Problems is everything that is wrong with the settings, as an error. It is wrapped in a [preview.Fault], and meant to be
// read by people: one sentence for each, in their own keys.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// fault makes an error of what is wrong, or returns nil when nothing is. The same mistake is told once.
func (p Problems) fault(r preview.Reason) error {
	if len(p) == 0 {
		return nil
	}
	seen := map[Problem]bool{}
	p = slices.DeleteFunc(slices.Clone(p), func(one Problem) bool {
		again := seen[one]
		seen[one] = true
		return again
	})
	return &preview.Fault{Reason: r, Err: p}
}

// one is a fault of a single problem.
func one(r preview.Reason, from, format string, args ...any) error {
	return Problems{{From: from, Text: fmt.Sprintf(format, args...)}}.fault(r)
}

// at names a place in a file; without a line it names the file.
func at(path string, line int) string {
	if line == 0 {
		return path
	}
	return fmt.Sprintf("%s:%d", path, line)
}

// place fills in where the values come from.
func (p Problems) place(from func(key string) string) Problems {
	for i := range p {
		p[i].From = cmp.Or(p[i].From, from(p[i].Key))
	}
	return p
}

// problemsOf returns what an error of this package says is wrong.
func problemsOf(err error) Problems {
	p, _ := errors.AsType[Problems](err)
	return p
}
