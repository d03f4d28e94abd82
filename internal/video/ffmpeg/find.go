package ffmpeg

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// Places says where FFmpeg is looked for, in this order: what a person set, the folders, PATH. The zero value looks
// into PATH only; [Usual] is what programs use.
type Places struct {
	// FFmpeg and FFprobe are what a person set: a file, the folder it is in, or a name in PATH. A setting is obeyed or
	// it is an error, it is never passed over. Where only FFmpeg is set, ffprobe is looked for beside it.
	FFmpeg, FFprobe string

	// Folders are looked into one after the other.
	Folders []Folder

	// LookPath finds a program in PATH; nil is exec.LookPath.
	LookPath func(name string) (string, error)

	// Patience is how long each question to a program may take; 0 is 30 s. A busy disk took more than 5 s for -version.
	Patience time.Duration

	// Memory is the path of a file in which the answers are kept from one start to the next; empty asks each time.
	Memory string
}

// Folder is a place where FFmpeg may be.
type Folder struct {
	Path string
	What string // for people: "beside scrubjayd", "jellyfin-ffmpeg"
}

// Candidate is an FFmpeg that was considered.
type Candidate struct {
	Path  string // of ffmpeg
	What  string // whose place it is
	Taken bool   // it is the one that is used
	Note  string // one plain clause: the version, or why it was passed over
}

// Usual are the places of this machine. The environment variables SCRUBJAY_FFMPEG and SCRUBJAY_FFPROBE are settings.
func Usual() Places {
	p := Places{FFmpeg: os.Getenv("SCRUBJAY_FFMPEG"), FFprobe: os.Getenv("SCRUBJAY_FFPROBE")}
	if self, err := os.Executable(); err == nil {
		p.Folders = append(p.Folders, Folder{filepath.Dir(self), "beside " + strings.TrimSuffix(filepath.Base(self), ".exe")})
	}
	p.Folders = append(p.Folders, usualFolders()...)
	return p
}

// Find finds FFmpeg and ffprobe and asks what they can do. It runs a few short processes; call it once and keep the
// answer. The candidates tell what was considered, also when there is an error: [preview.FFmpegMissing],
// [preview.FFmpegTooOld] when the only ones are, [preview.FFmpegGarbage] when the only ones are no FFmpeg, or the
// context's end.
func Find(ctx context.Context, p Places) (*Tools, []Candidate, error) {
	p.Patience = cmp.Or(p.Patience, 30*time.Second)
	if p.LookPath == nil {
		p.LookPath = exec.LookPath
	}
	candidates := p.candidates()
	var faults []error
	for i := range candidates {
		c := &candidates[i]
		tools, err := p.ask(ctx, c.Path)
		if err == nil {
			c.Taken, c.Note = true, tools.Banner
			return tools, candidates[:i+1], nil
		}
		if ctx.Err() != nil {
			return nil, candidates[:i+1], interrupted(ctx, "ffmpeg")
		}
		c.Note = err.Error()
		faults = append(faults, err)
	}
	return nil, candidates, missing(candidates, faults)
}

// missing explains why there is no FFmpeg: by the best of those that there are.
func missing(candidates []Candidate, faults []error) error {
	if len(candidates) == 0 {
		return preview.Because(preview.FFmpegMissing, "find ffmpeg: neither in PATH nor in a usual folder")
	}
	reason := preview.FFmpegMissing
	for _, better := range []preview.Reason{preview.FFmpegGarbage, preview.FFmpegTooOld} {
		if slices.ContainsFunc(faults, func(err error) bool { return preview.ReasonOf(err) == better }) {
			reason = better
		}
	}
	tried := make([]string, len(candidates))
	for i, c := range candidates {
		tried[i] = c.Path + ": " + c.Note
	}
	return preview.Because(reason, "find ffmpeg: %s", strings.Join(tried, "; "))
}

// candidates lists the FFmpegs that there are, each once, the best first.
func (p Places) candidates() []Candidate {
	if p.FFmpeg != "" {
		return []Candidate{{Path: p.set(p.FFmpeg, "ffmpeg"), What: "setting"}}
	}
	var out []Candidate
	add := func(path, what string) {
		if path, err := filepath.Abs(path); err == nil {
			if !slices.ContainsFunc(out, func(c Candidate) bool { return c.Path == path }) {
				out = append(out, Candidate{Path: path, What: what})
			}
		}
	}
	for _, f := range p.Folders {
		if path := filepath.Join(f.Path, program("ffmpeg")); isFile(path) {
			add(path, f.What)
		}
	}
	if path, err := p.LookPath("ffmpeg"); err == nil {
		add(path, "PATH")
	}
	return out
}

// set makes an absolute path of a setting, whether there is a file or not: the attempt to run it tells.
func (p Places) set(value, name string) string {
	if !strings.ContainsAny(value, `/\`) {
		if path, err := p.LookPath(value); err == nil {
			value = path
		}
	}
	if abs, err := filepath.Abs(value); err == nil {
		value = abs
	}
	if info, err := os.Stat(value); err == nil && info.IsDir() {
		value = filepath.Join(value, program(name))
	}
	return value
}

// ffprobe finds the ffprobe that belongs to an ffmpeg: the one that is set, the one beside it, the one beside what it
// links to, the one in PATH.
func (p Places) ffprobe(ffmpeg string) (string, error) {
	if p.FFprobe != "" {
		return p.set(p.FFprobe, "ffprobe"), nil
	}
	folders := []string{filepath.Dir(ffmpeg)}
	if target, err := filepath.EvalSymlinks(ffmpeg); err == nil {
		folders = append(folders, filepath.Dir(target))
	}
	for _, folder := range folders {
		if path := filepath.Join(folder, program("ffprobe")); isFile(path) {
			return path, nil
		}
	}
	path, err := p.LookPath("ffprobe")
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", preview.Because(preview.FFmpegMissing, "there is no ffprobe beside it or in PATH")
	}
	return path, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// ask asks the two programs who they are and what they can do. Its errors are clauses that follow a path.
func (p Places) ask(ctx context.Context, ffmpeg string) (*Tools, error) {
	ffprobe, err := p.ffprobe(ffmpeg)
	if err != nil {
		return nil, err
	}
	key := keyOf(ffmpeg, ffprobe)
	if known := remember(p.Memory, key); known != nil {
		known.FFmpeg, known.FFprobe = ffmpeg, ffprobe
		return known, nil
	}
	t := &Tools{FFmpeg: ffmpeg, FFprobe: ffprobe}
	f := &t.Features
	// Each start costs a tenth of a second, most of it to load libraries, so all questions are asked at once. Of
	// several errors the first in this order says most.
	var asked sync.WaitGroup
	errs := make([]error, 5)
	asked.Go(func() { t.Banner, f.Version, t.Start, errs[0] = p.version(ctx, ffmpeg, "ffmpeg") })
	asked.Go(func() { _, _, _, errs[1] = p.version(ctx, ffprobe, "ffprobe") })
	asked.Go(func() {
		if f.Filters, errs[2] = p.list(ctx, ffmpeg, parseFilters, "-filters"); errs[2] == nil {
			f.Options, errs[2] = p.options(ctx, ffmpeg, f.Filters)
		}
	})
	asked.Go(func() { f.HWAccels, errs[3] = p.list(ctx, ffmpeg, parseHWAccels, "-hwaccels") })
	asked.Go(func() { f.Decoders, errs[4] = p.list(ctx, ffmpeg, parseDecoders, "-decoders") })
	asked.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	keep(p.Memory, key, t)
	return t, nil
}

// options asks for the options of those filters whose builds differ.
func (p Places) options(ctx context.Context, ffmpeg string, filters map[string]bool) (map[string]bool, error) {
	found := map[string]bool{}
	for _, filter := range []string{"tonemap_opencl", "tonemapx"} {
		if !filters[filter] {
			continue
		}
		options, err := p.list(ctx, ffmpeg, parseOptions, "-h", "filter="+filter)
		if err != nil {
			return nil, err
		}
		for o := range options {
			found[filter+"."+o] = true
		}
	}
	return found, nil
}

// version asks a program for its version. start is what it read until then: its libraries' headers.
func (p Places) version(ctx context.Context, path, name string) (banner string, v Version, start int64, err error) {
	var prefix string // where the program is not the one that the clause is about
	if name != "ffmpeg" {
		prefix = fmt.Sprintf("its %s (%s): ", name, path)
	}
	out, usage, err := p.output(ctx, path, "-version")
	if err != nil {
		return "", v, 0, fmt.Errorf("%s%w", prefix, err)
	}
	said, banner, v, ok := parseVersion(out)
	switch {
	case !ok || said != name:
		return "", v, 0, preview.Because(preview.FFmpegGarbage, "%sis no %s, it answers %q", prefix, name, firstLine(out))
	case !v.AtLeast(Oldest.Major, Oldest.Minor):
		return "", v, 0, preview.Because(preview.FFmpegTooOld, "%s%s is too old, %v is needed", prefix, banner, Oldest)
	}
	return banner, v, max(usage.FileBytes, 0), nil
}

// list asks a program for one of its lists.
func (p Places) list(ctx context.Context, path string, parse func([]byte) map[string]bool, args ...string) (map[string]bool, error) {
	out, _, err := p.output(ctx, path, args...)
	if err != nil {
		return nil, err
	}
	return parse(out), nil
}

func (p Places) output(ctx context.Context, path string, args ...string) ([]byte, Usage, error) {
	cause := preview.Because(preview.FFmpegStalled, "does not answer within %v", p.Patience)
	ctx, cancel := context.WithTimeoutCause(ctx, p.Patience, cause)
	defer cancel()
	out, usage, err := Output(ctx, Command{Path: path, Args: append([]string{"-hide_banner"}, args...)}, 4<<20)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = preview.Because(preview.FFmpegMissing, "no such program")
	case errors.Is(err, fs.ErrPermission):
		err = preview.Because(preview.FFmpegMissing, "this user may not run it")
	}
	return out, usage, err
}

// firstLine returns the start of an answer for an error's text.
func firstLine(out []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
	return strings.TrimSpace(clean(line[:min(len(line), 80)]))
}
