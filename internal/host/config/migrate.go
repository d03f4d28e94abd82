package config

import (
	"fmt"

	"github.com/pelletier/go-toml/v2"
)

// step brings a document from one version of the layout to the next. It renames and converts; what it does not touch
// stays.
type step func(doc map[string]any) error

// steps returns all steps: the first leads from version 1 to 2. [Current] is one more than their number, which a test
// holds them to, as it does testdata/version-N.toml of every version there was.
func steps() []step { return nil }

// migrate brings a document of an older version to the newest one, and returns it as text for [decode].
func migrate(doc map[string]any, version int, steps []step) ([]byte, error) {
	for n := version; n <= len(steps); n++ {
		if err := steps[n-1](doc); err != nil {
			return nil, fmt.Errorf("version %d: %w", n, err)
		}
		doc["version"] = n + 1
	}
	return toml.Marshal(doc)
}
