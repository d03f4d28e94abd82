package plex

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Plex's JSON comes from its XML: the same field is true, 1 or "1", a number or a string, an array or the one object
// that it would hold, by endpoint and version. The types below take all of it and fail on none.

// text is a string, or a number or boolean as it was written.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	*t = text(plain(b))
	return nil
}

// plain returns a JSON scalar without its quotes; nothing for null, objects and arrays.
func plain(b []byte) string {
	switch {
	case len(b) == 0, b[0] == '{', b[0] == '[', string(b) == "null":
		return ""
	case b[0] == '"':
		if bytes.IndexByte(b, '\\') < 0 {
			return strings.ToValidUTF8(string(b[1:len(b)-1]), string(unicode.ReplacementChar))
		}
		var s string
		if json.Unmarshal(b, &s) != nil {
			return ""
		}
		return s
	}
	return string(b)
}

// number is a whole number; a fraction is cut off, and what is none is 0.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	s := plain(b)
	switch v, err := strconv.ParseInt(s, 10, 64); {
	case err == nil:
		*n = number(v)
	case s == "true":
		*n = 1
	default:
		*n = 0
		if f, err := strconv.ParseFloat(s, 64); err == nil && f > -1<<62 && f < 1<<62 {
			*n = number(f)
		}
	}
	return nil
}

// flag is true for true, "true" and any number but 0.
type flag bool

func (f *flag) UnmarshalJSON(b []byte) error {
	switch s := plain(b); s {
	case "", "0", "false":
		*f = false
	default:
		*f = true
	}
	return nil
}

// list is an array, or the one object that it would hold. Elements that do not fit are filled as far as they do.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	switch {
	case len(b) > 0 && b[0] == '[':
		return softly(json.Unmarshal(b, (*[]T)(l)))
	case len(b) > 0 && b[0] == '{':
		*l = make([]T, 1)
		return softly(json.Unmarshal(b, &(*l)[0]))
	}
	return nil
}

// first returns the first element, or the zero value.
func (l list[T]) first() (v T) {
	if len(l) > 0 {
		v = l[0]
	}
	return v
}

// softly forgives values of another type than expected: encoding/json has filled in all others by then.
func softly(err error) error {
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil
	}
	return err
}

// decoder reads a stream of JSON.
type decoder = *json.Decoder

// errNotJSON is an answer of something that is not Plex: HTML of a router, a proxy's sign-in page.
var errNotJSON = errors.New("an answer that is not JSON")

// members walks the members of the object called root ("MediaContainer"), which holds what Plex answers. The function
// gets each name with the decoder before its value, and returns whether it took that value.
func members(r io.Reader, root string, member func(name string, d decoder) (took bool, err error)) error {
	d := json.NewDecoder(r)
	if t, err := d.Token(); err != nil {
		if _, ok := errors.AsType[*json.SyntaxError](err); ok {
			return errNotJSON
		}
		return cutOff(err)
	} else if t != json.Delim('{') {
		return errNotJSON
	}
	found := false
	err := object(d, func(name string) (bool, error) {
		if name != root {
			return false, nil
		}
		t, err := d.Token()
		if err != nil {
			return false, err
		}
		if t != json.Delim('{') {
			return false, fmt.Errorf("%s is not an object", root)
		}
		found = true
		return true, object(d, func(name string) (bool, error) { return member(name, d) })
	})
	if err == nil && !found {
		err = fmt.Errorf("there is no %s: %w", root, errNotJSON)
	}
	return cutOff(err)
}

// object walks an object whose opening brace was read, up to and with the closing one.
func object(d decoder, member func(name string) (took bool, err error)) error {
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		took, err := member(name)
		if err == nil && !took {
			err = soft(d, &struct{}{})
		}
		if err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// each walks an array element by element, so that only one of them is in memory at a time. Anything but an array has
// no elements.
func each[T any](d decoder, element func(T) error) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return object(d, func(string) (bool, error) { return false, nil })
	case json.Delim('['):
	default:
		return nil
	}
	for d.More() {
		var v T
		if err := soft(d, &v); err != nil {
			return err
		}
		if err := element(v); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// soft decodes the next value, see softly.
func soft(d decoder, v any) error { return softly(d.Decode(v)) }

// cutOff tells an answer that ended too early from one that is over.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// digits reports whether a key may become part of a URL. Keys come from webhooks and from servers; all of Plex's own
// are numbers.
func digits(key string) bool {
	for i := range len(key) {
		if key[i] < '0' || key[i] > '9' {
			return false
		}
	}
	return key != "" && len(key) <= 20
}
