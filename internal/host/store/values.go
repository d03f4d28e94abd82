package store

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// epoch stands for the very moment 1970-01-01 00:00 UTC, because 0 stands for no time at all. Files of that age exist:
// boxes without a clock make them.
const epoch = math.MinInt64

// micros is a time as it is stored.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	if us := t.UnixMicro(); us != 0 {
		return us
	}
	return epoch
}

// moment is a stored time, in UTC.
func moment(us int64) time.Time {
	switch us {
	case 0:
		return time.Time{}
	case epoch:
		return time.UnixMicro(0).UTC()
	}
	return time.UnixMicro(us).UTC()
}

// list is strings as JSON that come back byte for byte: encoding/json alone would replace what is not UTF-8, and names of
// files need not be. Such a string is an object with its bytes in base64.
type list []string

type notText struct {
	Bytes []byte `json:"bytes"`
}

func (l list) MarshalJSON() ([]byte, error) {
	values := make([]any, len(l))
	for i, s := range l {
		if utf8.ValidString(s) {
			values[i] = s
		} else {
			values[i] = notText{[]byte(s)}
		}
	}
	return json.Marshal(values)
}

func (l *list) UnmarshalJSON(text []byte) error {
	var values []json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	*l = make(list, len(values))
	for i, v := range values {
		if len(v) > 0 && v[0] == '{' {
			var b notText
			if err := json.Unmarshal(v, &b); err != nil {
				return err
			}
			(*l)[i] = string(b.Bytes)
		} else if err := json.Unmarshal(v, &(*l)[i]); err != nil {
			return err
		}
	}
	return nil
}

// pack is a list as it is stored: empty for an empty one.
func pack(l []string) (string, error) {
	if len(l) == 0 {
		return "", nil
	}
	text, err := list(l).MarshalJSON()
	return string(text), err
}

func unpack(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	var l list
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return nil, fmt.Errorf("read a list: %w", err)
	}
	return l, nil
}

// selection is a [preview.Selection] as it is stored.
type selection struct {
	All       bool          `json:"all,omitempty"`
	Libraries list          `json:"libraries,omitempty"`
	Folders   list          `json:"folders,omitempty"`
	Paths     list          `json:"paths,omitempty"`
	Order     preview.Order `json:"order,omitempty"`
	Limit     int           `json:"limit,omitempty"`
}

func packSelection(s preview.Selection) (string, error) {
	text, err := json.Marshal(selection{s.All, s.Libraries, s.Folders, s.Paths, s.Order, s.Limit})
	return string(text), err
}

func unpackSelection(text string) (preview.Selection, error) {
	var s selection
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return preview.Selection{}, fmt.Errorf("read a selection: %w", err)
	}
	return preview.Selection{
		All: s.All, Libraries: s.Libraries, Folders: s.Folders, Paths: s.Paths, Order: s.Order, Limit: s.Limit,
	}, nil
}
