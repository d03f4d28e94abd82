// Package secret keeps what nobody may read out of what people do read: logs, errors, pages, answers, panics.
//
// A [Secret] prints as dots whichever way it is printed. Its value is also remembered from the moment it is made, so
// that [Mask] finds it in text that never was a Secret: what FFmpeg echoes of a URL, what a server quotes in its answer.
// The memory is the process's own and is never emptied; that one piece of global state is deliberate (decision 7): a
// masker that must be handed to whoever holds a secret is forgotten exactly once.
//
// All of it may be used from any goroutine. Where secrets are kept is not known here; see host/secrets.
package secret

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// dots stand for a secret.
const dots = "•••"

// Secret is a token, a password: something that is shown to nobody. The zero value is "none".
type Secret struct{ value string }

// New makes a secret of a value, without the white space around it that comes with copying, and has [Mask] look for it
// from now on.
func New(value string) Secret {
	value = strings.TrimSpace(value)
	remember(value)
	return Secret{value}
}

// Reveal returns the value. Call it where the value goes out, and nowhere else.
func (s Secret) Reveal() string { return s.value }

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.value == "" }

// String returns dots, or nothing for no secret.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return dots
}

// Format prints dots for every verb; %#v and %x would otherwise show the field.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// MarshalText returns dots.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns dots.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// shortest is how long a value must be to be masked: shorter ones ("admin") are words that belong to the text.
const shortest = 6

var (
	mu       sync.Mutex // guards known
	known    []string   // longest first, so that a secret that is part of another does not leave the rest of it
	replacer atomic.Pointer[strings.Replacer]
)

func remember(value string) {
	if len(value) < shortest {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	quotedByGo := strconv.Quote(value) // as %q of url.Error does
	forms := []string{
		value, url.QueryEscape(value), url.PathEscape(value), quotedByGo[1 : len(quotedByGo)-1],
		string([]rune(value)), // what encoders make of bytes that are no text
	}
	if quoted, err := json.Marshal(value); err == nil {
		forms = append(forms, string(quoted[1:len(quoted)-1]))
	}
	before := len(known)
	for _, form := range forms {
		if !slices.Contains(known, form) {
			known = append(known, form)
		}
	}
	if len(known) == before {
		return
	}
	slices.SortStableFunc(known, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(known))
	for _, k := range known {
		pairs = append(pairs, k, dots)
	}
	replacer.Store(strings.NewReplacer(pairs...))
}

// Mask returns text with dots in place of every secret that was ever made, plain or as it stands in URLs, in JSON
// and between quotes.
func Mask(text string) string {
	r := replacer.Load()
	if r == nil {
		return text
	}
	return r.Replace(text)
}
