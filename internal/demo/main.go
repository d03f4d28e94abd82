// Command demo shows Scrubjay's whole job on this machine alone: it makes a few small videos, plays plex.tv and a Plex
// server that has them in its libraries, and has scrubjayd sign in, find what lacks a preview, make it, publish it and be
// shown. Then it fetches pictures back as players do, and draws a contact sheet of each preview. It knows scrubjayd by its
// command line only.
//
//	SCRUBJAY_DEMO_DIR=DIR where videos, previews and sheets go; build/demo when not set
//
// The videos are kept for the next time, all else begins anew. It ends with 0 when Plex shows a preview of every video,
// and with 1 otherwise.
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

	"github.com/scrubjay/scrubjay/internal/film"
)

func main() { os.Exit(run(os.Getenv, os.Stdout, os.Stderr)) }

func run(getenv func(string) string, out, errout io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := filepath.Abs(cmp.Or(getenv("SCRUBJAY_DEMO_DIR"), filepath.Join("build", "demo")))
	if err != nil {
		fmt.Fprintln(errout, "demo:", err)
		return 1
	}
	d := demo{scrubjayd: filepath.Join("bin", "scrubjayd"), dir: dir, out: out, errout: errout}
	if err := d.run(ctx); err != nil {
		fmt.Fprintln(errout, "demo:", err)
		return 1
	}
	return 0
}

type demo struct {
	scrubjayd string // path
	dir       string
	env       []string  // of scrubjayd
	out       io.Writer // what there is to see
	errout    io.Writer // scrubjayd's progress and errors
}

func (d demo) run(ctx context.Context) error {
	wanted, err := d.videos(ctx)
	if err != nil {
		return err
	}
	plex, err := d.play()
	if err != nil {
		return err
	}
	defer func() { _ = plex.Close() }() // the demo is over either way
	d.env = plex.env(filepath.Join(d.dir, "settings"))

	if err := d.show(ctx, "login", "--no-browser"); err != nil {
		return err
	}
	before, err := d.coverage(ctx)
	if err != nil {
		return err
	}
	results, scanned := d.scan(ctx)
	fmt.Fprintln(d.out)
	var rows []row
	for _, r := range results {
		if r.State == "published" {
			rows = append(rows, r.row())
		} else {
			scanned = errors.Join(scanned, fmt.Errorf("%s has no preview: %s", r.Title, r.Reason))
		}
	}
	printTable(d.out, rows)
	fmt.Fprintln(d.out)
	after, err := d.coverage(ctx)
	if err := errors.Join(scanned, err); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nPlex shows previews of %d of %d videos; before, it was %d of %d.\n", after.Shown, after.Videos, before.Shown, before.Videos)
	fetched, err := plex.fetch(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "%d pictures were fetched back from it as players do, %s.\n", fetched, "indexes/sd/{ms}")
	if err := d.sheets(ctx, results); err != nil {
		return err
	}
	if after.Shown != wanted || after.Videos != wanted {
		return fmt.Errorf("plex shows %d of %d previews, not %d", after.Shown, after.Videos, wanted)
	}
	return nil
}

// The folders of the two libraries, below the demo's.
var (
	filmFolder = filepath.Join("media", "Films")
	showFolder = filepath.Join("media", "Shows", "Cellular (2026)", "Season 01")
)

// videos makes those that are not there yet, and returns how many there are.
func (d demo) videos(ctx context.Context) (int, error) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return 0, err
	}
	clock := hasClock(ctx, ffmpeg)
	n := 0
	for folder, all := range map[string][]film.Film{filmFolder: films(clock), showFolder: episodes(clock)} {
		folder = filepath.Join(d.dir, folder)
		for _, f := range all {
			n++
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
	}
	return n, nil
}

// result is what scrubjayd says of a video, as far as it is used here.
type result struct {
	Video     string `json:"video"`
	Title     string `json:"title"`
	State     string `json:"state"`
	Reason    string `json:"reason"`
	Out       string `json:"out"`
	Frames    int    `json:"frames"`
	Device    string `json:"device"`
	Recipe    string `json:"recipe"`
	Shown     bool   `json:"shown"`
	ElapsedMS int64  `json:"elapsed_ms"`
}

func (r result) row() row {
	return row{
		video: r.Title, device: r.Device, recipe: r.Recipe, frames: r.Frames,
		took: time.Duration(r.ElapsedMS) * time.Millisecond, shown: r.Shown,
	}
}

// scan makes the previews.
func (d demo) scan(ctx context.Context) ([]result, error) {
	out, err := d.do(ctx, d.errout, "scan", "--json")
	var results []result
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte(`{"event":"summary"`)) {
			continue
		}
		var r result
		if jsonErr := json.Unmarshal(line, &r); jsonErr != nil {
			return results, errors.Join(err, fmt.Errorf("read scrubjayd's line %q: %w", line, jsonErr))
		}
		results = append(results, r)
	}
	return results, err
}

// counts are videos of all libraries.
type counts struct {
	Videos int `json:"videos"`
	Shown  int `json:"shown"`
}

// coverage shows the libraries, and adds them up.
func (d demo) coverage(ctx context.Context) (sum counts, err error) {
	if err := d.show(ctx, "libraries"); err != nil {
		return sum, err
	}
	out, err := d.quietly(ctx, "libraries", "--json")
	for line := range bytes.Lines(out) {
		var c counts
		if jsonErr := json.Unmarshal(line, &c); jsonErr != nil {
			return sum, errors.Join(err, jsonErr)
		}
		sum.Videos += c.Videos
		sum.Shown += c.Shown
	}
	return sum, err
}

func (d demo) sheets(ctx context.Context, results []result) error {
	fmt.Fprintln(d.out, "\nContact sheets to look at, drawn by scrubjayd inspect --sheet:")
	for _, r := range results {
		name := filepath.Base(r.Video)
		sheet := filepath.Join(d.dir, strings.TrimSuffix(name, filepath.Ext(name))+".png")
		if _, err := d.quietly(ctx, "inspect", "--sheet", sheet, r.Out); err != nil {
			return err
		}
		fmt.Fprintln(d.out, " ", sheet)
	}
	return nil
}

// show runs a command of scrubjayd for people to see.
func (d demo) show(ctx context.Context, args ...string) error {
	out, err := d.do(ctx, d.errout, args...)
	_, writeErr := d.out.Write(out)
	return errors.Join(err, writeErr)
}

// quietly runs a command of scrubjayd, and shows what it said only when it failed.
func (d demo) quietly(ctx context.Context, args ...string) ([]byte, error) {
	var words bytes.Buffer
	out, err := d.call(ctx, &words, args...)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, words.Bytes())
	}
	return out, nil
}

// do runs a command of scrubjayd, says so, and returns its stdout.
func (d demo) do(ctx context.Context, stderr io.Writer, args ...string) ([]byte, error) {
	fmt.Fprintln(d.out, "$", d.scrubjayd, strings.Join(args, " "))
	return d.call(ctx, stderr, args...)
}

func (d demo) call(ctx context.Context, stderr io.Writer, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, d.scrubjayd, args...)
	cmd.Env = append(os.Environ(), d.env...)
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
