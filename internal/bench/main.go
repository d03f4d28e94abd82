// Command bench measures how fast scrubjayd makes previews, against the usual way to make them, and against what must
// be reached. It makes the films that it needs and keeps them for the next time.
//
//	SCRUBJAY_BENCH=short   films of a tenth of the length and a library of a tenth of the size, for a quick look
//	SCRUBJAY_BENCH=library only what has to do with a large library, which needs no films
//	SCRUBJAY_BENCH_RUNS=5  runs of each kind, of which the medians are printed; 3 when not set
//	SCRUBJAY_BENCH_DIR=DIR where the films are kept; build/bench when not set
//
// It ends with 0 when everything was measured, whether or not the goals were reached, and with 1 otherwise. It knows
// scrubjayd by its command line only. For a library of 100,000 videos it plays Plex itself.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/scrubjay/scrubjay/internal/film"
	"github.com/scrubjay/scrubjay/internal/host/paths"
)

func main() { os.Exit(run(os.Getenv, os.Stdout, os.Stderr)) }

func run(getenv func(string) string, out, errout io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b, err := setup(getenv, out)
	if err == nil {
		err = b.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(errout, "bench:", err)
		return 1
	}
	return 0
}

// bench is one run of all measurements.
type bench struct {
	ffmpeg string
	dir    string
	runs   int
	short  bool
	films  bool // not just the library
	ours   ours
	peer   peer
	report report
}

// setup reads the settings and finds the programs.
func setup(getenv func(string) string, w io.Writer) (*bench, error) {
	runs, err := strconv.Atoi(cmp.Or(getenv("SCRUBJAY_BENCH_RUNS"), "3"))
	if err != nil || runs < 1 {
		return nil, fmt.Errorf("SCRUBJAY_BENCH_RUNS must be a number from 1 on, not %q", getenv("SCRUBJAY_BENCH_RUNS"))
	}
	mode := getenv("SCRUBJAY_BENCH")
	if mode != "" && mode != "short" && mode != "library" {
		return nil, fmt.Errorf("SCRUBJAY_BENCH must be short, library or nothing, not %q", mode)
	}
	dir, err := filepath.Abs(cmp.Or(getenv("SCRUBJAY_BENCH_DIR"), filepath.Join("build", "bench")))
	if err != nil {
		return nil, err
	}
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, err
	}
	ffprobe, err := exec.LookPath("ffprobe")
	if err != nil {
		return nil, err
	}
	scrubjayd, err := filepath.Abs(filepath.Join("bin", "scrubjayd"))
	if err != nil {
		return nil, err
	}
	return &bench{
		ffmpeg: ffmpeg,
		dir:    dir,
		runs:   runs,
		short:  mode == "short",
		films:  mode != "library",
		ours:   ours{scrubjayd: scrubjayd, dir: dir},
		peer:   peer{ffmpeg: ffmpeg, ffprobe: ffprobe, dir: dir},
		report: report{w: w},
	}, nil
}

func (b *bench) run(ctx context.Context) error {
	if b.films {
		if err := b.rendering(ctx); err != nil {
			return err
		}
	}
	if err := b.library(ctx); err != nil {
		return err
	}
	if !b.report.end() && b.short {
		fmt.Fprintln(b.report.w, "The goals are meant for the long films.")
	}
	return nil
}

// rendering measures how films become previews.
func (b *bench) rendering(ctx context.Context) error {
	if err := b.room(); err != nil {
		return err
	}
	_, version, err := measure(ctx, command{path: b.ffmpeg, args: []string{"-version"}})
	if err != nil {
		return err
	}
	release, _, _ := strings.Cut(strings.TrimPrefix(string(version), "ffmpeg version "), " ")
	fmt.Fprintf(b.report.w, "Medians of %d runs on %d cores with FFmpeg %s, without a GPU: a picture every 10 s, 320 wide, -q:v 4.\n"+
		"Each side begins with the film on the disk, not in memory, as films are that wait for their preview.\n",
		b.runs, runtime.NumCPU(), release)
	for _, s := range subjects(b.short) {
		if err := b.compare(ctx, s); err != nil {
			return err
		}
	}
	if err := b.sparse(ctx); err != nil {
		return err
	}
	if !b.short {
		if err := b.endless(ctx); err != nil {
			return err
		}
	}
	return nil
}

// room makes sure that the films that are still to be made have room on the disk.
func (b *bench) room() error {
	var need int64
	for _, s := range subjects(b.short) {
		if _, have := s.Have(b.dir); !have {
			need += s.bytes
		}
	}
	if _, have := sparse().Have(b.dir); !have {
		need += 350e6
	}
	if _, have := endless().Have(b.dir); !have && !b.short {
		need += 700e6
	}
	free, err := paths.Free(b.dir)
	if err != nil {
		return err
	}
	// While a film is made, its piece lies beside it.
	if spare := int64(500e6); need > 0 && free < need+spare {
		return fmt.Errorf("the films need %s more in %s, where %s are free; SCRUBJAY_BENCH_DIR can name another place, "+
			"and SCRUBJAY_BENCH=short makes short films", megabytes(need+spare), b.dir, megabytes(free))
	}
	return nil
}

// film makes the film if need be.
func (b *bench) film(ctx context.Context, f film.Film) (path string, size int64, err error) {
	if _, have := f.Have(b.dir); !have {
		fmt.Fprintf(b.report.w, "\nMaking %s, %.0f min long ...\n", f.Name, f.Length().Minutes())
	}
	path, err = f.Make(ctx, b.ffmpeg, b.dir)
	if err != nil {
		return "", 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, err
	}
	return path, info.Size(), nil
}

// compare measures one film both ways, in turns.
func (b *bench) compare(ctx context.Context, s subject) error {
	path, size, err := b.film(ctx, s.Film)
	if err != nil {
		return err
	}
	var mine, scans, pictures, theirs []usage
	var result made
	for range b.runs {
		if err := forget(path); err != nil {
			return err
		}
		u, m, err := b.ours.generate(ctx, path, nil)
		if err != nil {
			return err
		}
		mine, result = append(mine, u), m

		if err := forget(path); err != nil {
			return err
		}
		scan, gap, err := b.peer.scan(ctx, path)
		if err != nil {
			return err
		}
		if off := gap - s.keygap; off.Abs() > s.keygap/20 {
			return fmt.Errorf("the encoder set keyframes %v apart in %s, not %v: this FFmpeg makes other films than the benchmark needs", gap, path, s.keygap)
		}
		picture, err := b.peer.pictures(ctx, path, s.hdr)
		if err != nil {
			return err
		}
		scans, pictures, theirs = append(scans, scan), append(pictures, picture), append(theirs, scan.plus(picture))
	}
	floor, err := b.ours.floor(ctx, b.ffmpeg, b.peer.ffprobe, path, b.runs)
	if err != nil {
		return err
	}

	our, their := medians(mine), medians(theirs)
	for _, u := range []*usage{&floor, &their} {
		u.memory = -1 // of FFmpeg; only scrubjayd's own is of interest
	}
	scan, picture := medians(scans), medians(pictures)
	scan.memory, picture.memory = -1, -1
	floor.read = -1 // from a pipe
	r := &b.report
	r.title("%s, %.0f min, %s, %d frames by %s", s.about, s.Length().Minutes(), megabytes(size), result.Frames, result.Recipe)
	r.row("scrubjayd generate", our, size)
	r.row("the usual way", their, size)
	r.row("  ffprobe, every packet", scan, size)
	r.row("  FFmpeg, the whole file, keyframes", picture, size)
	r.row("FFmpeg with just scrubjayd's packets", floor, size)

	faster := their.wall.Seconds() / our.wall.Seconds()
	r.must(faster >= s.faster, s.about+": faster", fmt.Sprintf("%.0fx", s.faster), fmt.Sprintf("%.1fx", faster))
	read := float64(our.read) / float64(size)
	r.must(read <= s.reading, s.about+": share read", percent(s.reading), percent(read))
	limit := floor.cpu*5/4 + floorSpare
	r.must(our.cpu <= limit, s.about+": CPU", seconds(limit), seconds(our.cpu))
	r.must(our.memory < memoryLimit, s.about+": memory", mebibytes(memoryLimit), mebibytes(our.memory))
	return nil
}
