package preview

import "strings"

// Verdict is what looking at a finished preview came to. Nothing is published without one that is sound.
type Verdict struct {
	Sound  bool    `json:"sound"`
	Checks []Check `json:"checks"`
}

// Check is one question that was asked of a preview.
type Check struct {
	Name   string `json:"name"`             // short and stable: "count", "times", "jpeg", "alike", "green"
	Passed bool   `json:"passed"`           //
	Detail string `json:"detail,omitempty"` // one plain clause with figures
}

// Judge makes a verdict of checks: sound when every one passed and there is at least one.
func Judge(checks ...Check) Verdict {
	v := Verdict{Sound: len(checks) > 0, Checks: checks}
	for _, c := range checks {
		v.Sound = v.Sound && c.Passed
	}
	return v
}

// Failures says in one line what did not pass; it is empty for a sound preview.
func (v Verdict) Failures() string {
	var out []string
	for _, c := range v.Checks {
		if !c.Passed {
			out = append(out, c.Name+": "+c.Detail)
		}
	}
	return strings.Join(out, "; ")
}
