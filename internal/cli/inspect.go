package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/bif"
	"github.com/scrubjay/scrubjay/internal/video/sheet"
)

type inspectCmd struct {
	JSON    bool `name:"json" help:"Print one JSON object."`
	Check   bool `help:"Look at every picture, and exit with 1 if the preview is unsound."`
	Extract path `placeholder:"DIR" help:"Write the pictures to this folder as MILLISECONDS.jpg."`
	Sheet   path `placeholder:"FILE.png" help:"Write a contact sheet of the pictures."`

	File path `arg:"" name:"file.bif" help:"The preview."`
}

// inspectRecord is the JSON of a preview. Of a file that is no BIF, only file, bytes and verdict mean anything.
type inspectRecord struct {
	File          string           `json:"file"`
	FileBytes     []byte           `json:"file_bytes,omitempty"` // as in the records of generate
	Bytes         int64            `json:"bytes"`                // size of the file
	Version       uint32           `json:"version"`
	Multiplier    uint32           `json:"multiplier"`  // as the header has it; 0 means 1000
	Frames        int              `json:"frames"`      // number of pictures
	IntervalMS    int64            `json:"interval_ms"` // 0 when the pictures are not evenly spaced
	FirstMS       int64            `json:"first_ms"`    // time of the first picture
	LastMS        int64            `json:"last_ms"`
	Width         int              `json:"width"` // of the first picture; 0 when it cannot be read
	Height        int              `json:"height"`
	SmallestBytes int              `json:"smallest_bytes"` // of the pictures
	MeanBytes     int              `json:"mean_bytes"`
	LargestBytes  int              `json:"largest_bytes"`
	Verdict       *preview.Verdict `json:"verdict"` // null without --check
}

// Run looks into a preview, and does with its pictures what the flags ask for.
func (c *inspectCmd) Run(ctx context.Context, a *app) error {
	file := string(c.File)
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file, cause(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", file, cause(err))
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: it is a %v, not a preview", file, kindOf(info))
	}
	rec := inspectRecord{File: file, Bytes: info.Size()}
	if !utf8.ValidString(file) {
		rec.FileBytes = []byte(file)
	}
	r, err := bif.Open(f, info.Size())
	if bad, ok := errors.AsType[*bif.Malformed](err); ok {
		v := preview.Judge(preview.Check{Name: "format", Detail: fmt.Sprintf("%s: %s", bad.Problem, bad.Detail)})
		rec.Verdict = &v
	} else if err != nil {
		return err
	} else {
		rec.read(r)
		if c.Check {
			v := bif.Check(r, bif.Want{}).Verdict
			rec.Verdict = &v
		}
	}
	if err := c.print(a, rec); err != nil {
		return err
	}
	if r != nil {
		if err := c.export(ctx, a, r); err != nil {
			return err
		}
	}
	if rec.Verdict != nil && !rec.Verdict.Sound {
		return errSaid
	}
	return nil
}

// read fills the record from a file that is a BIF.
func (rec *inspectRecord) read(r *bif.Reader) {
	h := r.Header()
	rec.Version, rec.Multiplier, rec.Frames = h.Version, h.Multiplier, h.Count
	rec.IntervalMS, rec.FirstMS, rec.LastMS = r.Interval().Milliseconds(), h.First.Milliseconds(), h.Last.Milliseconds()
	rec.SmallestBytes, rec.MeanBytes, rec.LargestBytes = h.Smallest, h.Mean, h.Largest
	if r.Len() == 0 {
		return
	}
	if picture, err := r.Image(0, nil); err == nil {
		if config, err := jpeg.DecodeConfig(bytes.NewReader(picture)); err == nil {
			rec.Width, rec.Height = config.Width, config.Height
		}
	}
}

func (c *inspectCmd) print(a *app, rec inspectRecord) error {
	if c.JSON {
		enc := json.NewEncoder(a.Stdout)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(rec); err != nil {
			return &writeError{err}
		}
		return nil
	}
	if _, err := fmt.Fprintln(a.Stdout, strings.Join(rec.lines(a.paintFor(a.Stdout)), "\n")); err != nil {
		return &writeError{err}
	}
	return nil
}

// lines is the record for people.
func (rec *inspectRecord) lines(p paint) []string {
	out := []string{p.loud(printable(rec.File))}
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	if rec.Frames > 0 || rec.Verdict == nil || rec.Verdict.Sound {
		every := "not evenly spaced"
		if rec.IntervalMS > 0 {
			every = "one every " + strconv.FormatFloat(ms(rec.IntervalMS).Seconds(), 'f', -1, 64) + " s"
		}
		rows := [][]string{
			{"  pictures", fmt.Sprintf("%d, %s", rec.Frames, every)},
			{"  time", clock(ms(rec.FirstMS)) + " to " + clock(ms(rec.LastMS))},
			{"  size", fmt.Sprintf("%d × %d pixels", rec.Width, rec.Height)},
			{"  file", size(rec.Bytes)},
			{"  picture", fmt.Sprintf("%s on average, %s to %s", size(int64(rec.MeanBytes)), size(int64(rec.SmallestBytes)), size(int64(rec.LargestBytes)))},
			{"  header", fmt.Sprintf("version %d, multiplier %d ms", rec.Version, rec.Multiplier)},
		}
		out = append(out, table(rows, func(_, column int, text string) string {
			if column == 0 {
				return p.quiet(text)
			}
			return text
		})...)
	}
	if rec.Verdict == nil {
		return out
	}
	rows := [][]string{}
	for _, c := range rec.Verdict.Checks {
		sign := "  ✓"
		if !c.Passed {
			sign = "  ✗"
		}
		rows = append(rows, []string{sign, c.Name, printable(c.Detail)})
	}
	out = append(out, "")
	out = append(out, table(rows, func(row, column int, text string) string {
		switch {
		case column > 0:
			return text
		case rec.Verdict.Checks[row].Passed:
			return p.good(text)
		}
		return p.bad(text)
	})...)
	if rec.Verdict.Sound {
		return append(out, "", p.good("It is sound."))
	}
	return append(out, "", p.bad("It is unsound.")+" Make it again from its video.")
}

// export writes the pictures where the flags want them.
func (c *inspectCmd) export(ctx context.Context, a *app, r *bif.Reader) error {
	if c.Extract != "" {
		if err := extract(ctx, r, string(c.Extract)); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "Wrote %s to %s.\n", count(r.Len(), "picture"), printable(string(c.Extract)))
	}
	if c.Sheet != "" {
		if err := writeSheet(r, filepath.Base(string(c.File)), string(c.Sheet)); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "Wrote the contact sheet %s.\n", printable(string(c.Sheet)))
	}
	return nil
}

// extract writes each picture to dir, which it makes when it is missing, named by its time.
func extract(ctx context.Context, r *bif.Reader, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%s: %w", dir, cause(err))
	}
	var buf []byte
	for i := range r.Len() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		picture, err := r.Image(i, buf)
		if err != nil {
			return err
		}
		buf = picture
		path := filepath.Join(dir, strconv.FormatInt(r.At(i).Milliseconds(), 10)+".jpg")
		if err := os.WriteFile(path, picture, 0o644); err != nil {
			return fmt.Errorf("%s: %w", path, cause(err))
		}
	}
	return nil
}

// kindOf says what something is that is no file.
func kindOf(info fs.FileInfo) string {
	if info.IsDir() {
		return "folder"
	}
	return "device or pipe"
}

// cause is the system's word on a path, without the path and the call: "permission denied".
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// writeSheet writes the contact sheet to path, and takes away what there is of it when that fails.
func writeSheet(r *bif.Reader, name, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, cause(err))
	}
	err = sheet.Draw(f, name, r)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
		return fmt.Errorf("%s: %w", path, cause(err))
	}
	return nil
}
