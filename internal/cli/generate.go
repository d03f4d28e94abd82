package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

type generateCmd struct {
	Out      path     `placeholder:"PATH" help:"Where to write: a file for one video, or a folder that exists. Without it the preview goes next to the video as NAME-WIDTH-SECONDS.bif."`
	Interval interval `default:"10s" help:"Time between two pictures: 10s, 2500ms, or plain seconds."`
	Width    int      `default:"320" help:"Width of the pictures in pixels."`
	Quality  int      `default:"4" help:"Quality of the pictures, from 2 (best) to 31 (smallest)."`
	Accuracy string   `default:"auto" placeholder:"auto" help:"How near to its time a picture must be: keyframe (the nearest keyframe, the cheapest), exact (the very frame), or auto (the keyframe where it is near enough)."`
	Device   string   `default:"auto" placeholder:"auto" help:"What to work with: auto (all that works), cpu, or an ID from the list of the command devices."`
	Jobs     int      `placeholder:"N" help:"Videos at once, at most 64. Without it as many as suit the devices."`
	Force    bool     `help:"Make previews again that are there and up to date."`
	JSON     bool     `name:"json" help:"Print one JSON object for each video."`

	Files []path `arg:"" name:"file" help:"Videos, and folders to search for videos. A name that begins with a dash goes after --."`
}

// interval is a flag: a duration, or a plain number of seconds.
type interval time.Duration

func (i *interval) UnmarshalText(text []byte) error {
	s := string(text)
	d, err := time.ParseDuration(s)
	if err != nil {
		d, err = time.ParseDuration(s + "s")
	}
	if err != nil {
		return fmt.Errorf("%q is no time; write 10s, 2500ms or 10", s)
	}
	*i = interval(d)
	return nil
}

// spec is what the flags ask for.
func (c *generateCmd) spec() (preview.Spec, error) {
	s := preview.Spec{
		Interval: time.Duration(c.Interval), Width: c.Width, Quality: c.Quality, Accuracy: preview.Accuracy(c.Accuracy),
	}
	if err := s.Check(); err != nil {
		return s, usage("--%v", err)
	}
	if c.Jobs < 0 || c.Jobs > maxJobs {
		return s, usage("--jobs must be between 1 and %d, not %d", maxJobs, c.Jobs)
	}
	return s, nil
}

// Run makes the previews. What is wrong with single videos is told per video; the error is about the whole run.
func (c *generateCmd) Run(ctx context.Context, a *app) error {
	spec, err := c.spec()
	if err != nil {
		return err
	}
	files := make([]string, len(c.Files))
	for i, f := range c.Files {
		files[i] = string(f)
	}
	to, err := targetOf(string(c.Out), files)
	if err != nil {
		return err
	}
	tools, err := a.ffmpeg(ctx)
	if err != nil {
		return err
	}
	devices, err := a.devices(ctx, tools, c.Device)
	if err != nil {
		return err
	}
	videos := inputs(ctx, files)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g := &generation{
		app: a, spec: spec, to: to, force: c.Force,
		slots:    slotsOf(devices, a.Cores, c.Jobs),
		renderer: a.Engine.Renderer(tools, a.log),
		told:     newTold(a, c.JSON),
		claimed:  map[string]bool{},
		cancel:   cancel,
	}
	return g.run(ctx, videos)
}

// generation is one run of generate.
type generation struct {
	*app
	spec     preview.Spec
	to       target
	force    bool
	slots    []preview.Device
	renderer Renderer
	board    *board
	told     *told
	claimed  map[string]bool // targets of this run, by targetKey
	cancel   context.CancelCauseFunc
}

// run works through the videos and returns when every render has ended, cancelled or not.
func (g *generation) run(ctx context.Context, videos []input) error {
	begun := g.Now()
	g.board = &board{
		now: g.Now, paint: g.paint, interval: g.spec.Interval, total: len(videos),
		begun: begun, rows: make([]*row, len(g.slots)),
	}
	for _, v := range videos {
		g.board.bytes += v.bytes
	}
	hide := g.stderr.show(g.board.lines)
	stopped := context.AfterFunc(ctx, g.board.stop)

	rota := newRota(len(g.slots))
	var wg sync.WaitGroup
	for _, v := range videos {
		slot, ok := rota.take(ctx)
		if !ok {
			break
		}
		out := g.to.of(v.path, g.spec)
		if v.fault == nil {
			v.fault = g.claim(out)
		}
		wg.Go(func() {
			defer rota.give(slot)
			device := g.slots[slot]
			g.board.begin(slot, v, device.Name)
			r := g.one(ctx, slot, v, out)
			if r.Status == failed {
				g.log.Error().Err(r.err).Str("file", v.path).Str("reason", r.ReasonID).Msg("failed")
			}
			cut := r.ReasonID == string(preview.Cancelled) && ctx.Err() != nil
			if !cut {
				g.board.end(slot, v, r.Status)
			}
			if err := g.told.tell(r, cut); err != nil {
				g.cancel(err)
			}
		})
	}
	wg.Wait()
	stopped()
	hide()
	return g.sum(ctx, len(videos), g.Now().Sub(begun))
}

// claim takes a target for a video. Two videos with one target, such as film.mkv and film.mp4, must not overwrite
// each other's preview: the second one fails. Only the loop of run calls it.
func (g *generation) claim(out string) error {
	key := targetKey(out)
	if g.claimed[key] {
		return preview.Because(preview.TargetClash, "write %s: another video of this run has the same target", out)
	}
	g.claimed[key] = true
	return nil
}

// one takes one video through the engine.
func (g *generation) one(ctx context.Context, slot int, v input, out string) (r *record) {
	r = newRecord(v.path, out, g.spec)
	r.SourceBytes = v.bytes
	defer func() {
		if p := recover(); p != nil { // one video must not take the others with it
			g.log.Error().Interface("panic", p).Bytes("stack", debug.Stack()).Msg("panicked")
			r.fail(fmt.Errorf("render %s: panic: %v", v.path, p))
		}
	}()
	if v.fault != nil {
		return r.fail(v.fault)
	}
	if err := replaceable(out); err != nil {
		return r.fail(err)
	}
	if !g.force {
		fresh, err := g.renderer.Fresh(ctx, v.path, out, g.spec)
		if err != nil { // then it is made again, and the render says what is wrong with the video
			g.log.Debug().Err(err).Str("file", v.path).Msg("could not compare with the preview that is there")
		}
		if fresh {
			return r.skip()
		}
	}
	g.log.Debug().Str("file", v.path).Str("out", out).Str("device", g.slots[slot].ID).Msg("began a video")
	res, err := g.renderer.Render(ctx, render.Request{
		Video: v.path, Out: out, Spec: g.spec, Device: g.slots[slot], Proofs: g.proofs[g.slots[slot].ID],
		Progress: func(p render.Progress) { g.board.progress(slot, p) },
	})
	if err != nil && ctx.Err() != nil && (errors.Is(err, ctx.Err()) || preview.ReasonOf(err) == preview.Cancelled) {
		err = &preview.Fault{Reason: preview.Cancelled, Err: err}
	}
	return r.finish(res, err)
}

// sum says how it all went.
func (g *generation) sum(ctx context.Context, total int, elapsed time.Duration) error {
	done, skipped, failed := g.board.counts()
	if cause := context.Cause(ctx); cause != nil {
		if w, ok := errors.AsType[*writeError](cause); ok {
			return w
		}
		fmt.Fprintf(g.stderr, "%s %s, %d not finished; nothing was left half done.\n",
			g.paint.held("Interrupted:"), tally(done, skipped, failed), total-done-skipped-failed)
		return ctx.Err()
	}
	switch {
	case total == 0:
		fmt.Fprintln(g.stderr, "No videos were found there.")
	case total > 1:
		fmt.Fprintf(g.stderr, "%s in %s.\n", tally(done, skipped, failed), took(elapsed))
	}
	if failed > 0 {
		return errSomeFailed
	}
	return nil
}

// tally says "12 done, 1 skipped, 1 failed", leaving out what did not happen.
func tally(done, skipped, failed int) string {
	s := fmt.Sprintf("%d done", done)
	if skipped > 0 {
		s += fmt.Sprintf(", %d skipped", skipped)
	}
	if failed > 0 {
		s += fmt.Sprintf(", %d failed", failed)
	}
	return s
}

// told tells people and scripts what became of each video. Its methods may be called from several goroutines.
type told struct {
	*app
	live bool
	mu   sync.Mutex    // one video at a time
	json *json.Encoder // nil without --json
}

func newTold(a *app, asJSON bool) *told {
	t := &told{app: a}
	_, _, t.live = a.Screen(a.Stderr)
	if asJSON {
		t.json = json.NewEncoder(a.Stdout)
		t.json.SetEscapeHTML(false) // names hold & and <, and nobody puts this into a page
	}
	return t
}

// writeError is a stdout that takes no more.
type writeError struct{ err error }

func (e *writeError) Error() string { return fmt.Sprintf("write to standard output: %v", e.err) }
func (e *writeError) Unwrap() error { return e.err }

// tell tells of one video. People need not hear of each one that they interrupted themselves (cut).
func (t *told) tell(r *record, cut bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !cut {
		if t.live {
			fmt.Fprint(t.stderr, t.row(r))
		} else {
			fmt.Fprint(t.stderr, t.line(r))
		}
	}
	if t.json == nil {
		return nil
	}
	if err := t.json.Encode(r); err != nil {
		return &writeError{err}
	}
	return nil
}

// row is a finished video on a terminal:
//
//	✓ Heat (1995).mkv                    240 pictures    1.8 s   1333×  CPU
func (t *told) row(r *record) string {
	width, _, _ := t.Screen(t.Stderr)
	width = min(width-1, widest)
	name := printable(r.File)
	switch r.Status {
	case skipped:
		return t.paint.quiet("· "+fit(name, width-2-16)+"  up to date") + "\n"
	case failed:
		text := "    " + r.Reason
		if r.Hint != "" {
			text += "\n    " + t.paint.quiet(r.Hint)
		}
		return t.paint.bad("✗ ") + fitOnly(name, width-2) + "\n" + text + "\n"
	}
	elapsed := time.Duration(r.ElapsedMS) * time.Millisecond
	number, noun, _ := strings.Cut(count(r.Frames, "picture"), " ")
	figures := fmt.Sprintf("%6s %-8s  %8s  %6s", number, noun, took(elapsed), speed(time.Duration(r.DurationMS)*time.Millisecond, elapsed))
	if room := width - 2 - 2 - columns(figures); room >= 12 {
		return t.paint.good("✓ ") + fit(name, room) + "  " + t.paint.quiet(figures) + "\n"
	}
	return t.paint.good("✓ ") + fitOnly(name, width-2) + "\n"
}

// line is a finished video where there is no terminal, such as in a log:
//
//	done: Heat (1995).mkv: 240 pictures in 1.8 s (1333×), cpu, Heat (1995)-320-10.bif
func (t *told) line(r *record) string {
	name := printable(r.File)
	if r.Status != done {
		return fmt.Sprintf("%s: %s: %s\n", r.Status, name, join(r.Reason, r.Hint))
	}
	elapsed := time.Duration(r.ElapsedMS) * time.Millisecond
	return fmt.Sprintf("%s: %s: %s in %s (%s), %s, %s\n", r.Status, name, count(r.Frames, "picture"), took(elapsed),
		speed(time.Duration(r.DurationMS)*time.Millisecond, elapsed), r.Device, printable(r.Out))
}
