package cli

import (
	"encoding/json"
	"fmt"
)

type versionCmd struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// versionRecord is the JSON of version.
type versionRecord struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`   // empty when it was not built from a checkout
	Date     string `json:"date"`     // of the commit, RFC 3339
	Modified bool   `json:"modified"` // built with changes that were not committed
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func (c *versionCmd) Run(a *app) error {
	b := a.Build
	if c.JSON {
		return json.NewEncoder(a.Stdout).Encode(versionRecord{
			Version: b.Version, Commit: b.Commit, Date: b.Date, Modified: b.Modified, Go: b.Go, OS: b.OS, Arch: b.Arch,
		})
	}
	_, err := fmt.Fprintf(a.Stdout, "scrubjay %s, %s, %s/%s\n", b.Short(), b.Go, b.OS, b.Arch)
	return err
}
