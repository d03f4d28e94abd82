// Command demo shows what Scrubjay does: it makes a few small videos, has scrubjayd make their previews, and draws a
// contact sheet of each. It knows scrubjayd by its command line only.
//
//	SCRUBJAY_DEMO_DIR=DIR where videos, previews and sheets go; build/demo when not set
//
// The videos are kept for the next time. It ends with 0 when every preview was made, and with 1 otherwise.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Getenv, os.Stdout, os.Stderr)) }

func run(getenv func(string) string, out, errout io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	d := demo{
		scrubjayd: filepath.Join("bin", "scrubjayd"),
		dir:       cmp.Or(getenv("SCRUBJAY_DEMO_DIR"), filepath.Join("build", "demo")),
		out:       out,
		errout:    errout,
	}
	if err := d.run(ctx); err != nil {
		fmt.Fprintln(errout, "demo:", err)
		return 1
	}
	return 0
}

type demo struct {
	scrubjayd string // path
	dir       string
	out       io.Writer // what there is to see
	errout    io.Writer // scrubjayd's progress and errors
}

func (d demo) run(ctx context.Context) error {
	folder := filepath.Join(d.dir, "videos")
	wanted, err := d.videos(ctx, folder)
	if err != nil {
		return err
	}
	results, err := d.generate(ctx, folder)
	var rows []row
	for _, r := range results {
		if r.Status == "done" {
			rows = append(rows, r.row())
		}
	}
	fmt.Fprintln(d.out)
	printTable(d.out, rows)
	for _, r := range results {
		if r.Status != "done" {
			err = errors.Join(err, fmt.Errorf("%s has no preview: %s", filepath.Base(r.File), r.Reason))
		}
	}
	if len(results) < wanted {
		err = errors.Join(err, fmt.Errorf("scrubjayd spoke of %d of %d videos", len(results), wanted))
	}
	if err != nil {
		return err
	}
	return d.sheets(ctx, results)
}

// videos makes those that are not in the folder yet, and returns how many there are.
func (d demo) videos(ctx context.Context, folder string) (int, error) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return 0, err
	}
	all := films(hasClock(ctx, ffmpeg))
	for _, f := range all {
		if _, have := f.Have(folder); have {
			continue
		}
		fmt.Fprintf(d.out, "Making %s, %.0f s long ... ", f.Name, f.Length().Seconds())
		began := time.Now()
		if _, err := f.Make(ctx, ffmpeg, folder); err != nil {
			fmt.Fprintln(d.out)
			return 0, err
		}
		fmt.Fprintf(d.out, "%.0f s\n", time.Since(began).Seconds())
	}
	return len(all), nil
}

// result is what scrubjayd says of a video, as far as it is used here.
type result struct {
	File       string `json:"file"`
	Out        string `json:"out"`
	Status     string `json:"status"`
	Reason     string `json:"reason"`
	Frames     int    `json:"frames"`
	DurationMS int64  `json:"duration_ms"`
	Device     string `json:"device"`
	Recipe     string `json:"recipe"`
	Size       int64  `json:"source_bytes"`
	Read       *int64 `json:"read_bytes"` // nil where the system does not tell
	ElapsedMS  int64  `json:"elapsed_ms"`
}

func (r result) row() row {
	out := row{
		video:  filepath.Base(r.File),
		device: r.Device,
		recipe: r.Recipe,
		frames: r.Frames,
		took:   time.Duration(r.ElapsedMS) * time.Millisecond,
		length: time.Duration(r.DurationMS) * time.Millisecond,
		read:   -1,
		size:   r.Size,
	}
	if r.Read != nil {
		out.read = *r.Read
	}
	return out
}

// generate makes the previews, one after the other so that each one's time is its own.
func (d demo) generate(ctx context.Context, folder string) ([]result, error) {
	previews := filepath.Join(d.dir, "previews")
	if err := os.MkdirAll(previews, 0o777); err != nil {
		return nil, err
	}
	args := []string{"generate", "--json", "--force", "--jobs", "1", "--out", previews, folder}
	fmt.Fprintln(d.out, "$", d.scrubjayd, strings.Join(args, " "))
	out, err := d.do(ctx, d.errout, args...)
	var results []result
	for line := range bytes.Lines(out) {
		var r result
		if jsonErr := json.Unmarshal(line, &r); jsonErr != nil {
			return results, errors.Join(err, fmt.Errorf("read scrubjayd's line %q: %w", line, jsonErr))
		}
		results = append(results, r)
	}
	return results, err
}

func (d demo) sheets(ctx context.Context, results []result) error {
	fmt.Fprintln(d.out, "\nContact sheets to look at, drawn by scrubjayd inspect --sheet:")
	for _, r := range results {
		name := filepath.Base(r.File)
		sheet := filepath.Join(d.dir, strings.TrimSuffix(name, filepath.Ext(name))+".png")
		var words bytes.Buffer
		if _, err := d.do(ctx, &words, "inspect", "--sheet", sheet, r.Out); err != nil {
			return fmt.Errorf("%w\n%s", err, words.Bytes())
		}
		fmt.Fprintln(d.out, " ", sheet)
	}
	return nil
}

// do runs a command of scrubjayd and returns its stdout.
func (d demo) do(ctx context.Context, stderr io.Writer, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, d.scrubjayd, args...)
	// Interrupted, it ends its FFmpegs itself; killed, it could not.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("run scrubjayd %s: %w", args[0], err)
	}
	return out, err
}
