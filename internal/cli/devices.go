package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

type devicesCmd struct {
	JSON   bool `name:"json" help:"Print one JSON object for each device."`
	Retest bool `help:"Test again, instead of believing an earlier test of the same hardware and FFmpeg."`
}

// deviceRecord is the JSON of one device.
type deviceRecord struct {
	ID      string             `json:"id"` // what --device takes
	Kind    preview.DeviceKind `json:"kind"`
	Name    string             `json:"name"`
	Handle  string             `json:"handle"`
	Outcome preview.Outcome    `json:"outcome"` // "works", "does not", "not tried"
	Because string             `json:"because"`
	Hint    string             `json:"hint"`
	Codecs  []codecRecord      `json:"codecs"`
}

type codecRecord struct {
	Codec   string          `json:"codec"`
	Outcome preview.Outcome `json:"outcome"` // also "not supported"
	Because string          `json:"because"`
}

func newDeviceRecord(r preview.DeviceReport) deviceRecord {
	d := deviceRecord{
		ID: r.Device.ID, Kind: r.Device.Kind, Name: r.Device.Name, Handle: r.Device.Handle,
		Outcome: r.Outcome, Because: r.Because, Hint: r.Hint, Codecs: []codecRecord{},
	}
	for _, p := range r.Proofs {
		d.Codecs = append(d.Codecs, codecRecord(p))
	}
	return d
}

// Run lists the GPUs and the CPU. A GPU that does not work is an answer, not a failure.
func (c *devicesCmd) Run(ctx context.Context, a *app) error {
	tools, err := a.ffmpeg(ctx)
	if err != nil {
		return err
	}
	stop := a.stderr.show(func(int, int) []string { return []string{a.paint.quiet("Decoding a short clip of each kind ...")} })
	found := a.Engine.Devices(ctx, tools, daemon.DeviceQuestion{Retest: c.Retest}, a.log)
	stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.JSON {
		enc := json.NewEncoder(a.Stdout)
		enc.SetEscapeHTML(false)
		for _, r := range found.Reports {
			if err := enc.Encode(newDeviceRecord(r)); err != nil {
				return &writeError{err}
			}
		}
		return nil
	}
	p := a.paintFor(a.Stdout)
	_, err = fmt.Fprintln(a.Stdout, strings.Join(deviceLines(p, found), "\n"))
	if err != nil {
		return &writeError{err}
	}
	return nil
}

// deviceLines is the table of devices, each with what stops it and what to do about that.
func deviceLines(p paint, found daemon.Devices) []string {
	var codecs []string
	seen := map[string]bool{}
	for _, r := range found.Reports {
		for _, proof := range r.Proofs {
			if !seen[proof.Codec] {
				seen[proof.Codec] = true
				codecs = append(codecs, proof.Codec)
			}
		}
	}
	head := []string{"", "DEVICE", "STATE"}
	for _, c := range codecs {
		head = append(head, gpu.Label(c))
	}
	rows := [][]string{append(head, "ID")}
	for _, r := range found.Reports {
		row := []string{mark(r.Outcome), printable(r.Device.Name), string(cmp.Or(r.Outcome, preview.NotTried))}
		for _, c := range codecs {
			row = append(row, cell(r, c))
		}
		rows = append(rows, append(row, printable(r.Device.ID)))
	}
	lines := table(rows, func(row, column int, text string) string {
		switch {
		case row == 0, column == len(head):
			return p.quiet(text)
		case text == "✓", text == string(preview.Works), text == "yes":
			return p.good(text)
		case text == "✗", text == string(preview.DoesNot), text == "fails":
			return p.bad(text)
		case column > 1:
			return p.quiet(text)
		}
		return text
	})
	out := []string{lines[0]}
	for i, r := range found.Reports {
		out = append(out, lines[i+1])
		if r.Because != "" {
			out = append(out, "   "+printable(sentence(r.Because)))
		}
		out = append(out, hintLines(p, r.Hint)...)
		for _, proof := range r.Proofs {
			if proof.Outcome == preview.DoesNot && proof.Because != "" && proof.Because != r.Because {
				out = append(out, "   "+gpu.Label(proof.Codec)+": "+printable(sentence(proof.Because)))
			}
		}
	}
	out = append(out, "", printable(found.Summary))
	for _, n := range found.Notes {
		out = append(out, printable(n.Text))
		out = append(out, hintLines(p, n.Hint)...)
	}
	return out
}

// hintLines sets a hint, which may have several lines, below what it is about.
func hintLines(p paint, hint string) []string {
	var out []string
	for line := range strings.Lines(hint) {
		out = append(out, "   "+p.quiet(printable(strings.TrimRight(line, "\n"))))
	}
	return out
}

// mark says in one sign, not by colour alone, what a device's test came to.
func mark(o preview.Outcome) string {
	switch o {
	case preview.Works:
		return "✓"
	case preview.DoesNot:
		return "✗"
	}
	return "·"
}

// cell says in one word whether a device decodes a codec.
func cell(r preview.DeviceReport, codec string) string {
	for _, p := range r.Proofs {
		if p.Codec != codec {
			continue
		}
		switch p.Outcome {
		case preview.Works:
			return "yes"
		case preview.DoesNot:
			return "fails"
		case preview.NoDecoder:
			return "no"
		}
	}
	return "-"
}
