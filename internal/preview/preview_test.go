package preview

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"
)

func TestSlots(t *testing.T) {
	const s = time.Second
	tests := []struct {
		duration, interval time.Duration
		want               int
	}{
		{0, 10 * s, 0},
		{-s, 10 * s, 0},
		{10 * s, 0, 0},
		{1, 10 * s, 1},
		{10 * s, 10 * s, 1},
		{10*s + 1, 10 * s, 2},
		{30 * time.Hour, 10 * s, 10800},
		{math.MaxInt64, MinInterval, 46116860185},
		{math.MaxInt64, MaxInterval, 2562048},
	}
	for _, tt := range tests {
		if got := (Spec{Interval: tt.interval}).Slots(tt.duration); got != tt.want {
			t.Errorf("%v at one every %v: %d slots, want %d", tt.duration, tt.interval, got, tt.want)
		}
	}
}

func TestSpecCheck(t *testing.T) {
	if err := DefaultSpec().Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Spec){
		"interval too short":    func(s *Spec) { s.Interval = MinInterval - time.Millisecond },
		"interval too long":     func(s *Spec) { s.Interval = MaxInterval + time.Millisecond },
		"part of a millisecond": func(s *Spec) { s.Interval = time.Second + time.Microsecond },
		"too narrow":            func(s *Spec) { s.Width = MinWidth - 1 },
		"too wide":              func(s *Spec) { s.Width = MaxWidth + 1 },
		"too good":              func(s *Spec) { s.Quality = MinQuality - 1 },
		"too bad":               func(s *Spec) { s.Quality = MaxQuality + 1 },
		"no accuracy":           func(s *Spec) { s.Accuracy = "" },
	} {
		s := DefaultSpec()
		if change(&s); s.Check() == nil {
			t.Errorf("%s: it passed", name)
		}
	}
}

// TestReasons wants a sentence for every reason, and the outermost one of a chain.
func TestReasons(t *testing.T) {
	for r, words := range catalogue {
		if words.text == "" {
			t.Errorf("%s has no sentence", r)
		}
	}
	inner := Because(VideoDamaged, "at byte 7")
	if got := ReasonOf(fmt.Errorf("look: %w", inner)); got != VideoDamaged {
		t.Errorf("reason is %q", got)
	}
	if got := ReasonOf(Because(VideoCutOff, "read: %w", inner)); got != VideoCutOff {
		t.Errorf("reason is %q", got)
	}
	if got := ReasonOf(errors.New("who knows")); got != Unknown || got.Text() == "" {
		t.Errorf("reason is %q", got)
	}
	for _, r := range []Reason{VideoReadFailed, TargetName} {
		if r.Text() == "" || r.Hint() == "" {
			t.Errorf("%s has no words", r)
		}
	}
}

func TestJudge(t *testing.T) {
	if Judge().Sound {
		t.Error("nothing was asked, and the answer is yes")
	}
	v := Judge(Check{Name: "count", Passed: true}, Check{Name: "green", Detail: "all of them"})
	if v.Sound || v.Failures() != "green: all of them" {
		t.Errorf("sound %v, failures %q", v.Sound, v.Failures())
	}
}
