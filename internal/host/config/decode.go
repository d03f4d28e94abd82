package config

import (
	"bytes"
	"errors"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// document is a settings file that was read.
type document struct {
	path   string
	config Config
	lines  map[string]int // of each key that the file has, from 1; 0 when nobody knows; see linesOf
	moved  bool           // it is of an older layout: lines are unknown, for its keys may have moved
}

// from names the place of a key in the file, or the file when it does not have the key.
func (d document) from(key string) string { return at(d.path, d.lines[key]) }

// decode reads settings over the defaults. The path is for messages alone. Its errors are [preview.ConfigNewer],
// [preview.ConfigDamaged] (it is no TOML) and [preview.ConfigInvalid] (it is, but says something that cannot be), each
// with its [Problems].
func decode(path string, data []byte) (document, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // Windows' editors put it there
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return document{}, one(preview.ConfigDamaged, path, "is UTF-16 text; save it as UTF-8")
	}
	if len(bytes.Trim(data, " \t\r\n\x00")) == 0 {
		// Scrubjay never writes such a file, but a power cut that hits another program leaves one. To take it for the
		// defaults would be to forget everything.
		return document{}, one(preview.ConfigDamaged, path, "is empty; delete it to begin with the defaults")
	}
	var doc map[string]any
	if err := toml.Unmarshal(data, &doc); err != nil {
		return document{}, damaged(path, err)
	}
	version, err := versionOf(path, doc)
	if err != nil {
		return document{}, err
	}
	d := document{path: path, lines: linesOf(data)}
	if version < Current {
		if data, err = migrate(doc, version, steps()); err != nil {
			return document{}, one(preview.ConfigDamaged, path, "cannot be brought from version %d to %d: %v", version, Current, err)
		}
		d.lines, d.moved = linesOf(data), true
		for key := range d.lines {
			d.lines[key] = 0
		}
	}
	d.config = Default()
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().EnableUnmarshalerInterface()
	if err := dec.Decode(&d.config); err != nil {
		return document{}, d.mistake(err)
	}
	d.config = d.config.clone()
	return d, d.config.check().place(d.from).fault(preview.ConfigInvalid)
}

// versionOf returns the version that a document says it has. One that says nothing was written by hand, for the program
// that reads it.
func versionOf(path string, doc map[string]any) (int, error) {
	v, ok := doc["version"]
	if !ok {
		return Current, nil
	}
	n, ok := v.(int64)
	switch {
	case !ok || n < 1:
		return 0, Problems{{Key: "version", From: path, Text: "must be a number from 1 on"}}.fault(preview.ConfigInvalid)
	case n > Current:
		return 0, one(preview.ConfigNewer, path, "is of version %d, and this Scrubjay knows those up to %d", n, Current)
	}
	return int(n), nil
}

// damaged is a file that is no TOML.
func damaged(path string, err error) error {
	line := 0
	if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ = e.Position()
	}
	return one(preview.ConfigDamaged, at(path, line), "%s", strings.TrimPrefix(err.Error(), "toml: "))
}

// mistake puts what go-toml found into the user's words.
func (d document) mistake(err error) error {
	var found Problems
	add := func(e *toml.DecodeError, text string) {
		line, _ := e.Position()
		if d.moved {
			line = 0
		}
		found = append(found, Problem{Key: strings.Join(e.Key(), "."), From: at(d.path, line), Text: text})
	}
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		for _, e := range strict.Errors {
			add(&e, "is no setting that Scrubjay knows")
		}
	} else if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		add(e, "must be "+kindOf(e.Key()))
	} else {
		found = Problems{{From: d.path, Text: err.Error()}}
	}
	return found.fault(preview.ConfigInvalid)
}

// kindOf says what kind of value a key takes.
func kindOf(key toml.Key) string {
	t := reflect.TypeFor[Config]()
	for _, name := range key {
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			break
		}
		for f := range t.Fields() {
			if nameOf(f) == strings.ToLower(name) {
				t = f.Type
				break
			}
		}
	}
	switch t.Kind() {
	case reflect.String:
		return "a text in quotes"
	case reflect.Int:
		return "a whole number"
	case reflect.Pointer:
		return "true or false"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "a part that begins with [[" + key[len(key)-1] + "]]"
		}
		return `a list of texts such as ["one", "two"]`
	}
	return "a part that begins with [" + strings.Join(key, ".") + "]"
}

// nameOf returns the key of a struct's field, or "" when it is in no file.
func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	if name == "-" {
		return ""
	}
	return name
}
