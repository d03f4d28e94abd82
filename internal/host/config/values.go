package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Duration is a time as people write it: "10s", "2500ms", "1h30m", or a plain number of seconds.
type Duration time.Duration

// unreadable is what a value in the file that cannot be understood becomes: go-toml would report it without its line, and
// then stop. [Config.check] finds it.
const unreadable = math.MinInt

// ParseDuration reads what a person wrote.
func ParseDuration(text string) (Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		d, err = time.ParseDuration(text + "s")
	}
	if err != nil {
		return 0, errors.New("must be a time such as 10s, 2500ms or 10")
	}
	return Duration(d), nil
}

// Duration returns d as the standard library has it.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// String returns d as [ParseDuration] reads it, without units that count nothing.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText returns d as [ParseDuration] reads it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is [ParseDuration].
func (d *Duration) UnmarshalText(text []byte) error {
	read, err := ParseDuration(string(text))
	if err == nil {
		*d = read
	}
	return err
}

// UnmarshalTOML takes "10s" and 10 alike. It never fails, see [unreadable].
func (d *Duration) UnmarshalTOML(raw []byte) error {
	read, err := ParseDuration(plain(raw))
	if err != nil {
		read = unreadable
	}
	*d = read
	return nil
}

// Slots is how many videos a device works on at once.
type Slots int

// Auto leaves the number of slots to Scrubjay.
const Auto Slots = -1

// MaxSlots keeps a number that was meant for something else, such as that of the CUDA cores, from bringing the machine
// to a halt.
const MaxSlots = 64

// ParseSlots reads what a person wrote: "auto", or a number.
func ParseSlots(text string) (Slots, error) {
	if strings.EqualFold(text, "auto") {
		return Auto, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > MaxSlots {
		return 0, fmt.Errorf("must be auto, or a number from 0 to %d", MaxSlots)
	}
	return Slots(n), nil
}

// String returns s as [ParseSlots] reads it.
func (s Slots) String() string {
	if s == Auto {
		return "auto"
	}
	return strconv.Itoa(int(s))
}

// MarshalText returns s as [ParseSlots] reads it.
func (s Slots) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is [ParseSlots].
func (s *Slots) UnmarshalText(text []byte) error {
	read, err := ParseSlots(string(text))
	if err == nil {
		*s = read
	}
	return err
}

// MarshalTOML writes a number as one, and auto in quotes.
func (s Slots) MarshalTOML() ([]byte, error) {
	if s == Auto {
		return []byte("'auto'"), nil
	}
	return []byte(s.String()), nil
}

// UnmarshalTOML takes "auto", "4" and 4. It never fails, see [unreadable].
func (s *Slots) UnmarshalTOML(raw []byte) error {
	read, err := ParseSlots(plain(raw))
	if err != nil {
		read = unreadable
	}
	*s = read
	return nil
}

// plain returns a TOML string without its quotes, and a number as it stands. Anything else becomes empty.
func plain(raw []byte) string {
	var doc struct{ V any }
	if err := toml.Unmarshal(append([]byte("V = "), raw...), &doc); err != nil {
		return ""
	}
	switch v := doc.V.(type) {
	case string:
		return strings.TrimSpace(v)
	case int64, float64:
		return fmt.Sprint(v)
	}
	return ""
}
