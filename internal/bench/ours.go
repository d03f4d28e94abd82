package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// ours is scrubjayd, run as people run it.
type ours struct {
	scrubjayd string // path
	dir       string // for its previews
}

// made is what scrubjayd says of a preview, as far as it is used here.
type made struct {
	Out       string `json:"out"`
	Status    string `json:"status"`
	Reason    string `json:"reason"`
	Frames    int    `json:"frames"`
	Recipe    string `json:"recipe"`
	ReadBytes *int64 `json:"read_bytes"` // nil where the system does not tell
}

// generate makes the preview on the CPU, with more flags where given and more environment.
func (o ours) generate(ctx context.Context, video string, env []string, flags ...string) (usage, made, error) {
	args := append([]string{"generate", "--json", "--force", "--device", "cpu", "--out", o.out(video)}, flags...)
	u, out, err := measure(ctx, command{path: o.scrubjayd, args: append(args, video), env: env})
	var m made
	if jsonErr := json.Unmarshal(out, &m); jsonErr != nil && err == nil {
		err = fmt.Errorf("read what scrubjayd says of %s: %w", video, jsonErr)
	}
	if err == nil && m.Status != "done" {
		err = fmt.Errorf("scrubjayd made no preview of %s: %s", video, m.Reason)
	}
	// What it says is what it read of the video. The kernel's figure has its pipes to FFmpeg too.
	if u.read = -1; m.ReadBytes != nil {
		u.read = *m.ReadBytes
	}
	return u, m, err
}

// differing returns the share of the preview's pictures that are not the picture before them over again.
func (o ours) differing(ctx context.Context, bif string) (float64, error) {
	folder, err := os.MkdirTemp(o.dir, ".pictures-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	if _, _, err := measure(ctx, command{path: o.scrubjayd, args: []string{"inspect", "--extract", folder, bif}}); err != nil {
		return 0, err
	}
	return differing(folder)
}

func (o ours) out(video string) string { return filepath.Join(o.dir, filepath.Base(video)+".bif") }
